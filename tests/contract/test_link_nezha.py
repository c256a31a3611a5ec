"""Real traces through the real store and linker: with causation ids the edges are the trees."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from collector.lineage.link import link_batches
from collector.storage.api import Store
from tests.support.nezha import read
from tests.support.rows import events_table

DATA = Path(__file__).parents[1] / "data" / "nezha"
TRACES, BATCHES = 40, 5


def test_with_causation_ids_the_edges_are_the_trees(store: Store) -> None:
    traces = read(DATA / "train_ticket.csv.gz")
    kept = np.flatnonzero(traces.trace < TRACES).tolist()
    topics: dict[str, int] = {}
    place, rows = {}, []
    start = datetime(2026, 11, 24, tzinfo=UTC)
    for row in kept:
        topic = traces.events.topic[row]
        place[row] = (topic, topics.setdefault(topic, 0))
        topics[topic] += 1
        cause = int(traces.cause[row])
        fields = {
            "topic": topic,
            "offset": place[row][1],
            "time": start + timedelta(milliseconds=float(traces.events.time_ms[row])),
            "names": [f"id:{traces.span_ids[row]}"],
        }
        if cause >= 0:
            fields["references"] = [(f"id:{traces.span_ids[cause]}", "caused", "header")]
        rows.append(fields)
    random.Random(3).shuffle(rows)
    for batch in range(BATCHES):
        part = [fields | {"batch": batch + 1} for fields in rows[batch::BATCHES]]
        store.insert("events", events_table(part), token=str(batch))
        link_batches(store, [batch + 1])

    span = {"since": datetime(2000, 1, 1, tzinfo=UTC), "until": datetime(2100, 1, 1, tzinfo=UTC)}
    edges = store.query("infer_edges", {**span, "edges_max": 1_000_000})

    found = {
        ((edge["cause_topic"], edge["cause_offset"]), (edge["effect_topic"], edge["effect_offset"]))
        for edge in edges
    }
    assert found == {(place[int(traces.cause[row])], place[row]) for row in kept if traces.cause[row] >= 0}
    assert {(edge["evidence"], edge["confidence"]) for edge in edges} == {("header", 1.0)}
