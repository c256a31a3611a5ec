"""Anomalies of causality: what happens too often, twice, in the wrong order, in circles, or without a known cause.

Each kind is counted per topic and service, held against what is usual there, and comes with examples. Counting is
SQL (`schemas/queries/anomaly_*.sql`); what it means is judged here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal

from collector.lineage.cascade import read_cascade
from collector.lineage.find_rings import rings
from collector.storage.api import Store
from schemas.records import EventRef

Kind = Literal[
    "retry_storm",
    "duplicate_ids",
    "double_processing",
    "out_of_order",
    "flow_ring",
    "event_ring",
    "orphans",
    "invalid_context",
    "constant_context",
    "constant_id",
]
Row = Mapping[str, Any]

HABIT = timedelta(hours=24)
ROWS_MAX = 500
EVENTS_LOOKED_AT_MAX = 2_000_000
EDGES_COMPARED_MAX = 300_000
TWINS_MAX = 5_000
UNUSUAL_TIMES = 3.0
UNUSUAL_FOUND_MIN = 5
STORM_FOUND_MIN = 20
STORM_SHARE_MIN = 0.2
_RING_EVENTS_MAX = 3_000
_RING_STARTS_MAX = 100


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One kind of anomaly on one topic by one service. Times are UTC.

    `found` counts records (pairs of neighbours where order is compared, edges in rings), `total` is all that were
    looked at, 0 = not known. `usual` is what `found` would be at the level of the day before, None = no history.
    `worst` is the largest repetition: attempts of one record, records with one id. `other` is the other side: the
    topic of the effects, or the topics of a ring. `note` says what a reader of the numbers has to know.
    """

    kind: Kind
    topic: str
    service: str
    found: int
    total: int
    usual: float | None
    first_time: datetime
    last_time: datetime
    examples: tuple[EventRef, ...]
    worst: int = 0
    other: str = ""
    note: str = ""

    @property
    def unusual(self) -> bool:
        """Tell whether it is far above what is usual there; where there is no history, whether it is much at all."""
        if self.kind == "retry_storm":
            share = self.found / self.total if self.total else 1.0
            usual = self.usual or 0.0
            return self.found >= STORM_FOUND_MIN and (
                self.found >= UNUSUAL_TIMES * usual if usual else share >= STORM_SHARE_MIN
            )
        if self.kind == "flow_ring" and self.usual is None:
            return False  # topics may be in a ring on purpose: a new one is news
        if self.usual is None or not self.usual:
            return self.found >= UNUSUAL_FOUND_MIN or self.kind in ("double_processing", "event_ring")
        return self.found >= max(UNUSUAL_FOUND_MIN, UNUSUAL_TIMES * self.usual)


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time, and how much of it is looked at: one group of records in `one_in`."""

    since: datetime
    until: datetime
    totals: Mapping[tuple[str, str], int]

    @property
    def one_in(self) -> int:
        """Return the sample that keeps memory bounded: 1 looks at everything."""
        return max(1, ceil(sum(self.totals.values()) / EVENTS_LOOKED_AT_MAX))

    @property
    def times(self) -> dict[str, datetime]:
        """Return the parameters that every query has."""
        return {"since": self.since, "until": self.until}


def find_anomalies(
    store: Store, since: datetime, until: datetime, *, habit: timedelta = HABIT
) -> list[Anomaly]:
    """Return every anomaly in [since, until), held against the time `habit` before it; unusual ones first."""
    now = _counted(store, since, until)
    before = _counted(store, since - habit, since)
    known = {(a.kind, a.topic, a.service, a.other): a.found for a in before.found}
    found = [_with_usual(anomaly, now.span, before.span, known) for anomaly in now.found]
    return sorted(found, key=lambda a: (not a.unusual, _RANK[a.kind], -a.found, a.topic, a.service))


def find_kind(store: Store, kind: Kind, since: datetime, until: datetime) -> list[Anomaly]:
    """Return anomalies of one kind in [since, until), without what is usual: for rules with a habit of their own."""
    span = read_span(store, since, until)
    return [anomaly for anomaly in _FINDERS[kind](store, span) if anomaly.kind == kind]


def read_span(store: Store, since: datetime, until: datetime) -> Span:
    """Return the span with the events of each topic and service in it."""
    rows = store.query("anomaly_totals", {"since": since, "until": until})
    return Span(since, until, {(row["topic"], row["service"]): row["events"] for row in rows})


@dataclass(frozen=True)
class _Counted:
    span: Span
    found: Sequence[Anomaly]


def _counted(store: Store, since: datetime, until: datetime) -> _Counted:
    span = read_span(store, since, until)
    if not span.totals:
        return _Counted(span, [])
    found = [anomaly for finder in dict.fromkeys(_FINDERS.values()) for anomaly in finder(store, span)]
    return _Counted(span, found)


def _with_usual(
    anomaly: Anomaly, span: Span, before: Span, known: Mapping[tuple[Kind, str, str, str], int]
) -> Anomaly:
    """Scale what was found before to as many events as there are now: a busy hour may have more of everything."""
    events_before = sum(n for (topic, _), n in before.totals.items() if topic == anomaly.topic)
    if not events_before:
        return anomaly
    events = sum(n for (topic, _), n in span.totals.items() if topic == anomaly.topic)
    found_before = known.get((anomaly.kind, anomaly.topic, anomaly.service, anomaly.other), 0)
    return replace(anomaly, usual=found_before * events / events_before)


def find_retries(store: Store, span: Span) -> list[Anomaly]:
    """Return records sent again as retries, by the topic of the originals and the service that sends them."""
    found = []
    for row in store.query("anomaly_retries", {**span.times, "rows_max": ROWS_MAX}):
        total = sum(n for (topic, _), n in span.totals.items() if topic == row["topic"])
        note = f"{row['originals']:,} records retried, at most {row['peak_per_minute']:,} retries in a minute"
        found.append(_anomaly("retry_storm", row, total, worst=row["worst"], note=note))
    return found


def find_repeated_ids(store: Store, span: Span) -> list[Anomaly]:
    """Return message ids that several records of a topic carry: duplicates, and constants used as ids."""
    rows = store.query("anomaly_repeated_ids", {**span.times, "rows_max": ROWS_MAX, "one_in": span.one_in})
    found = []
    for row in rows:
        kind: Kind = "constant_id" if row["constant"] else "duplicate_ids"
        found.append(_sampled(_anomaly(kind, row, _total(span, row), worst=row["worst"]), span))
    return found


def find_double_processing(store: Store, span: Span) -> list[Anomaly]:
    """Return effects of one kind that records with one message id led to, beyond what one record usually has."""
    twins = store.query(
        "anomaly_double_effects", {**span.times, "rows_max": TWINS_MAX, "one_in": span.one_in}
    )
    if not twins:
        return []
    topics = sorted({row["effect_topic"] for row in twins})
    usual_rows = store.query("anomaly_usual_effects", {**span.times, "topics": topics, "one_in": span.one_in})
    usual = {_effect_kind(row): row["usual"] for row in usual_rows}
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in twins:
        # With no single cause to compare with, one effect is what an event has.
        if row["effects"] > usual.get(_effect_kind(row), 1):
            groups.setdefault((row["cause_topic"], row["effect_service"], row["effect_topic"]), []).append(
                row
            )
    return [_doubled(span, key, rows, usual) for key, rows in groups.items()]


def _doubled(
    span: Span, key: tuple[str, str, str], rows: Sequence[Row], usual: Mapping[tuple[str, ...], float]
) -> Anomaly:
    topic, service, effect_topic = key
    extra = sum(row["effects"] - max(1, int(usual.get(_effect_kind(row), 1))) for row in rows)
    newest = sorted(rows, key=lambda row: row["last_time"], reverse=True)
    anomaly = Anomaly(
        kind="double_processing",
        topic=topic,
        service=service,
        found=extra,
        total=span.totals.get((effect_topic, service), 0),
        usual=None,
        first_time=min(row["first_time"] for row in rows),
        last_time=newest[0]["last_time"],
        examples=tuple(EventRef(*row["example"]) for row in newest[:5]),
        worst=max(row["effects"] for row in rows),
        other=effect_topic,
        note=f"{len(rows)} duplicated records had more effects of one kind than a single record has",
    )
    return _sampled(anomaly, span)


def _effect_kind(row: Row) -> tuple[str, ...]:
    return row["cause_topic"], row["effect_topic"], row["effect_service"], row["effect_type"]


def find_order_violations(store: Store, span: Span) -> list[Anomaly]:
    """Return effects that stand in another order than their causes, per key, among neighbours."""
    rows = store.query("anomaly_order", {**span.times, "rows_max": ROWS_MAX, "edges_max": EDGES_COMPARED_MAX})
    note = (
        "of neighbours with one key: causes in this order on their partition, effects in the other on theirs"
    )
    return [
        _anomaly("out_of_order", row, row["compared"], other=row["other"], note=f"{row['keys']} keys; {note}")
        for row in rows
    ]


def find_rings(store: Store, span: Span) -> list[Anomaly]:
    """Return rings of topics (a topic that leads back to itself) and of events (a cause that is its own effect)."""
    return [*_flow_rings(store, span), *_event_rings(store, span)]


def _flow_rings(store: Store, span: Span) -> list[Anomaly]:
    links = {
        (row["cause_topic"], row["effect_topic"]): row for row in store.query("anomaly_links", span.times)
    }
    found = []
    for ring in rings(links):
        steps = [links[step] for step in zip(ring, (*ring[1:], ring[0]), strict=True)]
        rarest = min(steps, key=lambda row: row["edges"])
        found.append(
            Anomaly(
                kind="flow_ring",
                topic=ring[0],
                service=next(iter(sorted(rarest["services"])), ""),
                found=rarest["edges"],
                total=0,
                usual=None,
                first_time=rarest["first_time"],
                last_time=rarest["last_time"],
                examples=(EventRef(*rarest["example"]),),
                other=" → ".join([*ring, ring[0]]),
                note="edges on the rarest step of the ring; types of events may keep it from turning for ever",
            )
        )
    return found


def _event_rings(store: Store, span: Span) -> list[Anomaly]:
    """Look around edges that go back in time: every ring has one, or equal times all around."""
    rows = store.query("anomaly_backward_edges", {**span.times, "rows_max": _RING_STARTS_MAX})
    if not rows:
        return []
    starts = [EventRef.of(row) for row in rows]
    around = read_cascade(store, starts, direction="down", events_max=_RING_EVENTS_MAX)
    found = []
    for edge in around.graph.graph["loops"]:
        effect = around.events[edge.effect]
        found.append(
            Anomaly(
                kind="event_ring",
                topic=edge.effect.topic,
                service=effect.service,
                found=1,
                total=0,
                usual=None,
                first_time=effect.time,
                last_time=effect.time,
                examples=(edge.effect, edge.cause),
                other=edge.cause.topic,
                note="an event is among its own causes: clocks or ids lie",
            )
        )
    return _merged(found)


def _merged(found: Iterable[Anomaly]) -> list[Anomaly]:
    merged: dict[tuple[str, str, str], Anomaly] = {}
    for one in found:
        key = (one.topic, one.service, one.other)
        if before := merged.get(key):
            merged[key] = replace(
                before,
                found=before.found + 1,
                first_time=min(before.first_time, one.first_time),
                last_time=max(before.last_time, one.last_time),
                examples=(*before.examples, *one.examples)[:6],
            )
        else:
            merged[key] = one
    return list(merged.values())


def find_orphans(store: Store, span: Span) -> list[Anomaly]:
    """Return events that name a cause which nobody has seen."""
    rows = store.query("anomaly_orphans", {**span.times, "rows_max": ROWS_MAX, "one_in": span.one_in})
    return [_sampled(_anomaly("orphans", row, _total(span, row)), span) for row in rows]


def find_broken_contexts(store: Store, span: Span) -> list[Anomaly]:
    """Return events whose trace context is not valid, or is one that all records carry."""
    invalid = store.query("anomaly_invalid_contexts", {**span.times, "rows_max": ROWS_MAX})
    constant = store.query(
        "anomaly_repeated_contexts", {**span.times, "rows_max": ROWS_MAX, "one_in": span.one_in}
    )
    return [_anomaly("invalid_context", row, _total(span, row)) for row in invalid] + [
        _sampled(_anomaly("constant_context", row, _total(span, row), worst=row["worst"]), span)
        for row in constant
    ]


def _anomaly(kind: Kind, row: Row, total: int, *, worst: int = 0, other: str = "", note: str = "") -> Anomaly:
    return Anomaly(
        kind=kind,
        topic=row["topic"],
        service=row["service"],
        found=int(row["found"]),
        total=int(total),
        usual=None,
        first_time=row["first_time"],
        last_time=row["last_time"],
        examples=tuple(EventRef(*example) for example in row["examples"]),
        worst=int(worst),
        other=other,
        note=note,
    )


def _total(span: Span, row: Row) -> int:
    return span.totals.get((row["topic"], row["service"]), 0)


def _sampled(anomaly: Anomaly, span: Span) -> Anomaly:
    """Scale what one in `one_in` showed, and say so."""
    if span.one_in == 1:
        return anomaly
    said = f"estimated from one in {span.one_in}"
    note = f"{anomaly.note}; {said}" if anomaly.note else said
    return replace(anomaly, found=anomaly.found * span.one_in, note=note)


_FINDERS: dict[Kind, Callable[[Store, Span], list[Anomaly]]] = {
    "event_ring": find_rings,
    "double_processing": find_double_processing,
    "retry_storm": find_retries,
    "out_of_order": find_order_violations,
    "duplicate_ids": find_repeated_ids,
    "orphans": find_orphans,
    "invalid_context": find_broken_contexts,
    "constant_context": find_broken_contexts,
    "constant_id": find_repeated_ids,
    "flow_ring": find_rings,
}
_RANK = {kind: rank for rank, kind in enumerate(_FINDERS)}
