"""Edges from spans on the real engine: before, after and between the records, and never a wrong one."""

from collections.abc import Sequence
from typing import Any

import pytest

from collector.storage.api import Store
from tests.support.event_log import Log, Place
from tests.support.records import Headers

TRACE, OTHER = "a" * 32, "b" * 32
Span = dict[str, Any]


@pytest.fixture
def log(shared_store: Store) -> Log:
    log = Log(shared_store)
    log.forget()
    return log


def sent(span: str, trace: str = TRACE) -> Headers:
    """The headers of a record that was sent under this span."""
    return [("traceparent", f"00-{trace}-{span * 16}-01".encode())]


def span(name: str, parent: str = "", trace: str = TRACE, **said: Any) -> Span:
    return {"trace_id": trace, "span_id": name * 16, "parent_span_id": parent * 16, "service": "s", **said}


def send(name: str, parent: str, topic: str, trace: str = TRACE, **said: Any) -> Span:
    return span(name, parent, trace, kind="producer", system="kafka", operation="send", topic=topic, **said)


def process(name: str, parent: str = "", trace: str = TRACE, **said: Any) -> Span:
    return span(name, parent, trace, kind="consumer", system="kafka", operation="process", **said)


def links(*ends: tuple[str, str, str, int, int]) -> Span:
    traces, spans, topics, partitions, offsets = zip(*ends, strict=True)
    return {
        "link_trace_ids": list(traces),
        "link_span_ids": [each * 16 for each in spans],
        "link_topics": list(topics),
        "link_partitions": list(partitions),
        "link_offsets": list(offsets),
    }


ORDER: tuple[Place, Headers] = (("orders", 0, 0), sent("1"))
PAYMENT: tuple[Place, Headers] = (("payments", 0, 0), sent("4"))
CHAIN = [process("2", "1", topic="orders", partition=0, offset=0), span("3", "2"), send("4", "3", "payments")]
EDGE = {("orders/0/0", "payments/0/0"): ("caused", "span", 1.0)}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1), (1, 2, 0, 3), (3, 0, 2, 1)])
def test_the_order_in_which_records_and_spans_come_does_not_matter(log: Log, order: Sequence[int]) -> None:
    arrivals = [
        lambda: log.write([ORDER]),
        lambda: log.write([PAYMENT]),
        lambda: log.write_spans(CHAIN[1:]),
        lambda: log.write_spans(CHAIN[:1]),
    ]
    for number in order:
        arrivals[number]()

    assert log.edges() == EDGE


def test_spans_and_records_that_come_again_change_nothing(log: Log) -> None:
    for _ in range(2):
        log.write([ORDER, PAYMENT])
        log.write_spans(CHAIN)

    assert log.edges() == EDGE


def test_spans_that_were_left_behind_are_found_again(log: Log) -> None:
    """The watcher died between the write of the spans and the walk."""
    log.write([ORDER, PAYMENT])
    log.write_spans(CHAIN, walk=False)
    assert log.edges() == {}

    log.write_spans([span("9", trace=OTHER)])

    assert log.edges() == EDGE


def test_the_context_that_was_read_is_enough(log: Log) -> None:
    log.write([ORDER, PAYMENT])
    log.write_spans([process("2", "1", topic="orders"), send("4", "2", "payments")])

    assert log.edges() == EDGE


def test_a_link_across_traces(log: Log) -> None:
    """Python and .NET: the consumer starts a new trace, and links to the one of the record."""
    log.write([ORDER, (("payments", 0, 0), sent("4", OTHER))])
    linked = links((TRACE, "1", "", -1, -1))
    log.write_spans([process("2", "", OTHER, topic="orders", **linked), send("4", "2", "payments", OTHER)])

    assert log.edges() == EDGE


def test_of_a_batch_each_record_is_one_possible_cause(log: Log) -> None:
    log.write([(("orders", 0, offset), sent(str(offset))) for offset in range(1, 5)])
    log.write([(("totals", 0, 0), sent("a", OTHER))])
    places = [(TRACE, str(offset), "orders", 0, offset) for offset in range(1, 5)]
    log.write_spans([process("9", "", OTHER, **links(*places)), send("a", "9", "totals", OTHER)])

    assert log.edges() == {
        (f"orders/0/{offset}", "totals/0/0"): ("caused", "span", 0.25) for offset in range(1, 5)
    }


def test_links_that_were_dropped_count_as_choices(log: Log) -> None:
    log.write([ORDER, (("totals", 0, 0), sent("a", OTHER))])
    linked = links((TRACE, "1", "orders", 0, 0))
    log.write_spans([process("9", "", OTHER, links_missing=3, **linked), send("a", "9", "totals", OTHER)])

    assert log.edges() == {("orders/0/0", "totals/0/0"): ("caused", "span", 0.25)}


