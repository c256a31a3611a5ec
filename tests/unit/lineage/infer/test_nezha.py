"""Inference on real traces whose trees are known; all of the data is in tests/bench/infer_nezha.py."""

from pathlib import Path

import numpy as np
import pytest

from collector.lineage.infer import infer
from tests.support.nezha import Traces, read, score, without_traces

DATA = Path(__file__).parents[3] / "data" / "nezha"


@pytest.fixture(scope="module", params=["online_boutique", "train_ticket"])
def traces(request: pytest.FixtureRequest) -> Traces:
    return read(DATA / f"{request.param}.csv.gz")


def test_without_any_evidence_most_causes_are_found_and_the_confidence_is_true(traces: Traces) -> None:
    found = score(traces, traces.effects, *infer(traces.events).best(len(traces.cause)))

    assert found.f1 >= 0.9
    assert found.ece <= 0.05


def test_with_the_causes_of_some_traces_known_nearly_all_others_are_found(traces: Traces) -> None:
    known = traces.trace % 4 == 0
    rows = np.flatnonzero(known & traces.effects)

    result = infer(traces.events, np.stack([rows, traces.cause[rows]], axis=1))

    found = score(traces, traces.effects & ~known, *result.best(len(traces.cause)))
    assert found.f1 >= 0.97
    assert found.ece <= 0.05
    assert not known[list(result.candidates)][traces.effects[list(result.candidates)]].any()


def test_without_trace_ids_few_traces_at_once_are_still_told_apart(traces: Traces) -> None:
    found = score(traces, traces.effects, *infer(without_traces(traces, load=0.25)).best(len(traces.cause)))

    assert found.f1 >= 0.75
    assert found.ece <= 0.1
