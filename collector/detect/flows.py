"""Steps that usually follow, and events for which they do not: stuck flows.

A *kind* is a topic with an event type. A step leads from one kind to another. It is usual where the median of its
shares per five minutes is at least USUAL_SHARE: an outage of hours does not make its absence usual. What happens
instead of a step (a declined payment instead of a captured one) and the ways of failures (retries, dead letters)
excuse its absence.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import median
from typing import Any

from collector.storage.api import Store
from schemas.records import EventRef

Row = Mapping[str, Any]
KindOf = tuple[str, str]

HABIT = timedelta(hours=24)
WINDOW = timedelta(hours=2)
BUCKET_S = 300
USUAL_SHARE = 0.9
USUAL_EVENTS_MIN = 10
BUCKET_EVENTS_MIN = 3
INSTEAD_SHARE_MAX = 0.2
GRACE = timedelta(seconds=30)
LATENCY_TIMES = 3.0
EVENTS_LOOKED_AT_MAX = 4_000_000
EVENTS_SAMPLED_MAX = 2_000_000
ROWS_MAX = 5_000
STEPS_ASKED_MAX = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What usually follows an event of kind `cause`. Times in ms after it; `causes` is how many it was learned from.

    An event that has an effect of one of the kinds in `instead` does not miss this one.
    """

    cause: KindOf
    effect: KindOf
    service: str
    share: float
    causes: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    instead: frozenset[KindOf] = frozenset()

    @property
    def patience(self) -> timedelta:
        """Return how long to wait before its absence means anything."""
        return GRACE + timedelta(milliseconds=LATENCY_TIMES * max(0.0, self.p99_ms))


@dataclass(frozen=True, slots=True)
class Stuck:
    """Events of a step's cause without its effect, though it is due. `usual` is how many of `due` miss it anyway."""

    step: Step
    waiting: int
    due: int
    usual: float
    first_time: datetime
    last_time: datetime
    examples: tuple[EventRef, ...]

    @property
    def unusual(self) -> bool:
        """Tell whether that many are more than chance and habit explain."""
        return self.waiting >= max(2.0, 3 * self.usual)


@dataclass
class Habits:
    """What is known of steps: `usual` ones by cause, and what each kind of event did, per stretch of time."""

    usual: dict[KindOf, list[Step]] = field(default_factory=dict)
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    until: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def find_stuck(
    store: Store, now: datetime, *, window: timedelta = WINDOW, habits: Habits | None = None
) -> list[Stuck]:
    """Return the usual steps that events of the last `window` wait for, unusual and oldest first."""
    habits = habits or read_habits(store, now)
    found = []
    asked = 0
    for steps in habits.usual.values():
        for step in steps:
            if asked >= STEPS_ASKED_MAX:
                break
            asked += 1
            # Where collection is behind, everything seems to be missing: judge as of the newest record.
            stuck = _waiting(store, step, habits.until - window, habits.until - step.patience)
            if stuck is not None:
                found.append(stuck)
    return sorted(found, key=lambda stuck: (not stuck.unusual, stuck.first_time, stuck.step.effect))


def read_habits(store: Store, now: datetime, *, habit: timedelta = HABIT, guesses: bool = True) -> Habits:
    """Learn the usual steps from the time `habit` before `now`, or less where that is too much to look at.

    Without `guesses` only from edges with evidence on the wire.
    """
    hour = timedelta(hours=1)
    last_hour = store.query("flows_size", {"since": now - hour, "until": now})[0]
    events_per_hour = max(1, last_hour["events"])
    since = now - min(habit, max(hour, hour * (EVENTS_LOOKED_AT_MAX / events_per_hour)))
    size = store.query("flows_size", {"since": since, "until": now})[0]
    if not size["events"]:
        return Habits({}, since, now)
    one_in = max(1, ceil(size["events"] / EVENTS_SAMPLED_MAX))
    span = {"since": since, "until": now, "one_in": one_in}
    edges = {**span, "guesses": int(guesses)}
    buckets = {"bucket_s": BUCKET_S, "rows_max": ROWS_MAX}
    usual = usual_steps(
        store.query("flows_events", {**span, **buckets}),
        store.query("flows_profiles", {**edges, **buckets}),
        store.query("flows_latencies", edges),
        newest=size["newest_time"],
    )
    by_cause: dict[KindOf, list[Step]] = {}
    for step in usual:
        by_cause.setdefault(step.cause, []).append(step)
    return Habits(by_cause, since, min(now, size["newest_time"]))


