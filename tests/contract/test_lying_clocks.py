"""Clocks and ids lie: equal, copied, skewed and the broker's times, one trace for everything, claims in a ring.

None of it may make a wrong edge look like a fact, a ring, or a search without end.
"""

from datetime import timedelta

import networkx as nx
import pytest

from collector.lineage.cascade import read_cascade
from collector.lineage.infer_causes import InferCauses
from collector.storage.api import Store
from schemas.records import EventRef
from tests.contract.test_link import ids
from tests.support.event_log import NOW, Log, Place
from tests.support.records import NOW_MS, Headers, Record

CONSTANT = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
DAY_MS = 86_400_000
TOPICS = ("orders", "payments", "shipments")


@pytest.fixture
def log(shared_store: Store) -> Log:
    log = Log(shared_store)
    log.forget()
    return log


@pytest.mark.parametrize("clock", ["equal", "of the broker", "backwards", "days"])
def test_one_trace_context_on_everything_makes_no_fact_no_ring_and_an_end(log: Log, clock: str) -> None:
    """The context of the standard's own example, on 1,500 events: from one moment to over days."""
    records: list[tuple[Place, Record]] = []
    for number in range(500):
        for step, topic in enumerate(TOPICS):
            late_ms = {"equal": 0, "of the broker": 0, "backwards": -7 * step, "days": number * DAY_MS // 50}[
                clock
            ]
            record = Record(
                [CONSTANT], timestamp=NOW_MS + late_ms, timestamp_type=int(clock == "of the broker")
            )
            records.append(((topic, 0, number), record))
    for start in range(0, len(records), 300):
        log.write_records(records[start : start + 300])
    log.look_at_names()
    for minutes in (1, 2):
        InferCauses(log.store).step(NOW + timedelta(minutes=minutes))

    edges = log.edges()
    assert {evidence for _, evidence, _ in edges.values()} <= {"inferred"}
    assert nx.is_directed_acyclic_graph(nx.DiGraph(list(edges)))


def test_claims_that_form_a_ring_are_opened_when_they_are_read(log: Log) -> None:
    """Ids that were taken for one another: each of three says that the one before it caused it, and one itself."""
    log.write(
        [
            (("orders", 0, 0), ids("a", "c")),
            (("payments", 0, 0), ids("b", "a")),
            (("shipments", 0, 0), ids("c", "b")),
            (("orders", 0, 1), ids("self", "self")),
        ]
    )

    read = read_cascade(log.store, [EventRef("payments", 0, 0)])

    assert ("orders/0/1", "orders/0/1") not in log.edges()
    assert nx.is_directed_acyclic_graph(read.graph)
    assert len(read.graph.edges) == 2
    assert [edge.relation for edge in read.graph.graph["loops"]] == ["caused"]


@pytest.mark.parametrize("apart_ms", [-3_600_000, 0, 40 * DAY_MS])
def test_a_trace_may_live_for_weeks_and_clocks_may_be_an_hour_off(log: Log, apart_ms: int) -> None:
    own: Headers = [("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01")]
    log.write_records([(("orders", 0, 0), Record([CONSTANT]))])
    log.write_records([(("payments", 0, 0), Record([CONSTANT, *own], timestamp=NOW_MS - apart_ms))])
    log.look_at_names()

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "context", 1.0)}
