"""How long a cascade of 100,000 events takes from the store to the picture. Run: python -m tests.bench.large_cascade

Two shapes: one that folds (fan-outs of one type) and one that hardly does. Wall and CPU seconds of this process for
reading, folding with layout, the CPU of the store meanwhile, and the size of what goes to the browser. Where other work
is done on the machine, only the CPU means something.
"""

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psutil

from collector.lineage.blast import find_start, touched
from collector.lineage.cascade import read_cascade
from collector.storage.folder import read_state
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from dashboard.draw_cascade import fall_data, graph_data, prepare
from schemas.records import EventRef
from tests.browser.story import Story

RESULTS = Path(__file__).with_name("results")


def _story(events: int, *, folds: bool) -> tuple[Story, str]:
    random, now = Random(11), datetime.now(UTC)
    story = Story(now, partitions=4)
    nodes = [story.event("topic-0", "Root", "service-0", now - timedelta(minutes=10))]
    for number in range(1, events):
        parent = nodes[number % 50 if folds and number > 50 else int(len(nodes) * random.random() ** 1.4)]
        dead = number == events - 5
        name = "Folded" if folds else f"Step{number % 997}"
        nodes.append(
            story.event(
                "dlq" if dead else f"topic-{number % 97}", name, f"service-{number % 24}",
                parent.time + timedelta(milliseconds=random.uniform(2, 400)), parent, dead_letter=dead,
                relation="dead_lettered" if dead else "caused",
            )
        )  # fmt: skip
    return story, str(nodes[-5].ref)


def measure(events: int, *, folds: bool) -> dict[str, float]:
    """Return seconds and sizes for one shape."""
    folder = tempfile.mkdtemp(prefix="large-cascade-")
    store = open_store(f"embedded:{folder}")
    try:
        migrate(store)
        story, _ = _story(events, folds=folds)
        story.write(store, "large")
        root = next(iter(story.events))
        ref = EventRef(root["topic"], root["partition"], root["offset"])
        del story
        found: dict[str, float] = {"events": events}
        state = read_state(Path(folder))
        assert state is not None
        engine = psutil.Process(state.pid)
        store_cpu = sum(engine.cpu_times()[:2])
        clock = _Clock(found)
        read = read_cascade(store, [ref], events_max=events)
        clock.lap("read")
        picture = prepare(read)
        clock.lap("fold")
        graph = graph_data(picture, graph_id="g", scope="s", height=1)
        clock.lap("layout")
        fall = fall_data(picture, fall_id="f", scope="s", height=1)
        clock.lap("waterfall")
        start = find_start(store, read, ref)
        reach = touched(read, start.origin)
        clock.lap("blast")
        found["total_s"] = round(sum(value for name, value in found.items() if name.endswith("_s")), 2)
        found["total_cpu"] = round(sum(value for name, value in found.items() if name.endswith("_cpu")), 2)
        found["store_cpu"] = round(sum(engine.cpu_times()[:2]) - store_cpu, 2)
        found["load"] = round(os.getloadavg()[0], 1)
        found["touched"] = len(reach.events)
        found["cards"] = len(graph["nodes"])
        found["graph_bytes"] = len(json.dumps(graph))
        found["fall_bytes"] = len(json.dumps(fall))
        return found
    finally:
        store.close()
        shutil.rmtree(folder, ignore_errors=True)


class _Clock:
    def __init__(self, found: dict[str, float]) -> None:
        self._found, self._wall, self._cpu = found, time.perf_counter(), time.process_time()

    def lap(self, name: str) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        self._found[f"{name}_s"] = round(wall - self._wall, 2)
        self._found[f"{name}_cpu"] = round(cpu - self._cpu, 2)
        self._wall, self._cpu = wall, cpu


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--save", action="store_true")
    arguments = parser.parse_args()
    results = [{"folds": shape} | measure(arguments.events, folds=shape) for shape in (True, False)]
    print("\n".join(map(json.dumps, results)))
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps({"time": datetime.now(UTC).isoformat(), "results": results}, indent=1)
        (RESULTS / "large_cascade.json").write_text(text + "\n")
