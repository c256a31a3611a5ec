"""Several events of one name on the real engine: copies are told, constants are taken back, and nothing is made up."""

from base64 import b64encode
from itertools import permutations

import pytest

from collector.storage.api import Store
from tests.support.event_log import Log, Place
from tests.support.records import NOW_MS, Headers, Record

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def log(shared_store: Store) -> Log:
    log = Log(shared_store)
    log.forget()
    return log


def context(span: int, trace: str = TRACE) -> tuple[str, bytes]:
    return "traceparent", f"00-{trace}-{span:016x}-01".encode()


def ids(own: str, cause: str | None = None) -> Headers:
    return [("message-id", own.encode()), *([("causation-id", cause.encode())] if cause else [])]


def jaeger(span: int, parent: int, *more: tuple[str, bytes | None]) -> Headers:
    return [("uber-trace-id", f"{TRACE}:{span:016x}:{parent:x}:1".encode()), *more]


DUPLICATED = [
    (("orders", 0, 0), ids("a")),
    (("payments", 0, 3), ids("b", "a")),
    (("payments", 0, 5), ids("b", "a")),
    (("payments", 0, 9), ids("b", "a")),
]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::9])
def test_what_is_written_again_is_no_fan_out_in_whatever_order_it_comes(
    log: Log, order: tuple[int, ...]
) -> None:
    for half in order:
        log.write([DUPLICATED[half]])
        log.look_at_names()

    assert log.edges() == {
        ("orders/0/0", "payments/0/3"): ("caused", "header", 1.0),
        ("payments/0/3", "payments/0/5"): ("duplicated", "header", 1.0),
        ("payments/0/3", "payments/0/9"): ("duplicated", "header", 1.0),
    }


def test_an_id_on_records_that_differ_is_no_duplicate(log: Log) -> None:
    log.write_records(
        [(("orders", 0, 0), Record(ids("a"))), (("orders", 0, 1), Record(ids("a"), value=b'{"more":1}'))]
    )
    log.look_at_names()

    assert log.edges() == {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_mirror_is_a_copy_of_the_record_at_its_source(log: Log, order: tuple[int, ...]) -> None:
    """MirrorMaker 2: `alias.topic`, same partition, time and headers, other offset; the cause is the source's."""
    headers = [*ids("b", "a"), context(7)]
    records: list[tuple[Place, Record]] = [
        (("orders", 0, 0), Record(ids("a"))),
        (("payments", 2, 70), Record(headers, timestamp=NOW_MS + 5)),
        (("eu.payments", 2, 0), Record(headers, timestamp=NOW_MS + 5)),
    ]
    for half in order:
        log.write_records([records[half]])
        log.look_at_names()

    assert log.edges() == {
        ("orders/0/0", "payments/2/70"): ("caused", "header", 1.0),
        ("payments/2/70", "eu.payments/2/0"): ("mirrored", "header", 1.0),
    }


def test_a_mirror_without_ids_is_known_by_its_context(log: Log) -> None:
    log.write([(("payments", 1, 4), [context(7)]), (("eu.payments", 1, 0), [context(7)])])
    log.look_at_names()

    assert log.edges() == {("payments/1/4", "eu.payments/1/0"): ("mirrored", "context", 1.0)}


def test_a_dead_letter_whose_tool_says_nothing_is_known_by_its_id(log: Log) -> None:
    """Kafka Connect without `errors.deadletterqueue.context.headers.enable`: the record as it was, on a new topic."""
    log.write([(("orders", 0, 4), ids("a")), (("orders-dlq", 0, 0), ids("a"))])
    log.look_at_names()

    assert log.edges() == {("orders/0/4", "orders-dlq/0/0"): ("dead_lettered", "header", 1.0)}


def test_siblings_and_handed_on_contexts_are_not_told_apart_by_a_context_alone(log: Log) -> None:
    """FastStream hands on what it read, a batch is sent under one span: the same on the wire."""
    log.write([(("orders", 0, 0), [context(7)]), (("payments", 0, 0), [context(7)])])
    log.look_at_names()

    assert log.edges() == {}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_where_an_appended_context_is_handed_on_nobody_knows_who_appended_it(
    log: Log, order: tuple[int, ...]
) -> None:
    """B was sent with [A's, its own]; Kafka Streams forwards both to C. That A caused C is not a fact."""
    records = [
        (("orders", 0, 0), [context(1)]),
        (("payments", 0, 0), [context(1), context(2)]),
        (("totals", 0, 0), [context(1), context(2)]),
    ]
    for half in order:
        log.write([records[half]])
        log.look_at_names()

    assert log.edges() == {
        ("orders/0/0", "payments/0/0"): ("caused", "context", 0.5),
        ("orders/0/0", "totals/0/0"): ("caused", "context", 0.5),
    }


def test_a_name_that_becomes_a_constant_later_loses_the_edges_that_it_made(log: Log) -> None:
    log.write([(("orders", 0, 0), ids("a")), (("payments", 0, 0), ids("b", "a"))])
    log.look_at_names()
    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "header", 1.0)}

    for offset in range(1, 12):
        log.write_records(
            [(("orders", 0, offset), Record(ids("a"), key=b"%d" % offset))], link=offset % 2 == 0
        )
    log.write([(("payments", 0, 1), ids("c", "a"))])
    log.look_at_names()
    log.write([(("payments", 0, 2), ids("d", "a")), (("shipments", 0, 0), ids("e", "c"))])
    log.look_at_names()

    assert log.edges() == {("payments/0/1", "shipments/0/0"): ("caused", "header", 1.0)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_parent_of_a_span_is_the_cause_where_another_service_sent_it(
    log: Log, order: tuple[int, int]
) -> None:
    records = [
        (("orders", 0, 0), jaeger(1, 0, ("source", b"shop"))),
        (("payments", 0, 0), jaeger(2, 1, ("source", b"pay"))),
    ]
    for half in order:
        log.write([records[half]])
        log.look_at_names()

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "context", 1.0)}


