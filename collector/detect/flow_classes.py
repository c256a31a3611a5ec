"""Classes of cascades by how they begin: usual size, depth, duration, and how many come to their end.

A few cascades of each class are followed from their roots, always the same ones; rates come from all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import quantiles
from typing import Any

from collector.detect.flows import EVENTS_SAMPLED_MAX, Habits, KindOf, Step, read_habits
from collector.lineage.find_events import refs_parameters
from collector.storage.api import Store
from schemas.records import EventRef

PER_CLASS = 40
CLASSES_MAX = 200
EVENTS_MAX = 40_000
_REFS_PER_QUERY = 2_000
_EDGES_PER_QUERY = 200_000
DEPTH_MAX = 200
INCOMPLETE_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FlowClass:
    """Cascades that begin alike. Quantiles are over the cascades that were `followed`; times in ms.

    `completed`, `failed` (a dead letter), `incomplete` (a usual step is missing though it is due) and `running`
    add up to `followed`. `missing` names the missing steps, most frequent first, each with a cascade to open.
    `kinds` are the kinds of events in it.
    """

    topic: str
    type: str
    service: str
    roots: int
    per_minute: float
    followed: int
    events_p50: float
    events_p95: float
    depth_p50: float
    depth_p95: float
    duration_p50_ms: float
    duration_p95_ms: float
    completed: int
    failed: int
    incomplete: int
    running: int
    missing: tuple[tuple[Step, int, EventRef], ...]
    kinds: frozenset[KindOf]
    newest: EventRef
    cut: bool = False


@dataclass
class _Followed:
    """One cascade as far as it was followed."""

    root: EventRef
    kind: KindOf
    time_ms: float
    last_ms: float = 0.0
    events: int = 1
    depth: int = 0
    failed: bool = False
    running: bool = False
    kinds: set[KindOf] = field(default_factory=set)
    missing: list[tuple[Step, EventRef]] = field(default_factory=list)


@dataclass
class _Known:
    kind: KindOf
    time_ms: float
    effects: dict[EventRef, str] = field(default_factory=dict)


def read_flow_classes(
    store: Store, since: datetime, until: datetime, *, habits: Habits | None = None
) -> list[FlowClass]:
    """Return the classes of cascades that began in [since, until), busiest first."""
    habits = habits or read_habits(store, until)
    size = store.query("flows_size", {"since": since, "until": until})[0]
    if not size["events"]:
        return []
    one_in = max(1, ceil(size["events"] / EVENTS_SAMPLED_MAX))
    sample = {"one_in": one_in, "per_class": PER_CLASS, "rows_max": CLASSES_MAX}
    rows = store.query("flows_roots", {"since": since, "until": until, **sample})
    known, cut = _follow(store, rows)
    return [_class(row, known, habits, one_in, (until - since) / timedelta(minutes=1), cut) for row in rows]


def _follow(store: Store, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[EventRef, _Known], bool]:
    """Walk down from the sampled roots of all classes at once, breadth first."""
    known: dict[EventRef, _Known] = {}
    for row in rows:
        for topic, partition, offset, time in row["samples"]:
            known[EventRef(topic, partition, offset)] = _Known((topic, row["type"]), _ms(time))
    frontier, cut = list(known), False
    for _ in range(DEPTH_MAX):
        fresh: list[EventRef] = []
        for start in range(0, len(frontier), _REFS_PER_QUERY):
            asked = refs_parameters(frontier[start : start + _REFS_PER_QUERY])
            for edge in store.query("flows_effects", {**asked, "edges_max": _EDGES_PER_QUERY}):
                cause = EventRef(edge["cause_topic"], edge["cause_partition"], edge["cause_offset"])
                effect = EventRef(edge["effect_topic"], edge["effect_partition"], edge["effect_offset"])
                known[cause].effects[effect] = edge["relation"]
                if effect not in known:
                    known[effect] = _Known((effect.topic, edge["effect_type"]), edge["effect_ms"])
                    fresh.append(effect)
        if len(known) > EVENTS_MAX:
            return known, True
        if not fresh:
            return known, False
        frontier = fresh
    return known, cut


def _ms(time: datetime) -> float:
    return time.replace(tzinfo=time.tzinfo or UTC).timestamp() * 1000


def _class(
    row: Mapping[str, Any],
    known: Mapping[EventRef, _Known],
    habits: Habits,
    one_in: int,
    minutes: float,
    cut: bool,
) -> FlowClass:
    roots = [EventRef(topic, partition, offset) for topic, partition, offset, _ in row["samples"]]
    followed = [_measure(root, known, habits) for root in roots]
    missing: dict[Step, list[EventRef]] = {}
    for one in followed:
        for step, ref in one.missing:
            missing.setdefault(step, []).append(ref)
    events, depths = [one.events for one in followed], [one.depth for one in followed]
    durations = [max(0.0, one.last_ms - one.time_ms) for one in followed]
    state = [_state(one) for one in followed]
    return FlowClass(
        topic=row["topic"],
        type=row["type"],
        service=row["service"],
        roots=row["roots"] * one_in,
        per_minute=row["roots"] * one_in / max(minutes, 1e-9),
        followed=len(followed),
        events_p50=_quantile(events, 0.5),
        events_p95=_quantile(events, 0.95),
        depth_p50=_quantile(depths, 0.5),
        depth_p95=_quantile(depths, 0.95),
        duration_p50_ms=_quantile(durations, 0.5),
        duration_p95_ms=_quantile(durations, 0.95),
        completed=state.count("completed"),
        failed=state.count("failed"),
        incomplete=state.count("incomplete"),
        running=state.count("running"),
        missing=tuple(
            (step, len(refs), refs[-1])
            for step, refs in sorted(missing.items(), key=lambda item: -len(item[1]))[:INCOMPLETE_SHOWN]
        ),
        kinds=frozenset(kind for one in followed for kind in one.kinds),
        newest=max(followed, key=lambda one: one.time_ms).root,
        cut=cut,
    )


def _state(one: _Followed) -> str:
    if one.failed:
        return "failed"
    if one.missing:
        return "incomplete"
    return "running" if one.running else "completed"


def _measure(root: EventRef, known: Mapping[EventRef, _Known], habits: Habits) -> _Followed:
    """Walk one cascade, judge every event in it by what usually follows."""
    start = known[root]
    measured = _Followed(root, start.kind, start.time_ms, start.time_ms)
    depths = {root: 0}
    pending = [root]
    for ref in pending:  # grows while it is walked: a queue
        event = known[ref]
        measured.kinds.add(event.kind)
        measured.last_ms = max(measured.last_ms, event.time_ms)
        measured.depth = max(measured.depth, depths[ref])
        measured.failed |= "dead_lettered" in event.effects.values()
        _judge(measured, ref, event, known, habits)
        for effect in event.effects:
            if effect not in depths:
                depths[effect] = depths[ref] + 1
                pending.append(effect)
    measured.events = len(depths)
    return measured


def _judge(
    measured: _Followed, ref: EventRef, event: _Known, known: Mapping[EventRef, _Known], habits: Habits
) -> None:
    if any(relation != "caused" for relation in event.effects.values()):
        return  # it failed, and that is told
    kinds = {known[effect].kind for effect in event.effects if effect in known}
    for step in habits.usual.get(event.kind, ()):
        if step.effect in kinds or kinds & step.instead:
            continue
        if event.time_ms < _ms(habits.until - step.patience):
            measured.missing.append((step, ref))
        else:
            measured.running = True


def _quantile(numbers: Sequence[float], share: float) -> float:
    if len(numbers) < 2:
        return float(numbers[0]) if numbers else 0.0
    return float(quantiles(numbers, n=100, method="inclusive")[round(share * 100) - 1])
