"""Which client wrote a record, told from real recordings of real clients and from what is known of others."""

import pytest

from collector.lineage.client_habits import Habit, advise
from tests.support.recordings import read_recording


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("cloudevents_sdk", "CloudEvents SDK"),
        ("spring-kafka", "Spring Kafka"),
        ("faststream_otel", "FastStream"),
        ("aiokafka_otel", "OpenTelemetry for aiokafka"),
        ("confluent_kafka_otel", "OpenTelemetry for aiokafka"),
        ("kafka_python_otel", "OpenTelemetry for aiokafka"),
    ],
)
def test_recorded_clients_are_recognised(name: str, library: str) -> None:
    names = [
        frozenset(header.lower() for header, _ in found.record.headers) for found in read_recording(name)
    ]
    written = [headers for headers in names if headers]

    said = [
        advise(Habit(headers, traced=float("traceparent" in headers), continued=0.0)).library
        for headers in written
    ]

    assert library in " ".join(said)


@pytest.mark.parametrize(
    ("names", "library"),
    [
        ({"messageid", "sourceaddress", "mt-activity-id"}, "MassTransit"),
        ({"id", "message-type", "conversation-id", "parent-id"}, "Wolverine"),
        ({"nservicebus.messageid"}, "NServiceBus"),
        ({"id"}, "Debezium outbox"),
        ({"sw8"}, "SkyWalking agent"),
        ({"my-own"}, "a client with headers of its own"),
        (set(), "a plain client without headers"),
    ],
)
def test_header_names_tell_the_library(names: set[str], library: str) -> None:
    assert advise(Habit(frozenset(names))).library == library


def test_traces_that_go_on_are_told_from_traces_that_do_not() -> None:
    names = frozenset({"traceparent"})

    assert "Python" in advise(Habit(names, traced=1.0, continued=0.1)).library
    assert "continues traces" in advise(Habit(names, traced=1.0, continued=0.9)).library
    assert "appends" in advise(Habit(names, traced=1.0, appended=0.9)).library
