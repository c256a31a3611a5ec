"""Changes of payloads as the Overview says them: from the same facts as the Schema drift page."""

from datetime import UTC, datetime
from typing import Any

from dashboard.changes import changes
from schemas.drift import FieldChange, SchemaChange, change_row

START = datetime(2026, 11, 23, tzinfo=UTC)


def _change(*fields: FieldChange, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "topic": "orders", "type": "Order", "change_id": "c1", "kind": "shape", "service": "shop",
        "service_version": "2.0", "first_time": START, "first_partition": 1, "first_offset": 5,
        "detected_time": START, "from_shape": 1, "to_shape": 2, "from_schema": "", "to_schema": "",
        "new_shapes": (2,), "old_shapes": (1,), "fields": fields, "verdict": "breaking", "verdict_rule": "",
        "state": "complete", "new_events": 3, "old_events": 0, "new_share": 1.0, "last_new_time": START,
        "last_old_time": None, "complete_time": START, "reverted_time": None, "evidence": "",
    }  # fmt: skip
    return change_row(SchemaChange(**values | more), START)


def test_a_change_is_said_field_by_field_with_its_first_event_and_who_sent_it() -> None:
    (change,) = changes(
        [
            _change(
                FieldChange("qty", "type_changed", "integer", "string"),
                FieldChange("site", "added", after="null"),
            )
        ]
    )

    assert change.said == ("qty: integer → string", "+ site (null)")
    assert str(change.first) == "orders/1/5"
    assert change.who == "shop 2.0"


def test_a_change_without_fields_says_its_schemas() -> None:
    (change,) = changes([_change(kind="schema_id", from_schema="confluent:1", to_schema="confluent:2")])

    assert change.said == ("confluent:1 → confluent:2",)
