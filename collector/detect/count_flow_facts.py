"""Counts what takes more than one record to see: steps that did not follow in time, and order that was changed.

These are the facts of two kinds of incidents, `flow_stuck` and `out_of_order`. They join many events, so they are
counted once a minute, by a task of its own that rests nine times as long as it worked.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

import pyarrow as pa

from collector.detect.flows import Step, read_habits
from collector.detect.incident_facts import SLOT_S
from collector.detect.incident_store import read_marks, touched, write_marks
from collector.detect.read_incidents import read_incidents
from collector.detect.reconcile import ACTIVE
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Incident

COUNTED_TIME = "flow facts counted"
COUNTED_FROM = "flow facts from"
_OWN = "flow facts: "

EVERY_S = 60.0
REST = 9.0
LEARN_EVERY = timedelta(minutes=10)
LEARN_REST = 30.0
CAUSES_MIN = 50
STEPS_MAX = 200
PATIENCE_MAX = timedelta(hours=1)
KEPT_MAX = timedelta(days=3)
LATELY = timedelta(minutes=10)
HELD_SHARE = 0.1
HISTORY_MAX = timedelta(days=14)
SETTLE = timedelta(minutes=2)
"""Evidence of spans and shared names is linked that much later at most, as a rule."""
HELD_AFTER = PATIENCE_MAX + SETTLE + timedelta(minutes=10)
"""Slots are counted anew that far back: by what was usual then, or an incident would be withdrawn behind its end."""
BACK = timedelta(minutes=10)
EVENTS_MAX = 1_000_000
PASS_EVENTS_MAX = 20_000_000
_HOUR = timedelta(hours=1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class UsualStep:
    """A step that is in force. `usual_time` is when it was found to be usual last."""

    step: Step
    patience: timedelta
    usual_time: datetime

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells steps apart."""
        return (*self.step.cause, *self.step.effect)


class CountFlowFacts:
    """Learns which steps are usual, and counts anew what was touched since the last look."""

    name = "flow facts"
    every_s = EVERY_S

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rest_until = _BEGIN
        self._learn_at = _BEGIN

    def step(self, now: datetime) -> None:
        """See Task."""
        if now < self._rest_until:
            return
        started = time.monotonic()
        steps = read_steps(self._store) or self._learn(now, [])
        # What was read is counted by what was usual before it came: what is missing or late now must not be learned.
        self._count(now, steps)
        if now >= self._learn_at:
            learning = time.monotonic()
            self._learn(now, steps)
            took = timedelta(seconds=LEARN_REST * (time.monotonic() - learning))
            self._learn_at = now + min(LEARN_EVERY, max(timedelta(seconds=EVERY_S), took))
        self._rest_until = now + timedelta(seconds=REST * (time.monotonic() - started))

    def _learn(self, now: datetime, before: Sequence[UsualStep]) -> list[UsualStep]:
        """Put in force what is usual now, and return it; of the steps `before` some are held as they were."""
        habits = read_habits(self._store, now, guesses=False)
        learned = [step for steps in habits.usual.values() for step in steps]
        steps = in_force(learned, _held(self._store, before, now), now)
        rows = [_row(one, now) for one in steps]
        if rows:
            table = pa.Table.from_pylist(rows, schema=arrow.USUAL_STEPS)
            self._store.insert("usual_steps", table, token=f"steps-{now.timestamp()}-{len(rows)}")
        return steps

    def _count(self, now: datetime, steps: Sequence[UsualStep]) -> None:
        marks = read_marks(self._store)
        own = {name.removeprefix(_OWN): time for name, time in marks.items() if name.startswith(_OWN)}
        found = touched(self._store, own, now)
        version = int(now.timestamp() * 1_000)
        patience = max((one.patience for one in steps), default=timedelta())
        oldest = None
        for since, until in found.ranges:
            first = max(since - patience - SETTLE, now - HISTORY_MAX)
            if first < until:
                oldest = first if oldest is None else min(first, oldest)
                count_range(self._store, first, until, now, version)
        new = {_OWN + name: time for name, time in found.marks.items() if time != own.get(name)}
        if oldest is not None:
            new |= {COUNTED_TIME: now, COUNTED_FROM: oldest}
        write_marks(self._store, new, version)


