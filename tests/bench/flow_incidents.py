"""Hours of a shop with known outages, slow answers and changed order, on the real engine: are they found, and how well?

    .venv/bin/python -m tests.bench.flow_incidents [--seeds 5] [--hours 8] [--save]

Records are stored as a collector stores them, a watcher that was just started looks every two minutes. A few answers
are always missing or late, a few pairs in the wrong order; at times nothing is read for a while, and then all at once.
`--save` keeps the result in tests/bench/results.
"""

import argparse
import json
import random
import resource
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from collector.detect.count_flow_facts import CountFlowFacts
from collector.detect.read_incidents import read_incidents
from collector.detect.watch_incidents import JudgeIncidents
from collector.settings import load
from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from schemas.incidents import Incident, IncidentKind
from tests.support.shop import LATENCY, Shop

RESULT = Path(__file__).parent / "results" / "flow_incidents.json"
START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LOOK_S = 120
STEP_S = 10
KINDS: tuple[IncidentKind, ...] = ("flow_stuck", "out_of_order")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong for a while: answers are `missing`, `slow`, or in `other order`, as many as `share` says."""

    name: str
    first: int
    last: int
    share: float
    slow: timedelta = timedelta()

    @property
    def kind(self) -> IncidentKind:
        """The incident that it has to open."""
        return "out_of_order" if self.name == "other order" else "flow_stuck"


def troubles(lots: random.Random, orders: int) -> Iterator[Trouble]:
    """Yield what goes wrong among `orders` orders, one a second, with quiet time before, between and behind."""
    at = 3_600
    while True:
        at += lots.randint(2_400, 4_800)
        length = lots.randint(360, 2_400)
        if at + length + 2_400 > orders:
            return
        name = lots.choice(["missing", "missing", "slow", "other order"])
        slow = timedelta(seconds=lots.randint(90, 420)) if name == "slow" else timedelta()
        yield Trouble(name, at, at + length, lots.uniform(0.6, 1.0), slow)
        at += length


class Noisy:
    """Says of each order by its number what becomes of it; asked again it says the same."""

    def __init__(self, seed: int, made: Sequence[Trouble]) -> None:
        self._made = made
        self._seed = seed
        lots = random.Random(f"{seed}/noise")
        self._missing, self._late, self._swapped = (lots.choice([0.0, 0.005, 0.02]) for _ in range(3))

    def without(self, number: int) -> bool:
        return self._hits("missing", number, self._missing) is not None

    def latency(self, number: int) -> timedelta:
        trouble = self._hits("slow", number, 0.0)
        if trouble:
            return trouble.slow
        lots = random.Random(f"{self._seed}/late/{number}")
        return LATENCY * (20 * lots.random() if lots.random() < self._late else lots.lognormvariate(0, 0.4))

    def swapped(self, number: int) -> bool:
        return self._hits("other order", number, self._swapped) is not None

    def _hits(self, name: str, number: int, noise: float) -> Trouble | None:
        lot = random.Random(f"{self._seed}/{name}/{number}").random()
        for trouble in self._made:
            if trouble.name == name and trouble.first <= number < trouble.last and lot < trouble.share:
                return trouble
        return Trouble(name, 0, 0, 0.0) if lot < noise else None

    def bounds(self, trouble: Trouble) -> tuple[datetime, datetime]:
        """Return when the first and the last order was that the trouble hit."""
        said = {
            "missing": self.without,
            "slow": lambda n: bool(self._hits("slow", n, 0.0)),
            "other order": self.swapped,
        }
        step = 2 if trouble.name == "other order" else 1
        first = trouble.first + trouble.first % step
        hit = [number for number in range(first, trouble.last, step) if said[trouble.name](number)]
        return START + timedelta(seconds=hit[0]), START + timedelta(seconds=hit[-1])


def run(store: Store, seed: int, hours: float) -> dict[str, Any]:
    """Let `hours` pass and hold what was found against what was made."""
    lots = random.Random(seed)
    orders = int(hours * 3_600)
    made = list(troubles(lots, orders))
    noisy, shop = Noisy(seed, made), Shop(store, START)
    unread_until = 0
    for second in range(0, orders, LOOK_S):
        if second > 3_600 and lots.random() < 0.01:
            unread_until = second + lots.randint(300, 900)
        hold = second < unread_until and second + LOOK_S < orders
        shop.run(LOOK_S, without=noisy.without, latency=noisy.latency, swapped=noisy.swapped, hold=hold)
        CountFlowFacts(store).step(shop.now)
        JudgeIncidents(store, load()).step(shop.now)
    found = [
        one
        for one in read_incidents(store, since=START, until=shop.now)
        if one.kind in KINDS and one.state != "withdrawn"
    ]
    return compare(made, noisy, found)


def compare(made: Sequence[Trouble], noisy: Noisy, found: Sequence[Incident]) -> dict[str, Any]:
    """Return how many were found, how many were none, and of how many the time to restore is right."""
    taken: set[str] = set()
    counts: Counter[str] = Counter(made=len(made))
    wrong, missed, detect = [], [], []
    for trouble in made:
        begin, end = noisy.bounds(trouble)
        about = [one for one in found if one.kind == trouble.kind and _meets(one, begin, end)]
        taken |= {one.incident_id for one in about}
        if not about:
            missed.append(asdict(trouble) | {"slow": trouble.slow.total_seconds()})
            continue
        counts["found"] += 1
        one = about[0]
        counts["found twice"] += len(about) - 1
        truly_s = (end - begin).total_seconds()
        said_s = (one.mitigated_time - one.impact_time).total_seconds() if one.mitigated_time else -1.0
        if abs(said_s - truly_s) <= max(0.1 * truly_s, STEP_S):
            counts["restore right"] += 1
        else:
            wrong.append(f"{trouble.name} {trouble.share:.2f}: {said_s:.0f} s, truly {truly_s:.0f} s")
        if one.detected_time:
            detect.append((one.detected_time - one.impact_time).total_seconds())
    # A slow answer may also stand behind later ones: changed order is then a side of it, and folded.
    alarms = [one for one in found if one.incident_id not in taken and not one.parent_id]
    counts["false"] = len(alarms)
    return {
        **counts,
        "detect_s": detect,
        "missed": missed,
        "wrong": wrong,
        "alarms": [f"{one.kind} {one.impact_time:%H:%M} {one.bad}/{one.total}" for one in alarms],
    }


def _meets(one: Incident, begin: datetime, end: datetime) -> bool:
    slack = timedelta(minutes=10)
    return one.impact_time <= end + slack and (one.mitigated_time or end) >= begin - slack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    seeds = []
    for seed in range(asked.seeds):
        with tempfile.TemporaryDirectory(prefix="flow-incidents-") as folder:
            store = open_store(f"embedded:{folder}/store")
            migrate(store)
            seeds.append({"seed": seed, **run(store, seed, asked.hours)})
            store.close()
        print(json.dumps(seeds[-1]), flush=True)
    totals: Counter[str] = Counter()
    for one in seeds:
        totals.update({name: n for name, n in one.items() if name != "seed" and isinstance(n, int)})
    detect = [seconds for one in seeds for seconds in one["detect_s"]]
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    result = {
        "hours": asked.hours * asked.seeds,
        **totals,
        "median_detect_s": median(detect) if detect else None,
        "test_cpu_s": round(spent, 1),
        "seeds": seeds,
    }
    print(json.dumps({name: value for name, value in result.items() if name != "seeds"}, indent=1))
    if asked.save:
        RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
