"""What SkyWalking's parent endpoint says of causes: likely ones, never facts, never rings."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decode.conventions.read_contexts import skywalking_topics
from collector.lineage.endpoint_causes import SURE, Traced, endpoint_causes
from schemas.records import EventRef

START = datetime(2026, 11, 24, tzinfo=UTC)
TOPICS = ("orders", "payments", "shipments")


def sw8(endpoint: str) -> bytes:
    texts = [
        b64encode(text.encode()) for text in ("trace", "segment", "shop", "instance", endpoint, "kafka:9092")
    ]
    return b"-".join([b"1", texts[0], texts[1], b"0", *texts[2:]])


@pytest.mark.parametrize(
    ("endpoint", "topics"),
    [
        ("Kafka/orders/Consumer/billing", ("orders",)),
        ("Kafka/orders;returns/Consumer/", ("orders", "returns")),
        ("GET:/checkout", ()),
        ("Kafka/orders/Producer", ()),
    ],
)
def test_the_topics_that_were_read(endpoint: str, topics: tuple[str, ...]) -> None:
    assert skywalking_topics(sw8(endpoint)) == topics


@given(st.binary(max_size=60) | st.none())
def test_any_bytes_are_read_without_an_error(value: bytes | None) -> None:
    assert all(skywalking_topics(value))


def event(topic: str, offset: int, after_ms: int, reading: tuple[str, ...] = (), trace: str = "t") -> Traced:
    return Traced(EventRef(topic, 0, offset), trace, START + timedelta(milliseconds=after_ms), reading)


def test_the_only_event_on_the_topic_in_the_trace_is_the_likely_cause() -> None:
    events = [
        event("orders", 0, 0),
        event("orders", 1, 0, trace="other"),
        event("payments", 0, 9, ("orders",)),
    ]

    (found,) = endpoint_causes(events)

    assert (found.cause, found.effect, found.confidence) == (events[0].ref, events[2].ref, SURE)


def test_of_several_each_gets_its_share_and_later_ones_none() -> None:
    read = [event("orders", 0, 0), event("orders", 1, 5), event("orders", 2, 99)]
    sent = event("payments", 0, 9, ("orders",))

    assert [found.confidence for found in endpoint_causes([*read, sent])] == [SURE / 2, SURE / 2]
    assert endpoint_causes([read[2], sent]) == []


@given(
    st.lists(
        st.builds(
            event,
            st.sampled_from(TOPICS),
            st.integers(0, 4),
            st.integers(0, 3),
            st.sampled_from([(), ("orders",), ("payments", "shipments"), TOPICS]),
            st.sampled_from(["t", "u"]),
        ),
        max_size=12,
        unique_by=lambda one: one.ref,
    )
)
def test_nothing_is_a_fact_and_shares_sum_to_what_is_sure(events: list[Traced]) -> None:
    found = endpoint_causes(events)

    shares: dict[EventRef, float] = {}
    for likely in found:
        shares[likely.effect] = shares.get(likely.effect, 0.0) + likely.confidence
    assert all(abs(share - SURE) < 1e-9 for share in shares.values())
    graph = nx.DiGraph([(likely.cause, likely.effect) for likely in found])
    assert nx.is_directed_acyclic_graph(graph)