def count_range(store: Store, since: datetime, until: datetime, now: datetime, version: int) -> None:
    """Count every slot of [since, until) anew, the newest hour first; in a busy hour by a share of its events.

    Of a long past so much is left out that the watcher is not held up for long: it only says what is usual. Where
    nothing was read in the last two minutes nobody can tell what is late, and only order is counted.
    """
    since = datetime.fromtimestamp(since.timestamp() // SLOT_S * SLOT_S, UTC)
    sizes = store.query("flow_facts_sizes", {"since": since, "until": until})
    events = 0
    for row in reversed(sizes):
        events += row["events"]
        if events > PASS_EVENTS_MAX and row is not sizes[-1]:
            return
        first, stop = max(since, row["hour"]), min(until, row["hour"] + _HOUR)
        one_in = max(1, ceil(row["events"] / EVENTS_MAX))
        span = {"since": first, "until": stop, "one_in": one_in, "version": version}
        back_s = max(1, int(BACK.total_seconds() / one_in))
        store.execute("incident_count_order", {**span, "back_s": back_s})
        if row["newest_read"] > _BEGIN:
            store.execute("incident_count_stuck", {**span, "now": now})


def in_force(learned: Iterable[Step], held: Sequence[UsualStep], now: datetime) -> list[UsualStep]:
    """Return the steps to count by: what was learned, most frequent first, and what is held as it was. Pure.

    A step is held while it is missing: else an outage, or answers that come late, would become what is usual.
    """
    kept = {one.key: one for one in held if now - one.usual_time <= KEPT_MAX}
    usable = sorted(
        (step for step in learned if step.causes >= CAUSES_MIN and step.patience <= PATIENCE_MAX),
        key=lambda step: (-step.causes, step.cause, step.effect),
    )
    fresh = {one.key: one for one in (UsualStep(step, step.patience, now) for step in usable)}
    return list((kept | {key: one for key, one in fresh.items() if key not in kept}).values())[:STEPS_MAX]


def read_steps(store: Store) -> list[UsualStep]:
    """Return the steps that are in force."""
    return [
        UsualStep(
            Step(
                cause=(row["cause_topic"], row["cause_type"]),
                effect=(row["effect_topic"], row["effect_type"]),
                service=row["service"],
                share=row["share"],
                causes=row["causes"],
                p50_ms=0.0,
                p95_ms=0.0,
                p99_ms=0.0,
                instead=frozenset(zip(row["instead_topics"], row["instead_types"], strict=True)),
            ),
            timedelta(milliseconds=row["patience_ms"]),
            row["usual_time"],
        )
        for row in store.query("usual_steps")
    ]


def _held(store: Store, steps: Sequence[UsualStep], now: datetime) -> list[UsualStep]:
    """Return the steps whose absence is an incident, was one a little while ago, or looks like the beginning of one."""
    found = read_incidents(store, since=now - KEPT_MAX, until=now + timedelta(days=1))
    stuck = {(one.topic, one.service) for one in found if one.kind == "flow_stuck" and _goes_on(one, now)}
    rows = store.query("stuck_lately", {"since": now - LATELY, "share": HELD_SHARE})
    stuck |= {(row["topic"], row["service"]) for row in rows}
    return [one for one in steps if (one.step.cause[0], one.step.service) in stuck]


def _goes_on(one: Incident, now: datetime) -> bool:
    """Return whether an incident is not over, or so short ago that its time may still be counted anew."""
    over = one.mitigated_time is not None and one.mitigated_time < now - HELD_AFTER
    return one.state in ACTIVE or (one.state == "resolved" and not over)


def _row(one: UsualStep, now: datetime) -> dict[str, object]:
    step, instead = one.step, sorted(one.step.instead)
    return {
        "cause_topic": step.cause[0],
        "cause_type": step.cause[1],
        "effect_topic": step.effect[0],
        "effect_type": step.effect[1],
        "service": step.service,
        "share": step.share,
        "causes": step.causes,
        "patience_ms": int(one.patience.total_seconds() * 1_000),
        "instead_topics": [topic for topic, _ in instead],
        "instead_types": [type_ for _, type_ in instead],
        "usual_time": one.usual_time,
        "learned_time": now,
    }
