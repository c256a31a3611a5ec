"""How many false alarms and how many missed changes: days of steady mixed traffic, and some with a change in them.

`python -m tests.bench.drift_days PART SEEDS [HABIT] [--save]`, where PART is `quiet` (two days without any change:
whatever is found is false), `second` (a change on the second day) or `first` (on the first, when what only some records
have may yet belong to the hour). Every habit of tests/support/traffic.py, or one, with every kind of change at a random
hour, at once or rolled out over some time, kept or undone.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.support.drift import Counts
from tests.support.traffic import EDITS, HABITS, START_S, Habit, Injected, day

RESULTS = Path(__file__).with_name("results") / "drift_days.json"
DAY_S = 86_400.0
RECORDS_MIN = 5  # what fewer records carried before it was undone is not counted as a change


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


def injection(habit: Habit, edit: str, seed: int, day_s: float = 0.0) -> Injected:
    """Return a change of this kind at some hour of the day that begins at `day_s`."""
    random = Random(f"{habit.name}/{edit}/{seed}/injection")
    begin_s = day_s + random.uniform(6, 14) * 3600
    roll_out_s = random.choice([0.0, 0.0, 600.0, 3600.0])
    undone = random.random() < 0.3
    return Injected(edit, begin_s, roll_out_s, begin_s + random.uniform(1, 4) * 3600 if undone else None)


def quiet_days(habits: Iterable[Habit], seeds: int) -> dict[str, Any]:
    """Run and print days without changes."""
    found: dict[str, Any] = {}
    for habit in habits:
        runs = [quiet(habit, seed, hours=48) for seed in range(seeds)]
        false = [text for run in runs for text in run["false"]]
        found[habit.name] = {"days": 2 * seeds, "records": sum(run["events"] for run in runs), "false": false}
        print(f"quiet    {habit.name:28} {found[habit.name]['records']:>9,} records, false: {len(false)}")
        print(*(f"    {text}" for text in false[:5]), sep="\n", end="", flush=True)
    return found


def quiet_total(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers over all habits."""
    return {
        "topic_days": sum(each["days"] for each in found.values()),
        "records": sum(each["records"] for each in found.values()),
        "false": sum(len(each["false"]) for each in found.values()),
    }


def changed_days(habits: Iterable[Habit], seeds: int, day_s: float) -> dict[str, Any]:
    """Run and print days with one change each, in the day that begins at `day_s`, and four hours after its end."""
    found: dict[str, Any] = {}
    for habit in habits:
        for edit in EDITS:
            runs = []
            for seed in range(seeds):
                injected = injection(habit, edit, seed, day_s)
                end_s = injected.end_s or injected.begin_s + injected.roll_out_s
                runs.append(changed(habit, seed, injected, end_s / 3600 + 4))
            missed = sum(not run["found"] for run in runs if run["carried"])
            exact = sum(run["first_record_exact"] for run in runs)
            found[f"{habit.name}: {edit}"] = {"missed": missed, "runs": runs}
            said = f"{runs[0]['said'][:60]} {runs[0]['state']}"
            print(
                f"changed  {habit.name:28} {edit:16} missed {missed}/{seeds} exact {exact} {said}", flush=True
            )
    return found


def changed_total(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers over all habits and kinds of change."""
    runs = [run for each in found.values() for run in each["runs"]]
    every = [run for run in runs if run["carried"] >= RECORDS_MIN]
    waits = sorted(run["until_detected_s"] for run in every if run["found"])
    return {
        "changes": len(every),
        "undone_after_too_few_records": len(runs) - len(every),
        "missed": sum(not run["found"] for run in every),
        "missed_by_kind": {
            name: missed
            for name, each in found.items()
            if (missed := sum(not run["found"] and run["carried"] >= RECORDS_MIN for run in each["runs"]))
        },
        "first_record_exact": sum(run["first_record_exact"] for run in every),
        "false_beside_a_change": sum(len(run["others"]) for run in every),
        "seconds_until_detected_p50": waits[len(waits) // 2],
        "seconds_until_detected_p95": waits[int(len(waits) * 0.95)],
    }


def main() -> None:
    """Run a part, print and, with --save, keep the numbers beside those of the other parts."""
    part, seeds, *asked = [argument for argument in sys.argv[1:] if argument != "--save"]
    habits = [habit for habit in HABITS if not asked or habit.name in asked]
    if part == "quiet":
        found = quiet_days(habits, int(seeds))
    else:
        found = changed_days(habits, int(seeds), DAY_S if part == "second" else 0.0)
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    # Habits that were run before stay as they were found then.
    every = {**(kept.get(part, {}).get("found", {}) if asked else {}), **found}
    total = quiet_total(every) if part == "quiet" else changed_total(every)
    print(json.dumps(total, indent=1))
    if "--save" in sys.argv:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        kept[part] = {"at": at, "seeds": int(seeds), "total": total, "found": every}
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
