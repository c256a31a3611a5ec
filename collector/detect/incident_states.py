"""Silence and standstill, read from the store: what no count of bad events shows."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from collector.detect.incident_facts import Scope
from collector.detect.judge_rates import Stretch
from collector.detect.judge_silence import WEEKS, Activity, Producer, judge_silence
from collector.detect.judge_stalls import Sample, judge_stalls
from collector.detect.rules import Rules
from collector.storage.api import Store

_HABIT = timedelta(weeks=WEEKS, days=1)
_BEFORE = timedelta(hours=3)
_STALL_HABIT = timedelta(hours=12)
_STALLED_MAX = timedelta(days=8)
_SILENT_MAX = timedelta(days=8)
PRODUCERS_MAX = 200


def read_states(
    store: Store,
    rules: Rules,
    since: datetime,
    now: datetime,
    watching: datetime,
    known: Iterable[Producer] = (),
    stalled_since: datetime | None = None,
) -> list[tuple[Scope, Stretch]]:
    """Return silences and standstills that are not over before `since`.

    `known` are producers to look at anyway, `stalled_since` says when the oldest standstill began that goes on.
    """
    watching_s = watching.timestamp()
    return [
        *read_silences(store, rules, since, now, watching_s, known),
        *read_stalls(store, rules, since if stalled_since is None else stalled_since, now, watching_s),
    ]


def read_silences(
    store: Store,
    rules: Rules,
    since: datetime,
    now: datetime,
    watching_s: float,
    known: Iterable[Producer] = (),
) -> list[tuple[Scope, Stretch]]:
    """Return the silences of producers that are quiet now, or were when they were looked at last."""
    rule = rules.of("producer_silent", "")
    if not rule.enabled:
        return []
    quiet_since = now - timedelta(seconds=rule.gap_min_s)
    rows = store.query("incident_last_writes", {"since": now - _SILENT_MAX})
    quiet = [(row["topic"], row["service"]) for row in rows if row["newest_time"] < quiet_since]
    producers = set(quiet[:PRODUCERS_MAX]) | set(known)
    if not producers:
        return []
    active = _activity(store, now - _HABIT, now, sorted({topic for topic, _ in producers}))
    oldest = min(
        [now, since, *(row["newest_time"] for row in rows if (row["topic"], row["service"]) in producers)]
    )
    # Of the others only the time around the silences matters.
    around = _activity(store, oldest - _BEFORE, now, [])
    active = {**around, **active}
    found = []
    for topic in sorted({topic for topic, _ in producers}):
        own = rules.of("producer_silent", topic)
        judged = {producer for producer in producers if producer[0] == topic and producer in active}
        if own.enabled:
            found += judge_silence(
                active, own, int(now.timestamp()), since_s=since.timestamp(), producers=judged,
                watching_since_s=watching_s,
            )  # fmt: skip
    return found


def read_stalls(
    store: Store, rules: Rules, since: datetime, now: datetime, watching_s: float
) -> list[tuple[Scope, Stretch]]:
    """Return the standstills that are not over before `since`, by the habits of the time before."""
    known_since = max(since - _STALL_HABIT, now - _STALLED_MAX)
    # What goes on for longer than samples are read is told as far as it is known.
    whole_since_s = known_since.timestamp() if known_since < since else float("-inf")
    rows = store.query("incident_group_samples", {"since": known_since, "until": now + timedelta(seconds=1)})
    partitions: dict[tuple[str, str], list[list[Sample]]] = defaultdict(list)
    for row in rows:
        samples = [Sample(int(at), committed, end) for at, committed, end in row["samples"]]
        partitions[row["consumer_group"], row["topic"]].append(samples)
    found = []
    for (group, topic), sampled in partitions.items():
        rule = rules.of("consumer_stalled", topic)
        if rule.enabled:
            found += judge_stalls(
                group, topic, sampled, rule, int(now.timestamp()), watching_s, whole_since_s
            )
    # Where the habit is learned, hardly anything is known yet of what is usual: that was judged when it happened.
    return [
        one for one in found if one[1].mitigated_ms is None or one[1].mitigated_ms >= since.timestamp() * 1e3
    ]


def _activity(store: Store, since: datetime, until: datetime, topics: list[str]) -> dict[Producer, Activity]:
    rows = store.query("incident_active_minutes", {"since": since, "until": until, "topics": topics})
    return {
        (row["topic"], row["service"]): Activity(sorted(int(at) for at in row["minutes"])) for row in rows
    }
