"""Explicit evidence on the real engine: the edges are exactly the true ones, whatever comes when and how often.

More of them, and larger ones, in tests/bench/random_dags.py.
"""

import random

import pytest

from collector.storage.api import Store
from tests.support.event_log import Log
from tests.support.random_dags import arrive, random_dag


@pytest.mark.parametrize("seed", range(2))
def test_edges_are_the_truth_in_any_order(shared_store: Store, seed: int) -> None:
    log = Log(shared_store)
    log.forget()
    rng = random.Random(seed)
    dag = random_dag(rng, 120)

    arrive(log, dag, rng)

    assert {evidence for _, evidence, _ in dag.truth.values()} == {"header", "context", "span", "provenance"}
    assert log.edges() == dag.truth