@pytest.mark.parametrize(
    ("services", "expected"), [((b"shop", b"shop"), None), ((b"shop", None), 0.5), ((None, None), 0.5)]
)
def test_the_parent_of_a_span_of_the_same_service_says_nothing(
    log: Log, services: tuple[bytes | None, bytes | None], expected: float | None
) -> None:
    """One span sent the one, and its child the other: siblings."""
    sources = [[("source", service)] if service else [] for service in services]
    log.write(
        [(("orders", 0, 0), jaeger(1, 0, *sources[0])), (("payments", 0, 0), jaeger(2, 1, *sources[1]))]
    )
    log.look_at_names()

    pair = ("orders/0/0", "payments/0/0")
    assert log.edges() == ({} if expected is None else {pair: ("caused", "context", expected)})


def test_the_parent_of_a_span_changes_nothing_where_the_record_says_its_cause(log: Log) -> None:
    log.write(
        [
            (("orders", 0, 0), jaeger(1, 0, ("source", b"shop"), ("message-id", b"o"))),
            (("stock", 0, 0), ids("s")),
            (("payments", 0, 0), jaeger(2, 1, ("source", b"pay"), ("causation-id", b"s"))),
        ]
    )
    log.look_at_names()

    assert log.edges() == {("stock/0/0", "payments/0/0"): ("caused", "header", 1.0)}


def sw8(segment: str, endpoint: str, service: str) -> Headers:
    texts = [
        b64encode(text.encode()) for text in ("trace 1", segment, service, "pod", endpoint, "kafka:9092")
    ]
    return [("sw8", b"-".join([b"1", texts[0], texts[1], b"0", *texts[2:]]))]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_skywalking_names_the_topic_that_was_read(log: Log, order: tuple[int, int]) -> None:
    records = [
        (("orders", 0, 0), sw8("first", "POST:/orders", "shop")),
        (("payments", 0, 0), sw8("second", "Kafka/orders/Consumer/pay", "pay")),
    ]
    for half in order:
        log.write([records[half]])
        log.look_at_names()

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "context", 0.9)}
