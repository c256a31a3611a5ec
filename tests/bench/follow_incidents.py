"""Histories with known incidents, judged again and again as they come in: does it end as if all had been known at once?

`python -m tests.bench.follow_incidents --seeds 5 --save` keeps the result in tests/bench/results. Records are read late
and out of order, every look is one of a watcher that was just started, and a second watcher looks at the same time.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from collector.detect.incident_facts import DAY_S, Series
from collector.detect.incidents import Facts, Judged, judge
from collector.detect.reconcile import Outcome, reconcile
from collector.detect.rules import Rules, load_rules
from schemas.incidents import Incident
from tests.bench.simulate_incidents import START_S, History, simulate


@dataclass(frozen=True)
class Followed:
    """A history judged again and again as it came in, held against judging it once when all of it was known.

    `same` of `once` incidents stand at the end with the same beginning and end; `twice` and `extra` should be none.
    `unsettled` looks changed something when they were repeated at once, by a second watcher.
    """

    seed: int
    looks: int
    once: int
    same: int
    twice: int
    extra: int
    renamed: int
    unsettled: int
    corrected: int


def follow(seed: int, history: History, rules: Rules, *, looks: int) -> Followed:
    """Look at random times, each time as a watcher that was just started and knows what was read by then."""
    lots = np.random.default_rng(seed)
    # The more so around what was made, where there is something to get wrong.
    near = [one.first_ms // 1_000 + int(lots.integers(0, 7_200)) for one in history.truth for _ in range(3)]
    anywhere = lots.integers(START_S + DAY_S, history.end_s, max(0, looks - len(near))).tolist()
    known: dict[str, Incident] = {}
    names: dict[tuple[str, str], str] = {}
    renamed = unsettled = 0
    corrected: set[tuple[str, str]] = set()
    for now_s in [*sorted(near + anywhere), history.end_s + DAY_S]:
        found = judge(Facts(series=_known_by(history, now_s)), rules, datetime.fromtimestamp(now_s, UTC))
        outcome = _met(found, known, now_s)
        known |= {one.incident_id: one for one in outcome.incidents}
        corrected |= {
            (entry.incident_id, entry.key) for entry in outcome.entries if entry.change == "corrected"
        }
        unsettled += bool(_met(found, known, now_s).incidents)
        for one in known.values():
            place = (one.scope, f"{one.kind} {one.impact_time}")
            renamed += (
                names.setdefault(place, one.incident_id) != one.incident_id and one.state != "withdrawn"
            )
    once = judge(Facts(series=history.series), rules, datetime.fromtimestamp(history.end_s + DAY_S, UTC))
    wanted = {_ends(one.incident) for one in once}
    standing = [_ends(one) for one in known.values() if one.state != "withdrawn"]
    return Followed(
        seed, len(near) + len(anywhere) + 1, len(wanted), len(wanted.intersection(standing)),
        len(standing) - len(set(standing)), len(set(standing) - wanted), renamed, unsettled, len(corrected),
    )  # fmt: skip


def _known_by(history: History, now_s: int) -> list[Series]:
    return [
        replace(series, bad=[slot for slot in series.bad if all(seen_s <= now_s for seen_s, _ in slot.seen)])
        for series in history.series
    ]


def _met(found: Sequence[Judged], known: Mapping[str, Incident], now_s: int) -> Outcome:
    since, now = datetime.fromtimestamp(START_S, UTC), datetime.fromtimestamp(now_s, UTC)
    kinds = ("dead_letters", "retry_storm")
    return reconcile(found, list(known.values()), now, judged_since=since, kinds=kinds)


def _ends(one: Incident) -> tuple[object, ...]:
    return one.kind, one.scope, one.impact_time, one.mitigated_time


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    began = time.process_time()
    followed = []
    for seed in range(arguments.seeds):
        history = simulate(seed, topics=10, days=14, per_topic=2.0)
        followed.append(follow(seed, history, load_rules(), looks=120))
        print(json.dumps(asdict(followed[-1])), flush=True)
    print(f"{time.process_time() - began:.0f} s of CPU")
    if arguments.save:
        folder = Path(__file__).parent / "results"
        text = json.dumps([asdict(one) for one in followed], indent=1)
        (folder / "incidents_followed.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
