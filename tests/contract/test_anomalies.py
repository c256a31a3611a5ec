"""Anomalies on the real engine: each kind is found where it is, counted right, and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from collector.detect.anomalies import Anomaly, find_anomalies, find_kind
from collector.lineage.link import link_batches
from collector.storage.api import Store
from schemas.records import EventRef
from tests.support.records import NOW_MS, Record, record_columns

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
SINCE, UNTIL = NOW - timedelta(minutes=30), NOW + timedelta(minutes=30)


@dataclass
class Writer:
    """Puts records into the store as a collector would, all in one batch."""

    store: Store

    def __post_init__(self) -> None:
        self._columns = record_columns()
        self._offsets: dict[tuple[str, int], int] = {}

    def put(
        self,
        topic: str,
        own: str = "",
        cause: str = "",
        *,
        key: str = "k",
        partition: int = 0,
        service: str = "billing",
        at_ms: int = 0,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> EventRef:
        offset = self._offsets.get((topic, partition), 0)
        self._offsets[topic, partition] = offset + 1
        said = [("service-name", service), ("type", "Step"), ("message-id", own), ("causation-id", cause)]
        all_headers = [(name, value.encode()) for name, value in said if value] + list(headers)
        record = Record(all_headers, key=key.encode(), offset=offset, timestamp=NOW_MS + at_ms)
        self._columns.add(topic, partition, [record], NOW_MS + at_ms)
        return EventRef(topic, partition, offset)

    def done(self) -> None:
        self.store.insert("events", self._columns.table(1), token="1")
        link_batches(self.store, [1])


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store)


def found(store: Store) -> dict[str, Anomaly]:
    anomalies = find_anomalies(store, SINCE, UNTIL)
    kinds = [anomaly.kind for anomaly in anomalies]
    assert len(set(kinds)) == len(kinds), anomalies
    return {anomaly.kind: anomaly for anomaly in anomalies}


def origin(ref: EventRef) -> list[tuple[str, bytes]]:
    return [
        ("kafka_original-topic", ref.topic.encode()),
        ("kafka_original-partition", ref.partition.to_bytes(4, "big")),
        ("kafka_original-offset", ref.offset.to_bytes(8, "big")),
    ]


def test_an_orderly_system_has_none(store: Store, writer: Writer) -> None:
    for number in range(30):
        writer.put("orders", f"o{number}", key=f"k{number % 3}", at_ms=number)
        writer.put("bills", f"b{number}", f"o{number}", key=f"k{number % 3}", at_ms=number + 5)
    writer.done()

    assert found(store) == {}


def test_retries_are_counted_per_original(store: Store, writer: Writer) -> None:
    originals = [writer.put("orders", f"o{number}") for number in range(10)]
    for attempt in range(5):
        for ref in originals[:6]:
            writer.put("orders-retry", at_ms=1_000 * attempt, headers=origin(ref))
    writer.done()

    storm = found(store)["retry_storm"]

    assert (storm.topic, storm.service, storm.found, storm.total, storm.worst) == (
        "orders",
        "billing",
        30,
        10,
        5,
    )
    assert storm.unusual
    assert set(storm.examples) <= {EventRef("orders-retry", 0, 24 + number) for number in range(6)}
    assert find_kind(store, "retry_storm", SINCE, UNTIL)[0].found == 30
    assert find_kind(store, "retry_storm", SINCE - timedelta(days=1), SINCE) == []


def test_duplicates_that_are_processed_twice_are_told_from_fan_out(store: Store, writer: Writer) -> None:
    for number in range(20):
        writer.put("orders", f"o{number}")
        for line in range(2):  # two effects of a kind are usual here
            writer.put("bills", f"b{number}-{line}", f"o{number}", at_ms=10)
    writer.put("orders", "o3", at_ms=50)
    writer.put("orders", "o4", at_ms=50)
    again = [writer.put("bills", f"again-{line}", "o4", at_ms=90) for line in range(2)]
    writer.done()

    kinds = found(store)

    assert set(kinds) == {"duplicate_ids", "double_processing"}
    assert (kinds["duplicate_ids"].topic, kinds["duplicate_ids"].found, kinds["duplicate_ids"].worst) == (
        "orders",
        2,
        2,
    )
    double = kinds["double_processing"]
    assert (double.topic, double.other, double.service, double.found) == ("orders", "bills", "billing", 2)
    assert double.worst == 4
    assert double.examples[0] in again
    assert double.unusual


def test_exact_effects_of_each_copy_count_together(store: Store, writer: Writer) -> None:
    """Where contexts or spans name the very copy, both edges are certain, and still it was done twice."""
    for number in range(6):
        writer.put("orders", f"o{number}")
        writer.put("bills", f"b{number}", f"o{number}", at_ms=10)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    for span in ("00000000000000aa", "00000000000000bb"):
        said = f"00-{trace}-{span}-01".encode()
        writer.put("orders", "twin", headers=[("traceparent", said)], at_ms=20)
        own = f"00-{trace}-{span[::-1]}-01".encode()
        writer.put("bills", f"of-{span}", headers=[("traceparent", said), ("traceparent", own)], at_ms=30)
    writer.done()

    double = found(store)["double_processing"]

    assert (double.topic, double.other, double.found, double.worst) == ("orders", "bills", 1, 2)


def test_order_is_judged_per_key(store: Store, writer: Writer) -> None:
    for number in range(6):
        writer.put("orders", f"o{number}", key="a" if number % 2 else "b", at_ms=number)
    # Keys may overtake each other; within b the first effect comes last.
    order = [1, 2, 4, 0, 3, 5]
    effects = {
        n: writer.put("bills", f"b{n}", f"o{n}", key="a" if n % 2 else "b", at_ms=100 + n) for n in order
    }
    writer.done()

    kinds = found(store)

    assert set(kinds) == {"out_of_order"}
    late = kinds["out_of_order"]
    assert (late.topic, late.other, late.found, late.total) == ("orders", "bills", 1, 4)
    assert late.examples == (effects[0],)


def test_rings_of_topics_and_of_events(store: Store, writer: Writer) -> None:
    writer.put("a", "a1", at_ms=1)
    writer.put("b", "b1", "a1", at_ms=2)
    writer.put("c", "c1", "b1", at_ms=3)
    writer.put("a", "a2", "c1", at_ms=4)
    writer.put("x", "x1", "y1", at_ms=5)
    writer.put("y", "y1", "x1", at_ms=4)
    writer.done()

    anomalies = find_anomalies(store, SINCE, UNTIL)

    assert [(one.kind, one.other) for one in anomalies if one.kind == "flow_ring"] == [
        ("flow_ring", "a → b → c → a"),
        ("flow_ring", "x → y → x"),
    ]
    (ring,) = [one for one in anomalies if one.kind == "event_ring"]
    assert {str(ref) for ref in ring.examples} == {"x/0/0", "y/0/0"}
    assert ring.unusual


def test_orphans_and_broken_contexts(store: Store, writer: Writer) -> None:
    orphan = writer.put("bills", "b", "never-seen")
    zeros = writer.put("bills", "c", headers=[("traceparent", b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01")])
    future = writer.put("bills", "d", headers=[("traceparent", b"ff-" + b"a" * 32 + b"-00f067aa0ba902b7-01")])
    constant = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    for number in range(12):
        writer.put("mails", f"m{number}", key=f"k{number}", headers=[("traceparent", constant)])
        writer.put("logs", "always-the-same", key=f"k{number}")
    writer.done()

    kinds = found(store)

    assert set(kinds) == {"orphans", "invalid_context", "constant_context", "constant_id"}
    assert kinds["orphans"].examples == (orphan,)
    assert set(kinds["invalid_context"].examples) == {zeros, future}
    assert (kinds["constant_context"].topic, kinds["constant_context"].found) == ("mails", 12)
    assert (kinds["constant_id"].topic, kinds["constant_id"].worst) == ("logs", 12)


def test_what_is_usual_is_scaled_to_the_traffic(store: Store, writer: Writer) -> None:
    hour_ms = 3_600_000
    for number in range(20):  # the day before: one orphan in ten events
        writer.put("bills", f"before{number}", "nowhere" if number % 10 == 0 else "", at_ms=-2 * hour_ms)
    for number in range(40):
        writer.put("bills", f"b{number}", "nowhere" if number < 8 else "")
    writer.done()

    orphans = found(store)["orphans"]

    assert (orphans.found, orphans.unusual) == (8, False)
    assert orphans.usual == pytest.approx(4)
