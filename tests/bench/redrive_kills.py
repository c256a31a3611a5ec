"""10,000 dead letters on Apache Kafka, sent back by processes that are killed at random moments: each exactly once?

`python -m tests.bench.redrive_kills [DEAD_LETTERS [KILLS]] [--save]`: `headwater redrive run`, SIGKILL, `headwater
redrive resume`, SIGKILL, … until it is done. Some kills hit it while it starts, plans or closes, most while it sends.
What came back is counted on the topic itself, as consumers see it who leave out aborted transactions, and those who do
not.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.support.cluster import Cluster
from tests.support.dead_letters import GROUP, begin_redrive, came_back, fill, look, read_all
from tests.support.headwater import StoreProcess
from tests.support.kafka import ApacheKafka

RESULTS = Path(__file__).with_name("results") / "redrive_kills.json"
TOPIC, DEAD = "orders", "orders-dlt"
KILLS = 12
EARLY_SHARE = 0.3  # of the kills come at any moment from the start on, the others once it has sent something
EARLY_S, SENDING_S = 12.0, 2.5  # at most after that
RATE = "1000"
SEED = 20_261_126


def newest(store: Store) -> dict[str, Any] | None:
    """Return the redrive that was begun last, None while there is none."""
    found = store.query("redrives", {"id": "", "rows_max": 1})
    return found[0] if found else None


def killed_until_done(
    settings: dict[str, str], folder: Path, store: Store, count: int, kills_max: int
) -> list[dict[str, Any]]:
    """Run, kill and resume until a process ends by itself; return what each had come to when it was killed."""
    lots = random.Random(SEED)
    kills: list[dict[str, Any]] = []
    while True:
        begun = newest(store)
        arguments = (
            ["resume", begun["redrive_id"]] if begun else ["run", "--group", GROUP, "--confirm", str(count)]
        )
        process = begin_redrive(settings, folder, *arguments, "--rate", RATE)
        early = lots.random() < EARLY_SHARE
        if len(kills) < kills_max:
            if not early:
                wait_for_more(process, folder)
            with suppress(subprocess.TimeoutExpired):
                process.wait(lots.uniform(0, EARLY_S if early else SENDING_S))
        else:
            process.wait()
        if process.poll() is None:
            process.kill()
            process.wait()
            row = newest(store)
            kills.append({"early": early, "state": row and row["state"], "sent": row and row["sent"]})
            print(kills[-1], flush=True)
        elif process.returncode:
            raise SystemExit((folder / "redrive.log").read_text()[-2_000:])
        else:
            return kills


def wait_for_more(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Wait until the process has told of a transaction more, or has ended."""
    log = folder / "redrive.log"
    before = chunks_told(log)
    while process.poll() is None and chunks_told(log) == before:
        time.sleep(0.02)


def chunks_told(log: Path) -> int:
    """Return of how many transactions the processes have told."""
    return len(re.findall(r"(?m)^[\d,]+ of [\d,]+$", log.read_text())) if log.exists() else 0


def main() -> None:
    """Run, print and, with --save, keep what was found. Exits with 1 where a dead letter did not go back once."""
    numbers = [argument for argument in sys.argv[1:] if argument.isdigit()]
    count = int(numbers[0]) if numbers else 10_000
    kills_max = int(numbers[1]) if len(numbers) > 1 else KILLS
    with tempfile.TemporaryDirectory(prefix="headwater-") as name:
        folder = Path(name)
        broker, served = ApacheKafka(folder / "kafka"), StoreProcess(folder / "store")
        (folder / "kafka").mkdir()
        broker.start()
        served.start()
        try:
            report = _run(broker.bootstrap, served, folder, count, kills_max)
        finally:
            served.stop()
            broker.stop()
    print(json.dumps(report, indent=1))
    if "--save" in sys.argv:
        RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if report["exactly_once"] == count and not report["other_counts"] else 1)


def _run(bootstrap: str, served: StoreProcess, folder: Path, count: int, kills_max: int) -> dict[str, Any]:
    for topic in (TOPIC, DEAD):
        Cluster(bootstrap).create_topic(topic, partitions=2, config={})
    url = served.url(served.create_database("kills").name)
    settings = {
        "bootstrap_servers": bootstrap, "store": url, "group_id": "headwater", "redrive_enabled": "true",
    }  # fmt: skip
    store = open_store(url)
    try:
        migrate(store)
        letters = fill(bootstrap, TOPIC, DEAD, count)
        look(store, bootstrap, [TOPIC, DEAD], batch=1)
        began = time.monotonic()
        kills = killed_until_done(settings, folder, store, count, kills_max)
        seconds = time.monotonic() - began
        done = newest(store)
    finally:
        store.close()
    back = came_back(read_all(bootstrap, TOPIC))
    uncommitted = came_back(read_all(bootstrap, TOPIC, isolation="read_uncommitted"))
    times = Counter(back[str(letter)] for letter in letters)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "dead_letters": count,
        "kills": len(kills),
        "kills_while_sending": sum(bool(kill["sent"]) for kill in kills),
        "exactly_once": times[1],
        "other_counts": {str(number): letters for number, letters in times.items() if number != 1},
        "of_no_dead_letter": len(back.keys() - set(map(str, letters))),
        "records_of_aborted_transactions": sum(uncommitted.values()) - sum(back.values()),
        "state": done and done["state"],
        "seconds": round(seconds, 1),
        "each_kill": kills,
    }


if __name__ == "__main__":
    main()
