"""What spans say about Kafka, under old and new names, as numbers or text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.http.messaging import READ_NAMES, UNKNOWN, Attributes, read_messaging


@pytest.mark.parametrize(
    "attributes",
    [
        {  # semantic conventions 1.28
            "messaging.destination.name": "orders",
            "messaging.destination.partition.id": "3",
            "messaging.kafka.offset": 42,
        },
        {  # franz-go kotel
            "messaging.source.name": "orders",
            "messaging.kafka.source.partition": 3,
            "messaging.kafka.message.offset": 42,
        },
        {  # Spring's observations: numbers as text
            "messaging.source.name": "orders",
            "messaging.kafka.source.partition": "3",
            "messaging.kafka.message.offset": "42",
        },
        {  # aiokafka and confluent-kafka in Python
            "messaging.destination": "orders",
            "messaging.kafka.partition": 3,
            "messaging.message.id": "orders.3.42",
        },
        {"messaging.message.id": "orders.3.42"},
        {  # otelsarama: the message id is the offset
            "messaging.destination.name": "orders",
            "messaging.kafka.source.partition": 3,
            "messaging.message.id": "42",
        },
    ],
)
def test_a_place_is_read_under_every_name(attributes: Attributes) -> None:
    said = read_messaging(attributes)

    assert (said.topic, said.partition, said.offset) == ("orders", 3, 42)


def test_a_topic_with_dots_in_a_message_id() -> None:
    assert read_messaging({"messaging.message.id": "shop.orders.3.42"}).topic == "shop.orders"


@pytest.mark.parametrize(
    "attributes",
    [
        {"messaging.message.id": "42"},  # of which partition?
        {"messaging.message.id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"},
        {"messaging.message.id": "payments.3.42", "messaging.destination.name": "orders"},
        {"messaging.message.id": "orders.3.42", "messaging.system": "rabbitmq"},
        {"messaging.kafka.offset": -1, "messaging.destination.name": "orders"},
        {"messaging.kafka.offset": True},
        {"messaging.kafka.offset": "1e3"},
        {"messaging.kafka.offset": 2**63},
    ],
)
def test_what_is_no_place_is_not_one(attributes: Attributes) -> None:
    assert read_messaging(attributes).offset == UNKNOWN


@pytest.mark.parametrize(
    ("attributes", "operation"),
    [
        ({"messaging.operation": "publish"}, "send"),
        ({"messaging.operation.type": "process", "messaging.operation": "receive"}, "process"),
        ({"messaging.operation.name": "poll"}, "receive"),
        ({"messaging.operation.name": "commit"}, "settle"),
        ({"messaging.operation": "juggle"}, ""),
    ],
)
def test_operations_have_one_name(attributes: Attributes, operation: str) -> None:
    assert read_messaging(attributes).operation == operation


@given(
    st.dictionaries(
        st.sampled_from(sorted(READ_NAMES)),
        st.text() | st.integers() | st.floats() | st.booleans(),
    )
)
def test_nothing_that_a_span_says_is_fatal(attributes: Attributes) -> None:
    said = read_messaging(attributes)

    assert UNKNOWN <= said.partition < 2**31
    assert UNKNOWN <= said.offset < 2**63