def usual_steps(
    events: Iterable[Row], profiles: Iterable[Row], latencies: Iterable[Row], *, newest: datetime
) -> list[Step]:
    """Return the usual steps from the rows of `flows_events`, `flows_profiles` and `flows_latencies`. Pure."""
    totals = {(row["topic"], row["type"]): _buckets(row) for row in events}
    sets: dict[KindOf, list[tuple[frozenset[KindOf], Mapping[int, int], int]]] = {}
    for row in profiles:
        kinds = frozenset((topic, type_) for topic, type_, failing in row["kinds"] if not failing)
        sets.setdefault((row["topic"], row["type"]), []).append((kinds, _buckets(row), row["events"]))
    found = []
    for row in latencies:
        cause, effect = (row["cause_topic"], row["cause_type"]), (row["effect_topic"], row["effect_type"])
        p50_ms, p95_ms, p99_ms = row["latency_ms"]
        step = Step(cause, effect, row["service"], 0.0, 0, p50_ms, p95_ms, p99_ms)
        share, causes = _share(step, totals.get(cause, {}), sets.get(cause, ()), newest)
        if share >= USUAL_SHARE and causes >= USUAL_EVENTS_MIN:
            instead = _instead(effect, sets.get(cause, ()))
            found.append(Step(cause, effect, row["service"], share, causes, p50_ms, p95_ms, p99_ms, instead))
    return sorted(found, key=lambda step: (step.cause, step.p50_ms, step.effect))


def _buckets(row: Row) -> dict[int, int]:
    starts, counts = row["buckets"]
    return dict(zip(starts, counts, strict=True))


def _share(
    step: Step,
    totals: Mapping[int, int],
    sets: Sequence[tuple[frozenset[KindOf], Mapping[int, int], int]],
    newest: datetime,
) -> tuple[float, int]:
    """Return the median share per stretch of time, and of how many events; only of those that had their time.

    Events with an alternative of the step are left out of its share.
    """
    instead = _instead(step.effect, sets)
    settled = newest.timestamp() - step.patience.total_seconds() - BUCKET_S
    had: Counter[int] = Counter()
    excused: Counter[int] = Counter()
    for kinds, buckets, _ in sets:
        if step.effect in kinds:
            had.update(buckets)
        elif kinds & instead:
            excused.update(buckets)
    usable = {start: total - excused[start] for start, total in totals.items() if start <= settled}
    if not usable:  # a young system: better a first guess than none
        usable = {start: total - excused[start] for start, total in totals.items()}
    shares = [had[start] / total for start, total in usable.items() if total >= BUCKET_EVENTS_MIN]
    return (median(shares) if shares else 0.0), sum(usable.values())


def _instead(
    effect: KindOf, sets: Sequence[tuple[frozenset[KindOf], Mapping[int, int], int]]
) -> frozenset[KindOf]:
    """Return the kinds of effects that hardly ever stand beside `effect`: they come instead of it."""
    beside: Counter[KindOf] = Counter()
    alone: Counter[KindOf] = Counter()
    for kinds, _, events in sets:
        for kind in kinds - {effect}:
            (beside if effect in kinds else alone)[kind] += events
    return frozenset(
        kind for kind, number in alone.items()
        if beside[kind] <= INSTEAD_SHARE_MAX * (beside[kind] + number)
    )  # fmt: skip


def _waiting(store: Store, step: Step, since: datetime, until: datetime) -> Stuck | None:
    if until <= since:
        return None
    excuses = [step.effect, *sorted(step.instead)]
    asked = {"topic": step.cause[0], "type": step.cause[1], "since": since, "until": until}
    done = {"topics": [topic for topic, _ in excuses], "types": [type_ for _, type_ in excuses]}
    row = store.query("flows_waiting", {**asked, **done})[0]
    if not row["waiting"]:
        return None
    due = store.query("flows_kind_size", asked)[0]["events"]
    return Stuck(
        step=step,
        waiting=row["waiting"],
        due=due,
        usual=due * (1 - step.share),
        first_time=row["first_time"],
        last_time=row["last_time"],
        examples=tuple(EventRef(*example) for example in row["examples"]),
    )
