"""Real dead letters of Spring, Connect and Streams resolve to their origin, group and cause; names alone do nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collector.detect.dead_letters_find import FindDeadLetters
from collector.settings import load
from collector.storage.api import Store
from tests.contract.conftest import Ask
from tests.support.recorded_store import store_recording
from tests.support.records import NOW_MS
from tests.support.rows import events_table

NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC) + timedelta(minutes=1)
FOUND = "SELECT * FROM dead_letters ORDER BY topic, partition, offset"
ROLES = "SELECT topic, role, evidence FROM topic_roles FINAL"

PAYMENT = "SpringKafka$PaymentException"
DATA = "org.apache.kafka.connect.errors.DataException"
UNREADABLE = "org.springframework.kafka.support.serializer.DeserializationException"
# event: (origin, consumer group, exception, what the cause said, attempts)
RECORDED: dict[str, tuple[str, str, str, str, int]] = {
    "orders-dlt/0/0": ("orders/0/0", "shipping", PAYMENT, "not paid", 0),
    "orders-dlt-dlt/0/0": (
        "orders/0/0", "repair", "java.lang.UnsupportedOperationException", "nothing to repair", 0,
    ),
    "parcels-dlt/0/0": ("parcels/0/0", "shipping", UNREADABLE, "failed to deserialize", 0),
    "payments-dlt/0/0": ("payments/0/0", "billing", PAYMENT, "card refused", 3),
    "refunds-dlt/0/0": ("refunds/0/0", "billing", PAYMENT, "account closed", 3),
    "readings-dlq/0/0": (
        "readings/0/1", "", "org.apache.kafka.common.errors.SerializationException",
        "Size of data received by IntegerDeserializer is not 4", 0,
    ),
    "readings-dlq/0/1": (
        "readings/0/2", "", "java.lang.IllegalStateException", "cannot rate: meter stands still", 0,
    ),
    "shipments-dlq/0/0": (
        "shipments/0/1", "warehouse", DATA,
        "Converting byte[] to Kafka Connect data failed due to serialization error:", 0,
    ),
    "shipments-dlq/0/1": (
        "shipments/0/2", "warehouse", DATA, "Value (many) was out of range for requested data type", 0,
    ),
    "shipments-dead/0/0": ("shipments/0/1", "", "", "", 0),  # Connect without context headers
    "shipments-dead/0/1": ("shipments/0/2", "", "", "", 0),
}  # fmt: skip


def find(store: Store, ask: Ask, **settings: Any) -> dict[str, dict[str, Any]]:
    FindDeadLetters(store, load(**settings)).step(NOW)
    return {row["event"]: row for row in ask(store, FOUND)}


@pytest.fixture
def recorded(store: Store) -> Store:
    store_recording(store, ["spring-kafka", "kafka-connect", "kafka-streams"])
    return store


def test_recorded_dead_letters_resolve_to_origin_group_and_cause(recorded: Store, ask: Ask) -> None:
    found = find(recorded, ask)

    assert {
        event: tuple(
            row[name] for name in ("origin_event", "consumer_group", "exception", "message", "attempts")
        )
        for event, row in found.items()
    } == RECORDED


def test_what_equals_an_earlier_record_is_found_as_inferred(recorded: Store, ask: Ask) -> None:
    found = find(recorded, ask)

    inferred = {event for event, row in found.items() if row["origin_evidence"] == "inferred"}
    assert inferred == {"shipments-dead/0/0", "shipments-dead/0/1"}
    assert all(found[event]["origin_confidence"] < 1 for event in inferred)


def test_looking_again_and_starting_anew_change_nothing(recorded: Store, ask: Ask) -> None:
    task = FindDeadLetters(recorded, load())
    task.step(NOW)
    before = ask(recorded, FOUND)
    task.step(NOW + timedelta(minutes=1))
    FindDeadLetters(recorded, load()).step(NOW + timedelta(minutes=2))

    assert ask(recorded, FOUND) == before
    assert ask(recorded, "SELECT count() AS rows FROM dead_letter_records")[0]["rows"] == len(before)


def test_a_business_topic_with_the_name_of_a_failure_is_none(store: Store, ask: Ask) -> None:
    orders = [{"topic": "orders", "key": f"o-{n}", "value_size_bytes": 90 + n, "offset": n} for n in range(9)]
    failed = [
        {"topic": "payment-failed", "key": f"o-{n}", "value_size_bytes": 40 + n, "offset": n}
        for n in range(9)
    ]
    store.insert("events", events_table([*orders, *failed]), token="1")

    assert find(store, ask) == {}


def test_a_redriven_record_on_the_main_topic_is_none(recorded: Store, ask: Ask) -> None:
    found = find(recorded, ask)

    assert not any(event.startswith("orders/") for event in found)
    assert {row["topic"]: row["role"] for row in ask(recorded, ROLES)}["orders"] == "main"


def test_a_topic_without_any_hint_is_found_by_its_headers(store: Store, ask: Ask) -> None:
    copies = [
        {
            "topic": "attic",
            "offset": n,
            "dead_letter": True,
            "origin": f"event:orders/0/{n}",
            "references": [(f"event:orders/0/{n}", "dead_lettered", "provenance")],
        }
        for n in range(3)
    ]
    store.insert("events", events_table(copies), token="1")

    assert [row["origin_event"] for row in find(store, ask).values()] == [
        "orders/0/0",
        "orders/0/1",
        "orders/0/2",
    ]


def test_the_settings_have_the_last_word(recorded: Store, ask: Ask) -> None:
    found = find(recorded, ask, topic_roles={"orders-dlt.*": "main", "quotes": "dead letter"})

    assert not any(event.startswith("orders") for event in found)
    assert found["quotes/0/0"]["origin_event"] == ""


def test_a_redriven_event_that_fails_again_is_the_same_failure(store: Store, ask: Ask) -> None:
    def copy(topic: str, offset: int, origin: str, relation: str) -> dict[str, Any]:
        return {
            "topic": topic, "offset": offset, "origin": f"event:{origin}", "failed_group": "billing",
            "dead_letter": relation == "dead_lettered",
            "references": [(f"event:{origin}", relation, "provenance")],
        }  # fmt: skip

    store.insert(
        "events",
        events_table(
            [
                {"topic": "orders", "offset": 0},
                copy("orders-dlt", 0, "orders/0/0", "dead_lettered"),
                copy("orders", 1, "orders-dlt/0/0", "redriven"),
                copy("orders-dlt", 1, "orders/0/1", "dead_lettered"),
            ]
        ),
        token="1",
    )
    first, again = find(store, ask).values()

    assert first["failure_id"] == again["failure_id"]
    assert (first["redriven"], again["redriven"]) == (False, True)
    assert (again["origin_event"], again["hops"]) == ("orders/0/0", 2)
