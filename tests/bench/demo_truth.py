"""Whether every failure and every schema change of the demo's company is found, whose it was, and nothing else.

`python -m tests.bench.demo_truth [SEEDS] [--save]`: hours of the company in simulated time, each with all three kinds
of change, stored as a collector stores them and looked at every few minutes as the watcher looks. What was said at any
look counts, not only what is said in the end. The truth comes from the simulation, not from what is on the wire.
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.support.judge_past import PAYMENTS, judge, three_changes

RESULTS = Path(__file__).with_name("results") / "demo_truth.json"
START_S = 1_795_341_600.0  # 2026-11-22 10:00 UTC
HOURS = 4.0
SEEDS = 5


def main() -> None:
    """Run every seed in a store of its own, print and, with --save, keep what was found."""
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    seeds = int(numbers[0]) if numbers else SEEDS
    began = time.process_time()
    runs = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory(prefix="headwater-") as folder:
            store = open_store(f"embedded:{folder}/store")
            try:
                migrate(store)
                story = three_changes(seed, START_S, HOURS * 3600)
                found = judge(store, story, start_s=START_S, end_s=START_S + HOURS * 3600, seed=seed)
            finally:
                store.close()
        runs.append({"seed": seed, **found})
        print(json.dumps(runs[-1], indent=1, default=str), flush=True)
    total: dict[str, Any] = {
        name: sum(run[name] for run in runs)
        for name in (
            "events", "dead_letters", "dead_letters_found", "dead_letters_false", "wrong_origin", "wrong_group",
            "failures", "failures_told", "changes", "changes_found", "first_record_exact", "changes_false",
            "asked", "blamed_right", "blamed_nobody", "blamed_wrong", "redriven", "redriven_recovered",
        )
    }  # fmt: skip
    total = {"seeds": seeds, "simulated_hours": seeds * HOURS, "topic": PAYMENTS, **total}
    print(json.dumps(total, indent=1))
    if "--save" in sys.argv:
        kept = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "cpu_s": round(time.process_time() - began, 1),
            "total": total,
            "runs": runs,
        }
        RESULTS.write_text(json.dumps(kept, indent=1, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
