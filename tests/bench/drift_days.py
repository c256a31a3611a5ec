"""How many false alarms and how many missed changes: a day of steady mixed traffic, and one with a change in it.

`python -m tests.bench.drift_days SEEDS [--save]`: every habit of tests/support/traffic.py, quiet and with every kind
of change at a random hour, at once or rolled out over some time, kept or undone.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.support.drift import Counts
from tests.support.traffic import EDITS, HABITS, START_S, Habit, Injected, day

RESULTS = Path(__file__).with_name("results")


def quiet(habit: Habit, seed: int, hours: float = 24) -> dict[str, Any]:
    """Return what is found where nothing changed: each finding is false."""
    counts = Counts()
    events = 0
    for sent in day(habit, seed, hours=hours):
        counts.add(habit.name, sent.type, "shop", sent.version, sent.time_s, sent.payload)
        events += 1
    return {"events": events, "false": [f"{each.summary} | {each.evidence}" for each in counts.changes()]}


def changed(habit: Habit, seed: int, injected: Injected, hours: float = 24) -> dict[str, Any]:
    """Return whether the change is found, with which first record, and what else is."""
    counts = Counts()
    first = None
    carried = 0
    for number, sent in enumerate(day(habit, seed, injected, hours)):
        counts.add(habit.name, sent.type, "shop", sent.version, sent.time_s, sent.payload, place=(0, number))
        if sent.is_changed:
            first = number if first is None else first
            carried += 1
    found = counts.changes()
    hits = [each for each in found if each.first_time.timestamp() >= START_S + injected.begin_s - 60]
    hit = next((each for each in hits if each.first_offset == first), hits[0] if hits else None)
    return {
        "carried": carried,
        "found": hit is not None,
        "first_record_exact": hit is not None and hit.first_offset == first,
        "until_detected_s": round((hit.detected_time - hit.first_time).total_seconds()) if hit else None,
        "said": hit.summary if hit else "",
        "state": hit.state if hit else "",
        "others": [f"{each.summary} | {each.evidence}" for each in found if each is not hit],
    }


def injection(habit: Habit, edit: str, seed: int) -> Injected:
    """Return a change of this kind at some hour of the day."""
    random = Random(f"{habit.name}/{edit}/{seed}/injection")
    begin_s = random.uniform(6, 14) * 3600
    roll_out_s = random.choice([0.0, 0.0, 600.0, 3600.0])
    undone = random.random() < 0.3
    return Injected(edit, begin_s, roll_out_s, begin_s + random.uniform(1, 4) * 3600 if undone else None)


def main() -> None:
    """Run, print and, with --save, keep the numbers."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    started = time.process_time()
    report: dict[str, Any] = {"seeds": seeds, "quiet": {}, "changed": {}}
    for habit in HABITS:
        runs = [quiet(habit, seed) for seed in range(seeds)]
        false = [text for run in runs for text in run["false"]]
        report["quiet"][habit.name] = {
            "days": seeds,
            "events": sum(run["events"] for run in runs),
            "false": false,
        }
        total = report["quiet"][habit.name]["events"]
        print(f"quiet    {habit.name:28} {seeds} days, {total:>9,} records, false: {len(false)}")
        print(*(f"    {text}" for text in false[:5]), sep="\n")
    for habit in HABITS:
        for edit in EDITS:
            runs = [changed(habit, seed, injection(habit, edit, seed)) for seed in range(seeds)]
            missed = sum(not run["found"] for run in runs if run["carried"])
            others = [text for run in runs for text in run["others"]]
            exact = sum(run["first_record_exact"] for run in runs)
            report["changed"][f"{habit.name}: {edit}"] = {"runs": runs, "missed": missed, "others": others}
            said = f"{runs[0]['said'][:60]} {runs[0]['state']}"
            print(f"changed  {habit.name:28} {edit:16} missed {missed}/{seeds} exact {exact} {said}")
            print(*(f"    {text}" for text in others[:3]), sep="\n")
    every = [run for each in report["changed"].values() for run in each["runs"] if run["carried"]]
    waits = sorted(run["until_detected_s"] for run in every if run["found"])
    report["total"] = {
        "quiet_days": seeds * len(HABITS),
        "false_in_quiet_days": sum(len(each["false"]) for each in report["quiet"].values()),
        "changes": len(every),
        "missed": sum(not run["found"] for run in every),
        "first_record_exact": sum(run["first_record_exact"] for run in every),
        "others_beside_a_change": sum(len(run["others"]) for run in every),
        "seconds_until_detected_p50": waits[len(waits) // 2],
        "seconds_until_detected_p95": waits[int(len(waits) * 0.95)],
        "cpu_s": round(time.process_time() - started, 1),
    }
    print(json.dumps(report["total"], indent=1))
    if "--save" in sys.argv:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"drift_days_{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
