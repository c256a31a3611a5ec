"""Changes of payloads that break a consumer, or nobody; and records that are written twice more often than usual.

A breaking change is released with a deployment or without; now and then the consumer was deployed shortly before, which
is no cause. Failures without a breaking change are dead letters and no schema break. Where a breaking change that broke
nobody is followed within the hour by failures of another cause, nobody could tell, so that is not made.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from collector.detect.causes import Change
from collector.detect.incident_changes import BREAKING_WEIGHT, COMPATIBLE_WEIGHT, DEPLOYMENT_WEIGHT
from collector.detect.incident_facts import DAY_S, SLOT_S, Counts, Scope, Series
from schemas.incidents import IncidentKind
from tests.bench.simulate_incidents import START_S, True_, _bad_slot, _days, _season, _some

Numbers = npt.NDArray[np.int64]
DAY = DAY_S // SLOT_S


@dataclass
class Broken:
    """What is stored of some topics, and what was true; `causes` has the service that broke it, by topic and start."""

    series: list[Series] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    producers: dict[str, list[str]] = field(default_factory=dict)
    truth: list[True_] = field(default_factory=list)
    causes: dict[tuple[str, int], str] = field(default_factory=dict)


def simulate_breaks(lots: np.random.Generator, number: int, days: int, into: Broken) -> None:
    """Add a topic whose payload changes every two days or so."""
    topic, slots, traffic = _topic(lots, f"changed-{number}", days)
    into.producers[topic] = [f"{topic}-writer"]
    bad = lots.binomial(traffic, float(lots.choice([0, 0.0005, 0.002])))
    for day in range(4, days - 1, 2):
        at = day * DAY + int(lots.integers(DAY))
        _change(lots, into, topic, slots, traffic, bad, at)
    total = Counts(*(part.tolist() for part in _some(slots, traffic)))
    for kind in ("dead_letters", "schema_break"):
        _add(into, kind, topic, slots, bad, traffic, total)


def _change(
    lots: np.random.Generator,
    into: Broken,
    topic: str,
    slots: Numbers,
    traffic: Numbers,
    bad: Numbers,
    at: int,
) -> None:
    case = str(
        lots.choice(["breaks", "breaks", "breaks nobody", "harmless", "harmless, and something fails"])
    )
    writer, reader, time = f"{topic}-writer", f"{topic}-readers", datetime.fromtimestamp(int(slots[at]), UTC)
    weight = BREAKING_WEIGHT if case.startswith("breaks") else COMPATIBLE_WEIGHT
    into.changes.append(
        Change("schema_change", time, f"{topic} changed its payload", writer, topic, weight=weight)
    )
    if lots.random() < 0.6:
        into.changes.append(_deployed(writer, int(slots[at]) - int(lots.integers(60))))
    if lots.random() < 0.3:
        into.changes.append(_deployed(reader, int(slots[at]) - int(lots.integers(900, 5_400))))
    if case in ("breaks nobody", "harmless"):
        return
    start = at + int(lots.integers(0, 12)) + (0 if case == "breaks" else int(lots.integers(30, 300)))
    length = int(60 * 10 ** lots.uniform(0.7, 2.5) / SLOT_S)
    made = lots.binomial(traffic[start : start + length], lots.uniform(0.3, 1.0))
    if made.sum() < 15 or not traffic[at : at + 60].any():
        return  # nobody could tell, or it is night when it changes
    kind: IncidentKind = "schema_break" if case == "breaks" else "dead_letters"
    _fail(into, kind, topic, slots, bad, made, start)
    if case == "breaks":
        into.causes[topic, into.truth[-1].first_ms] = writer


def simulate_duplicates(lots: np.random.Generator, number: int, days: int, into: Broken) -> None:
    """Add a topic with duplicates at a low level, and sometimes many."""
    topic, slots, traffic = _topic(lots, f"twice-{number}", days)
    bad = lots.binomial(traffic, float(lots.choice([0, 0.0005, 0.002])))
    for day in range(4, days - 1, 3):
        start = day * DAY + int(lots.integers(DAY))
        length = int(60 * 10 ** lots.uniform(1, 2.5) / SLOT_S)
        made = lots.binomial(traffic[start : start + length], lots.uniform(0.05, 0.6))
        if made.sum() >= 25:
            _fail(into, "duplicates", topic, slots, bad, made, start)
    total = Counts(*(part.tolist() for part in _some(slots, traffic)))
    _add(into, "duplicates", topic, slots, bad, traffic, total)


def _topic(lots: np.random.Generator, topic: str, days: int) -> tuple[str, Numbers, Numbers]:
    slots = START_S + SLOT_S * np.arange(days * DAY, dtype=np.int64)
    return topic, slots, lots.poisson(10 ** lots.uniform(-1.5, 0.8) * SLOT_S * _season(lots, slots))


def _fail(
    into: Broken, kind: IncidentKind, topic: str, slots: Numbers, bad: Numbers, made: Numbers, start: int
) -> None:
    span = slice(start, start + len(made))
    bad[span] = np.maximum(bad[span], made)
    where = np.flatnonzero(made) + start
    first_ms, last_ms = int(slots[where[0]]) * 1_000 + 2_000, int(slots[where[-1]]) * 1_000 + 8_000
    into.truth.append(True_(kind, topic, first_ms, last_ms, int(made.sum())))


def _add(
    into: Broken, kind: str, topic: str, slots: Numbers, bad: Numbers, traffic: Numbers, total: Counts
) -> None:
    bads = [_bad_slot(int(slots[at]), int(bad[at]), 0, 0) for at in np.flatnonzero(bad)]
    who = {"service": f"{topic}-writer"} if kind == "duplicates" else {"consumer_group": f"{topic}-readers"}
    if bads:
        scope = Scope(kind, topic, **who)  # type: ignore[arg-type]
        into.series.append(Series(scope, bads, total, _days(slots, bad, traffic)))


def _deployed(service: str, at_s: int) -> Change:
    time = datetime.fromtimestamp(at_s, UTC)
    return Change("deployment", time, f"{service} took effect {at_s}", service, weight=DEPLOYMENT_WEIGHT)
