"""Histories with known incidents, made as the facts that incidents are judged by: how many are found, and how well?

`python -m tests.bench.simulate_incidents --seeds 20 --save` judges months of fifty topics each and keeps the result in
tests/bench/results. A small version runs in tests/unit/detect/test_simulated_incidents.py.

What is in a history: busy and quiet topics, day and night in a time zone that changes its clocks, weekends, failures
all the time at a low rate (noise), pauses of a topic and of everything, clocks that are wrong, records that are read
late, and incidents of several kinds, lengths and strengths, some at the same time.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from collector.detect.incident_facts import DAY_S, SLOT_S, BadSlot, Counts, Scope, Series
from collector.detect.incidents import Facts, judge
from collector.detect.judge_silence import Activity, Producer, judge_silence
from collector.detect.measures import summarize
from collector.detect.rules import Rules, load_rules
from schemas.incidents import Incident, IncidentKind

START_S = int(
    datetime(2026, 10, 5, tzinfo=UTC).timestamp()
)  # three weeks before clocks are changed in Europe
ZONE = ZoneInfo("Europe/Berlin")
LEARN_DAYS = 8  # silence is a matter of weeks: false alarms are counted from here on
MATCH_S = 1_800
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class True_:  # noqa: N801 - the truth, which is a word of Python's
    """An incident that was made. Milliseconds of its first and last bad event."""

    kind: IncidentKind
    topic: str
    first_ms: int
    last_ms: int
    bad: int


@dataclass
class History:
    """What is stored of a simulated company, and what was true of it."""

    series: list[Series] = field(default_factory=list)
    activity: dict[Producer, Activity] = field(default_factory=dict)
    truth: list[True_] = field(default_factory=list)
    end_s: int = 0


@dataclass(frozen=True)
class Result:
    """How well a history was judged; shares 0..1, None = there was none."""

    seed: int
    topics: int
    days: int
    made: int
    found: int
    false: int
    months_of_50_topics: float
    restore_right: int
    restore_judged: int
    median_detect_s: float | None
    missed: Sequence[str] = ()
    alarms: Sequence[str] = ()
    wrong: Sequence[str] = ()


def simulate(seed: int, *, topics: int = 50, days: int = 35, per_topic: float = 1.0) -> History:
    """Return a history of `days`, with about `per_topic` incidents a topic."""
    lots = np.random.default_rng(seed)
    slots = START_S + SLOT_S * np.arange(days * DAY_S // SLOT_S, dtype=np.int64)
    pauses = _pauses(lots, slots, count=int(lots.integers(0, 3)), hours=(0.3, 6))
    outages = _pauses(lots, slots, count=2, hours=(0.2, 2))
    history = History(end_s=int(slots[-1]) + SLOT_S)
    for number in range(topics):
        _add_topic(history, lots, f"topic-{number}", slots, pauses, outages, per_topic)
    return history


def _add_topic(
    history: History,
    lots: np.random.Generator,
    topic: str,
    slots: Numbers,
    pauses: npt.NDArray[np.bool_],
    outages: npt.NDArray[np.bool_],
    per_topic: float,
) -> None:
    rate = 10 ** lots.uniform(-2, 0.8) * SLOT_S  # a slot: one in 100 s to six a second
    traffic = lots.poisson(rate * _season(lots, slots))
    traffic[pauses | _pauses(lots, slots, count=int(lots.integers(0, 3)), hours=(0.1, 0.2))] = 0
    skew_s = int(lots.choice([0, 0, 0, -30, 40]))
    noise = float(lots.choice([0, 0.0005, 0.002]))
    bad = lots.binomial(traffic, noise)
    retried = lots.binomial(traffic, noise * 5)
    for _ in range(lots.poisson(per_topic)):
        _add_incident(history, lots, topic, slots, traffic, bad, retried)
    late = np.where(outages, SLOT_S * lots.integers(0, 60, len(slots)), 0)
    total = Counts(*(part.tolist() for part in _some(slots + skew_s // SLOT_S * SLOT_S, traffic)))
    for kind, values in (("dead_letters", bad), ("retry_storm", retried)):
        scope = Scope(kind, topic, consumer_group=f"{topic}-readers")  # type: ignore[arg-type]
        bads = [
            _bad_slot(int(slots[at]), int(values[at]), int(late[at]), skew_s) for at in np.flatnonzero(values)
        ]
        if bads:
            history.series.append(Series(scope, bads, total, _days(slots, values, traffic)))
    minutes = np.unique(slots[traffic > 0] // 60 * 60)
    history.activity[topic, f"{topic}-writer"] = Activity(minutes.tolist())


def _add_incident(
    history: History,
    lots: np.random.Generator,
    topic: str,
    slots: Numbers,
    traffic: Numbers,
    bad: Numbers,
    retried: Numbers,
) -> None:
    """Change the numbers for a while, where there is enough traffic to see it, and say so in the truth."""
    kind: IncidentKind = str(lots.choice(["dead_letters", "dead_letters", "retry_storm", "producer_silent"]))  # type: ignore[assignment]
    length = int(60 * 10 ** lots.uniform(0.7, 2.6) / SLOT_S)  # 5 min to 6.6 h
    learn = (LEARN_DAYS if kind == "producer_silent" else 1) * DAY_S // SLOT_S
    start = int(lots.integers(learn, len(slots) - length - DAY_S // SLOT_S))
    span = slice(start, start + length)
    near = slice(max(0, start - DAY_S // SLOT_S), start + length + DAY_S // SLOT_S)
    busy = any(
        one.topic == topic and one.first_ms / 1_000 < slots[near][-1] and one.last_ms / 1_000 > slots[near][0]
        for one in history.truth
    )
    if busy:
        return
    if kind == "producer_silent":
        _silence(history, topic, slots, traffic, bad, retried, span)
        return
    share = float(lots.uniform(0.15, 1.0)) if kind == "dead_letters" else float(lots.uniform(0.6, 3.0))
    values = bad if kind == "dead_letters" else retried
    made = lots.binomial(traffic[span], share) if share <= 1 else lots.poisson(traffic[span] * share)
    needed = 15 if kind == "dead_letters" else 60
    if made.sum() < needed:
        return  # nobody could tell
    values[span] = np.maximum(values[span], made)
    if kind == "dead_letters" and lots.random() < 0.5:
        retried[span] += made  # it is tried once more before it is given up: two sides of one incident
    where = np.flatnonzero(made) + start
    first_ms, last_ms = int(slots[where[0]]) * 1_000 + 2_000, int(slots[where[-1]]) * 1_000 + 8_000
    history.truth.append(True_(kind, topic, first_ms, last_ms, int(made.sum())))


def _silence(
    history: History,
    topic: str,
    slots: Numbers,
    traffic: Numbers,
    bad: Numbers,
    retried: Numbers,
    span: slice,
) -> None:
    """Stop a producer where it usually writes so much, also a week before, that it is missed."""
    week = 7 * DAY_S // SLOT_S
    before = slice(max(0, span.start - week), max(0, span.stop - week))
    minutes = np.unique(slots[before][traffic[before] > 0] // 60)
    alive = np.unique(slots[span][traffic[span] > 0] // 60)
    if (span.stop - span.start) * SLOT_S < 3_600 or min(len(minutes), len(alive)) < 50:
        return
    for values in (traffic, bad, retried):
        values[span] = 0
    earlier, later = np.flatnonzero(traffic[: span.start]), np.flatnonzero(traffic[span.stop :])
    if not len(earlier) or not len(later):
        return
    first_s, last_s = int(slots[earlier[-1]]), int(slots[span.stop + later[0]])
    history.truth.append(True_("producer_silent", topic, first_s * 1_000, last_s * 1_000, 0))


def _season(lots: np.random.Generator, slots: Numbers) -> npt.NDArray[np.float64]:
    """Return how busy each slot is: 1 at noon. Kinds of topics: always, by day, business hours, batches."""
    kind = str(lots.choice(["always", "day", "business", "batches"]))
    if kind == "always":
        return np.ones(len(slots))
    offsets = {
        day: datetime.fromtimestamp(day * DAY_S + 43_200, ZONE).utcoffset()
        for day in set((slots // DAY_S).tolist())
    }
    shift = np.array(
        [int(offset.total_seconds()) if (offset := offsets[day]) else 0 for day in (slots // DAY_S).tolist()]
    )
    local = slots + shift
    hour, weekday = local % DAY_S / 3_600, (local // DAY_S + 3) % 7
    if kind == "day":
        tide: npt.NDArray[np.float64] = np.maximum(0.05, 0.55 - 0.45 * np.cos((hour - 1) / 24 * 2 * np.pi))
        tide[weekday >= 5] *= 0.6
        return tide
    if kind == "business":
        office: npt.NDArray[np.float64] = np.where((weekday < 5) & (hour >= 8) & (hour < 18), 1.0, 0.0)
        return office
    batches: npt.NDArray[np.float64] = np.where(local % 3_600 < 300, 4.0, 0.0)
    return batches


def _pauses(
    lots: np.random.Generator, slots: Numbers, *, count: int, hours: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    paused = np.zeros(len(slots), np.bool_)
    for _ in range(count):
        length = int(lots.uniform(*hours) * 3_600 / SLOT_S)
        start = int(lots.integers(0, len(slots) - length))
        paused[start : start + length] = True
    return paused


def _some(slots: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    where = np.flatnonzero(values)
    return slots[where], values[where]


def _bad_slot(slot_s: int, bad: int, late_s: int, skew_s: int) -> BadSlot:
    own_s = slot_s + skew_s // SLOT_S * SLOT_S
    seen = ((slot_s + SLOT_S + late_s, bad),)
    return BadSlot(own_s, bad, own_s * 1_000 + 2_000, own_s * 1_000 + 8_000, seen)


def _days(slots: Numbers, bad: Numbers, total: Numbers) -> dict[int, tuple[int, int]]:
    days = slots // DAY_S
    return {int(day): (int(bad[days == day].sum()), int(total[days == day].sum())) for day in np.unique(days)}


def judged(history: History, rules: Rules, now_s: int | None = None) -> list[Incident]:
    """Return every incident that is found in the history."""
    now_s = now_s or history.end_s
    silences = judge_silence(
        history.activity, rules.of("producer_silent", ""), now_s, since_s=START_S + LEARN_DAYS * DAY_S
    )
    facts = Facts(series=history.series, others=silences)
    return [one.incident for one in judge(facts, rules, datetime.fromtimestamp(now_s, UTC))]


def compare(seed: int, history: History, found: Sequence[Incident], *, topics: int, days: int) -> Result:
    """Hold what was found against the truth."""
    hits: dict[int, Incident] = {}
    alarms = []
    for one in found:
        matching = [at for at, made in enumerate(history.truth) if _is_about(one, made)]
        for at in matching:
            if one.kind == history.truth[at].kind and at not in hits:
                hits[at] = one
        if not matching and not one.parent_id:
            alarms.append(f"{one.kind} {one.topic} {one.impact_time:%m-%d %H:%M} {one.bad}/{one.total}")
    right, wrong = 0, []
    for at, one in hits.items():
        made = history.truth[at]
        true_s = (made.last_ms - made.first_ms) / 1_000
        said_s = (one.mitigated_time - one.impact_time).total_seconds() if one.mitigated_time else -1.0
        # Silence is known by the minute.
        step_s = 60 if made.kind == "producer_silent" else SLOT_S
        if abs(said_s - true_s) <= max(0.1 * true_s, step_s):
            right += 1
        else:
            wrong.append(f"{made.kind} {made.topic} {made.bad} bad: {said_s:.0f} s, truly {true_s:.0f} s")
    detect = [
        (one.detected_time - one.impact_time).total_seconds() for one in hits.values() if one.detected_time
    ]
    missed = [
        f"{made.kind} {made.topic} {made.bad} bad" for at, made in enumerate(history.truth) if at not in hits
    ]
    months = topics / 50 * (days - LEARN_DAYS) / 30
    return Result(
        seed, topics, days, len(history.truth), len(hits), len(alarms), months, right, len(hits),
        summarize(detect).median_s, missed, alarms, wrong,
    )  # fmt: skip


def _is_about(one: Incident, made: True_) -> bool:
    end_ms = (one.mitigated_time or one.impact_time).timestamp() * 1_000
    return (
        one.topic == made.topic
        and one.impact_time.timestamp() * 1_000 <= made.last_ms + MATCH_S * 1_000
        and end_ms >= made.first_ms - MATCH_S * 1_000
    )


def run(seeds: Sequence[int], *, topics: int, days: int) -> Iterator[Result]:
    """Judge one history after the other."""
    rules = load_rules()
    for seed in seeds:
        history = simulate(seed, topics=topics, days=days)
        yield compare(seed, history, judged(history, rules), topics=topics, days=days)


def summary(results: Sequence[Result]) -> Mapping[str, float]:
    """Return the figures of all histories together."""
    return {
        "histories": len(results),
        "incidents": sum(one.made for one in results),
        "recall": round(sum(one.found for one in results) / max(1, sum(one.made for one in results)), 4),
        "false_per_month_of_50_topics": round(
            sum(one.false for one in results) / sum(one.months_of_50_topics for one in results), 3
        ),
        "restore_within_a_tenth_or_a_step": round(
            sum(one.restore_right for one in results) / max(1, sum(one.restore_judged for one in results)), 4
        ),
    }


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--topics", type=int, default=50)
    parser.add_argument("--days", type=int, default=35)
    parser.add_argument(
        "--first", type=int, default=0, help="the first seed: take one that no rule was made by"
    )
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    results = []
    began = time.process_time()
    for result in run(
        range(arguments.first, arguments.first + arguments.seeds),
        topics=arguments.topics,
        days=arguments.days,
    ):
        results.append(result)
        print(json.dumps(asdict(result)))
    figures = {
        **summary(results),
        "cpu_s": round(time.process_time() - began, 1),
        "python": platform.python_version(),
    }
    print(json.dumps(figures, indent=1))
    if arguments.save:
        folder = Path(__file__).parent / "results"
        folder.mkdir(exist_ok=True)
        kept = {
            "summary": figures,
            "histories": [asdict(one) for one in results],
        }
        (folder / "incidents.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