def test_a_context_that_was_handed_on_does_not_make_its_carriers_effects(log: Log) -> None:
    """FastStream and Kafka Streams: `verdicts` carries the context of `payments`, from which it was made."""
    log.write([ORDER, PAYMENT, (("verdicts", 0, 0), sent("4"))])
    log.write_spans(CHAIN)

    assert log.edges() == EDGE


def test_a_library_that_hands_on_contexts_is_followed_by_topics(log: Log) -> None:
    log.write([(("orders", 0, 0), sent("1")), (("verdicts", 0, 0), sent("1")), (("cases", 0, 0), sent("1"))])
    log.write_spans(
        [
            process("2", "1", topic="orders", partition=0, offset=0, hands_on=True),
            send("3", "2", "verdicts"),
            process("4", "1", topic="verdicts", partition=0, offset=0, hands_on=True),
            send("5", "4", "cases"),
        ]
    )

    assert log.edges() == {
        ("orders/0/0", "verdicts/0/0"): ("caused", "span", 1.0),
        ("verdicts/0/0", "cases/0/0"): ("caused", "span", 1.0),
    }


def test_where_a_span_names_no_topic_its_carriers_share(log: Log) -> None:
    log.write([ORDER, PAYMENT])
    bare = [process("2", "1", topic="orders", partition=0, offset=0), span("4", "2")]
    log.write_spans(bare)
    assert log.edges() == EDGE

    log.write([(("verdicts", 0, 0), sent("4"))])

    assert log.edges() == {
        ("orders/0/0", "payments/0/0"): ("caused", "span", 0.5),
        ("orders/0/0", "verdicts/0/0"): ("caused", "span", 0.5),
    }


def test_of_several_copies_of_a_context_the_place_decides(log: Log) -> None:
    """A retry keeps the context of its origin: the place that was read tells them apart."""
    log.write([ORDER, (("orders-again", 0, 5), sent("1")), PAYMENT])
    log.write_spans(
        [process("2", "1", topic="orders-again", partition=0, offset=5), send("4", "2", "payments")]
    )

    assert log.edges() == {("orders-again/0/5", "payments/0/0"): ("caused", "span", 1.0)}


def test_a_place_on_another_cluster_is_not_ours(log: Log) -> None:
    """What was read there carried another context than the record that we know at this place."""
    log.write([ORDER, PAYMENT])
    linked = links((OTHER, "7", "", -1, -1))
    log.write_spans(
        [process("2", "", topic="orders", partition=0, offset=0, **linked), send("4", "2", "payments")]
    )

    assert log.edges() == {}


def test_chains_that_break_or_close_say_nothing(log: Log) -> None:
    log.write([ORDER, PAYMENT])
    log.write_spans([send("4", "3", "payments"), span("3", "5"), span("5", "3")])
    log.write_spans([process("2", "1", topic="orders", partition=0, offset=0)])

    assert log.edges() == {}


def test_a_consumer_of_another_system_is_passed(log: Log) -> None:
    """Kafka → a queue of another kind → Kafka: the record is the cause all the same."""
    log.write([ORDER, PAYMENT])
    rabbit = {"system": "rabbitmq", "topic": "q"}
    log.write_spans(
        [
            CHAIN[0],
            span("5", "2", kind="producer", operation="send", **rabbit),
            span("6", "5", kind="consumer", operation="process", **rabbit),
            send("4", "6", "payments"),
        ]
    )

    assert log.edges() == EDGE


def test_a_record_that_stands_earlier_in_its_partition_was_not_caused_by_a_later_one(log: Log) -> None:
    log.write([(("orders", 0, 0), sent("4")), (("orders", 0, 1), sent("1"))])
    log.write_spans([process("2", "1", topic="orders", partition=0, offset=1), send("4", "2", "orders")])

    assert log.edges() == {}


@pytest.mark.parametrize("spans_first", [False, True])
def test_an_id_that_says_the_same_stays_the_evidence(log: Log, spans_first: bool) -> None:
    records = [
        (("orders", 0, 0), [*sent("1"), ("message-id", b"a")]),
        (("payments", 0, 0), [*sent("4"), ("message-id", b"b"), ("causation-id", b"a")]),
    ]
    if spans_first:
        log.write_spans(CHAIN)
    log.write(records)
    log.write_spans(CHAIN)

    assert log.edges() == {("orders/0/0", "payments/0/0"): ("caused", "header", 1.0)}


def test_spans_settle_what_an_id_leaves_open(log: Log) -> None:
    log.write(
        [(("orders", 0, 0), [*sent("1"), ("message-id", b"a")]), (("returns", 0, 0), [("message-id", b"a")])]
    )
    log.write([(("payments", 0, 0), [*sent("4"), ("causation-id", b"a")])])
    log.write_spans(CHAIN)

    assert log.edges()["orders/0/0", "payments/0/0"] == ("caused", "span", 1.0)
