"""Random cascades through the real store and linker, seed after seed: are the edges exactly the true ones?

    .venv/bin/python -m tests.bench.random_dags [--seeds 40] [--events 400] [--save]

Records and spans in the habits of many libraries, with skewed, still, copied and the broker's clocks, arrive in any
order, some of them twice, in batches that two collectors link when they like. Ends with 1 where an edge is wrong,
missing, or not as sure as it should be. `--save` keeps the result in tests/bench/results.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
from collections import Counter
from pathlib import Path

from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.support.event_log import Log
from tests.support.random_dags import arrive, random_dag

RESULT = Path(__file__).parent / "results" / "random_dags.json"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="random-dags-") as folder:
        store = open_store(f"embedded:{folder}/store")
        migrate(store)
        for seed in range(1_000, 1_000 + asked.seeds):
            log = Log(store)
            log.forget()
            rng = random.Random(seed)
            dag = random_dag(rng, asked.events)
            arrive(log, dag, rng)
            found = log.edges()
            counts["events"] += len(dag.sent)
            counts["edges"] += len(dag.truth)
            counts["missing"] += len(dag.truth.keys() - found.keys())
            counts["made up"] += len(found.keys() - dag.truth.keys())
            counts["not as sure, or of another kind"] += sum(
                found[pair] != dag.truth[pair] for pair in found.keys() & dag.truth.keys()
            )
            counts.update(f"by {evidence}, {relation}" for relation, evidence, _ in dag.truth.values())
            print(
                f"seed {seed}: {len(dag.truth)} edges, {'equal' if found == dag.truth else 'NOT EQUAL'}",
                flush=True,
            )
        store.close()
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    result = {"seeds": asked.seeds, "events_per_seed": asked.events, **counts, "test_cpu_s": round(spent, 1)}
    print(json.dumps(result, indent=1))
    if asked.save:
        RESULT.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if counts["missing"] or counts["made up"] or counts["not as sure, or of another kind"] else 0


if __name__ == "__main__":
    sys.exit(main())
