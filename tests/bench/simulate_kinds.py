"""Standstills, schema breaks and duplicates that were made: how many are found, of each kind, and how well?

`python -m tests.bench.simulate_kinds --seeds 20 --save` keeps the result in tests/bench/results. Dead letters, retry
storms and silence are in simulate_incidents. A small version runs in tests/unit/detect/test_simulated_kinds.py.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from collector.detect.causes import Flow
from collector.detect.incident_facts import DAY_S
from collector.detect.incidents import Facts, judge
from collector.detect.judge_stalls import judge_stalls
from collector.detect.measures import counted, durations
from collector.detect.rules import Rules, load_rules
from schemas.incidents import Incident
from tests.bench.simulate_breaks import Broken, simulate_breaks, simulate_duplicates
from tests.bench.simulate_incidents import START_S, True_, _is_about
from tests.bench.simulate_stalls import simulate_group

STEP_S = 15


@dataclass
class Tally:
    """How well histories were judged: by kind, by cause, medians of lengths (said, true), and what was not right."""

    made: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    restore_judged: Counter[str] = field(default_factory=Counter)
    restore_right: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    months_of_50_topics: float = 0.0
    medians_s: list[tuple[float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def add_history(
    tally: Tally, seed: int, rules: Rules, *, groups: int = 8, topics: int = 8, days: int = 14
) -> None:
    """Make a history, judge it at once, and count."""
    lots = np.random.default_rng([seed, 6])
    facts, others, unseen = Broken(), [], set()
    now_s = START_S + days * DAY_S
    for number in range(groups):
        group = simulate_group(lots, number, days)
        rule = rules.of("consumer_stalled", group.topic)
        others += judge_stalls(group.name, group.topic, group.partitions, rule, now_s)
        unseen |= {(group.topic, group.truth[at].first_ms) for at in group.open_ended}
        facts.truth += group.truth
    for number in range(topics):
        simulate_breaks(lots, number, days, facts)
        simulate_duplicates(lots, number, days, facts)
    stored = Facts(facts.series, others, facts.changes, Flow(producers=facts.producers))
    found = [one.incident for one in judge(stored, rules, datetime.fromtimestamp(now_s, UTC))]
    tally.months_of_50_topics += (groups + 2 * topics) / 50 * days / 30
    _compare(tally, seed, facts, found, unseen)


def _compare(
    tally: Tally, seed: int, facts: Broken, found: Sequence[Incident], unseen: set[tuple[str, int]]
) -> None:
    hits: list[tuple[True_, Incident]] = []
    for made in facts.truth:
        tally.made[made.kind] += 1
        hit = next((one for one in found if one.kind == made.kind and _is_about(one, made)), None)
        if hit is None:
            tally.notes.append(f"{seed} missed {made.kind} {made.topic} {_when(made)} {made.bad} bad")
            continue
        tally.found[made.kind] += 1
        if wanted := facts.causes.get((made.topic, made.first_ms)):
            named = hit.causes[0].service if hit.causes else "nothing"
            tally.causes["right" if named == wanted else f"{named.rpartition('-')[2]} named first"] += 1
        if (made.topic, made.first_ms) in unseen or hit.mitigated_time is None:
            continue
        hits.append((made, hit))
        said_s, true_s = _lengths(made, hit)
        tally.restore_judged[made.kind] += 1
        is_right = abs(said_s - true_s) <= max(0.1 * true_s, STEP_S)
        tally.restore_right[made.kind] += is_right
        if not is_right:
            tally.notes.append(
                f"{seed} {made.kind} {made.topic} {_when(made)}: {said_s:.0f} s, truly {true_s:.0f} s"
            )
    for one in found:
        right = [made for made in facts.truth if _is_about(one, made)]
        if not one.parent_id and one.kind not in {made.kind for made in right}:
            tally.false[one.kind] += 1
            tally.notes.append(
                f"{seed} false {one.kind} {one.topic} {one.impact_time:%m-%d %H:%M} {one.bad}/{one.total}"
            )
    if hits:
        chosen = [hit for _, hit in hits if not hit.parent_id]
        start, end = datetime.fromtimestamp(START_S, UTC), datetime.fromtimestamp(START_S + 60 * DAY_S, UTC)
        said = durations("restore", counted(chosen, start, end)).median_s
        true = float(np.median([_lengths(made, hit)[1] for made, hit in hits if not hit.parent_id]))
        tally.medians_s.append((said or 0.0, true))


def _lengths(made: True_, hit: Incident) -> tuple[float, float]:
    said_s = (hit.mitigated_time - hit.impact_time).total_seconds() if hit.mitigated_time else -1.0
    return said_s, (made.last_ms - made.first_ms) / 1_000


def _when(made: True_) -> str:
    return f"{datetime.fromtimestamp(made.first_ms / 1_000, UTC):%m-%d %H:%M}"


def summary(tally: Tally) -> Mapping[str, object]:
    """Return the figures of all histories together."""
    kinds = sorted(tally.made | tally.false)
    return {
        "recall": round(tally.found.total() / max(1, tally.made.total()), 4),
        "false_per_month_of_50_topics": round(tally.false.total() / tally.months_of_50_topics, 3),
        "restore_within_a_tenth_or_a_step": round(
            tally.restore_right.total() / max(1, tally.restore_judged.total()), 4
        ),
        "median_restore_within_a_tenth_or_a_step": sum(
            abs(said - true) <= max(0.1 * true, STEP_S) for said, true in tally.medians_s
        ),
        "histories": len(tally.medians_s),
        "by_kind": {
            kind: {
                name: getattr(tally, name)[kind]
                for name in ("made", "found", "false", "restore_judged", "restore_right")
            }
            for kind in kinds
        },
        "cause_of_schema_breaks": dict(tally.causes),
    }


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--first", type=int, default=0, help="the first seed: take one that no rule was made by"
    )
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    tally, began = Tally(), time.process_time()
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        add_history(tally, seed, load_rules())
    said = {**summary(tally), "cpu_s": round(time.process_time() - began, 1), "not_right": tally.notes}
    print(json.dumps(said, indent=1))
    if arguments.save:
        folder = Path(__file__).parent / "results"
        (folder / "incidents_by_kind.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
