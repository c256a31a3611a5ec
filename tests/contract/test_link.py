"""Linking on the real engine: the edges found are the true ones, in whatever order and how often events come."""

import random

import pytest

from collector.lineage.link import link_batches
from collector.storage.api import Store
from schemas.records import EventRef
from tests.support.event_log import Log, Place
from tests.support.records import Headers


@pytest.fixture
def log(shared_store: Store) -> Log:
    log = Log(shared_store)
    log.forget()
    return log


def ids(own: str, cause: str | None = None) -> Headers:
    return [("message-id", own.encode()), *([("causation-id", cause.encode())] if cause else [])]


def copy_of(place: Place, *own: tuple[str, bytes | None]) -> Headers:
    topic, partition, offset = place
    return [
        *own,
        ("kafka_original-topic", topic.encode()),
        ("kafka_original-partition", partition.to_bytes(4, "big")),
        ("kafka_original-offset", offset.to_bytes(8, "big")),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["cause first", "effect first"])
def test_an_edge_does_not_depend_on_which_half_comes_first(log: Log, order: tuple[int, int]) -> None:
    halves = [(("orders", 0, 0), ids("a")), (("payments", 0, 0), ids("b", "a"))]

    for half in order:
        log.write([halves[half]])

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "header", 1.0)}


def test_records_that_are_read_again_are_linked_though_their_first_rows_are_kept(log: Log) -> None:
    """A collector died between writing and linking; its successor reads the records again and links them."""
    records: list[tuple[Place, Headers]] = [(("orders", 0, 0), ids("a")), (("payments", 0, 0), ids("b", "a"))]
    log.write(records, link=False)
    log.write(records, link=False, later_ms=60_000)
    log.store.command("OPTIMIZE TABLE events FINAL")

    link_batches(log.store, [log.batch])

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "header", 1.0)}


def test_a_cause_that_was_never_seen_makes_no_edge(log: Log) -> None:
    log.write([(("payments", 0, 0), ids("b", "nobody"))])

    assert log.edges() == {}


def test_where_two_events_answer_to_a_name_neither_is_a_fact(log: Log) -> None:
    log.write([(("orders", 0, 0), ids("same")), (("payments", 0, 0), ids("b", "same"))])
    log.write([(("returns", 0, 0), ids("same"))])

    assert log.edges() == {
        ("orders/0/0", "payments/0/0"): ("caused", "header", 0.5),
        ("returns/0/0", "payments/0/0"): ("caused", "header", 0.5),
    }


def test_a_constant_is_no_identity(log: Log) -> None:
    log.write(
        [*((("orders", 0, offset), ids("1")) for offset in range(20)), (("payments", 0, 0), ids("b", "1"))]
    )

    assert log.edges() == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["origin first", "copy first"])
def test_a_copy_is_linked_to_its_origin(log: Log, order: tuple[int, int]) -> None:
    origin: Place = ("orders", 1, 7)
    halves = [(origin, ids("a")), (("orders-dlt", 0, 0), copy_of(origin))]

    for half in order:
        log.write([halves[half]])

    assert log.edges() == {("orders/1/7", "orders-dlt/0/0"): ("dead_lettered", "provenance", 1.0)}


def test_the_headers_that_a_copy_kept_are_not_its_own(log: Log) -> None:
    """A dead letter carries its origin's causation id: that event caused the origin, not the dead letter."""
    origin: Place = ("payments", 0, 0)
    kept = ids("b", "a")
    log.write(
        [(("orders", 0, 0), ids("a")), (origin, kept), (("payments-dlt", 0, 0), copy_of(origin, *kept))]
    )

    assert log.edges() == {
        ("orders/0/0", "payments/0/0"): ("caused", "header", 1.0),
        ("payments/0/0", "payments-dlt/0/0"): ("dead_lettered", "provenance", 1.0),
    }


def test_a_copy_that_names_the_copy_before_it_is_linked_to_both(log: Log) -> None:
    origin: Place = ("payments", 0, 0)
    log.write(
        [
            (origin, ids("b")),
            (("payments-retry", 0, 0), copy_of(origin, *ids("b-1", "b"))),
            (("payments-retry", 0, 1), copy_of(origin, *ids("b-2", "b-1"))),
        ]
    )

    assert {pair: relation for pair, (relation, _, _) in log.edges().items()} == {
        ("payments/0/0", "payments-retry/0/0"): "retried",
        ("payments/0/0", "payments-retry/0/1"): "retried",
        ("payments-retry/0/0", "payments-retry/0/1"): "retried",
    }


def test_an_appended_trace_context_names_the_cause(log: Log) -> None:
    cause = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    own = b"00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
    log.write([(("orders", 0, 0), [("traceparent", cause)])])
    log.write([(("payments", 0, 0), [("traceparent", cause), ("traceparent", own)])])

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "context", 1.0)}


@pytest.mark.parametrize("seed", range(4))
def test_random_cascades_are_found_whole_in_any_order_and_however_often(log: Log, seed: int) -> None:
    """Explicit evidence: the edges are exactly the true ones, after shuffling, splitting and repeats."""
    rng = random.Random(seed)
    records: list[tuple[Place, Headers]] = []
    truth: dict[tuple[str, str], str] = {}
    for number in range(300):
        place: Place = (f"topic-{number % 7}", number % 3, number)
        ref = str(EventRef(*place))
        habit = rng.choice(["ids", "cloudevents", "copy", "none"]) if records else "ids"
        cause_place, _ = rng.choice(records) if records else (place, [])
        cause = f"m-{cause_place[2]}"
        own = f"m-{number}"
        if habit == "ids":
            headers: Headers = ids(own, cause if records else None)
        elif habit == "cloudevents":
            headers = [("ce_id", own.encode()), ("ce_source", b"s"), ("ce_causationid", cause.encode())]
        elif habit == "copy":
            place = (f"{cause_place[0]}-dlt", place[1], number)
            ref = str(EventRef(*place))
            headers = copy_of(cause_place, ("message-id", own.encode()))
        else:
            headers = [("message-id", own.encode())]
        if records and habit != "none":
            truth[str(EventRef(*cause_place)), ref] = "dead_lettered" if habit == "copy" else "caused"
        records.append((place, headers))
    arrivals = records + rng.sample(records, 60)
    rng.shuffle(arrivals)
    while arrivals:
        count = rng.randint(1, 80)
        # One batch does not hold the same record twice: a partition is read in order.
        log.write(list(dict(arrivals[:count]).items()))
        del arrivals[:count]

    found = log.edges()

    assert {pair: relation for pair, (relation, _, _) in found.items()} == truth
    assert {confidence for _, _, confidence in found.values()} == {1.0}
