"""Drift on the real engine: counted from events, found once, the same after replays, restarts and late records."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from collector.batch import ShapeBook
from collector.decode.shape import ShapeReader
from collector.detect.drift import DriftTask, spans
from collector.storage.api import Store
from collector.storage.migrate import migrate
from schemas.drift import SchemaChange, read_change
from schemas.records import coordinates_name
from tests.support.rows import events_table

BEGIN = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
Send = Callable[..., None]


class Topic:
    """A topic of payments: `send` writes a record and its shape as a collector does."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reader = ShapeReader()
        self.book = ShapeBook()
        self.offset = 0
        self.batch = 0
        self.rows: list[dict[str, Any]] = []

    def send(self, minute: float, payload: Any, version: str = "1.0", **more: Any) -> None:
        raw = json.dumps(payload).encode()
        time = BEGIN + timedelta(minutes=minute)
        self.rows.append(
            {
                "topic": "payments", "type": "paid", "service": "payments", "service_version": version,
                "time": time, "observed_time": time, "offset": self.offset, "value_size_bytes": len(raw),
                "shape_id": self.reader.read("payments", raw), **more,
            }
        )  # fmt: skip
        self.offset += 1

    def flush(self, rows: Sequence[dict[str, Any]] | None = None) -> None:
        self.batch += 1
        events = events_table(self.rows if rows is None else rows)
        self.store.insert("events", events, token=f"drift-{self.batch}")
        shapes: pa.Table = self.book.new_rows(events, self.reader.paths)
        self.store.insert("shapes", shapes, token=f"drift-{self.batch}-shapes")
        if rows is None:
            self.rows = []


@pytest.fixture
def topic(store: Store) -> Topic:
    migrate(store)
    return Topic(store)


def changes(store: Store) -> list[SchemaChange]:
    rows = store.query("schema_changes", {"since": BEGIN - timedelta(days=30), "rows_max": 100})
    return [read_change(row) for row in rows]


def story(topic: Topic) -> str:
    """An hour of the old form, five minutes of a renamed field, and the old form again. Return the first new event."""
    for second in range(0, 3600, 20):
        topic.send(second / 60, {"id": "a", "cents": 3} | ({"note": "x"} if second % 7 == 0 else {}))
    first = topic.offset
    for second in range(0, 300, 20):
        topic.send(60 + second / 60, {"id": "a", "amount": 3}, "1.1")
    topic.send(65, {"id": "a", "amount": 3}, "1.0", origin=coordinates_name("payments", 0, first))
    return f"payments/0/{first}"


def test_a_release_is_found_with_its_first_record_while_it_rolls_out_and_when_it_is_rolled_back(
    store: Store, topic: Topic
) -> None:
    first = story(topic)
    topic.flush()
    task = DriftTask(store)

    task.step(BEGIN + timedelta(minutes=65))

    (change,) = changes(store)
    assert str(change.first) == first
    assert (change.service, change.service_version, change.state) == ("payments", "1.1", "rolling_out")
    assert (change.new_events, change.old_events, change.verdict) == (15, 0, "breaking")
    assert change.summary == "cents → amount (renamed?)"

    for second in range(0, 600, 20):
        topic.send(66 + second / 60, {"id": "a", "cents": 3})
    topic.flush()
    task.step(BEGIN + timedelta(minutes=77))

    (after,) = changes(store)
    assert (after.change_id, after.state, after.new_events) == (change.change_id, "reverted", 15)
    assert after.reverted_time == change.last_new_time


def test_replays_and_restarts_change_nothing(store: Store, topic: Topic) -> None:
    story(topic)
    sent = list(topic.rows)
    topic.flush()
    DriftTask(store).step(BEGIN + timedelta(minutes=70))
    once = changes(store)

    topic.flush([row | {"observed_time": row["observed_time"] + timedelta(minutes=10)} for row in sent])
    DriftTask(store).step(BEGIN + timedelta(minutes=80))

    assert changes(store) == once
    assert len(once) == 1


def test_step_by_step_gives_what_all_at_once_gives(store: Store, topic: Topic) -> None:
    story(topic)
    rows = list(topic.rows)
    task = DriftTask(store)
    for minute in range(50, 70, 2):
        begin = BEGIN + timedelta(minutes=minute if minute > 50 else 0)
        some = [row for row in rows if begin <= row["time"] < BEGIN + timedelta(minutes=minute + 2)]
        if some:
            topic.flush(some)
        task.step(BEGIN + timedelta(minutes=minute + 2))
    step_by_step = changes(store)

    DriftTask(store).step(BEGIN + timedelta(minutes=70))

    assert len(step_by_step) == 1
    assert changes(store) == step_by_step


def test_records_that_come_late_can_show_that_there_was_no_change(store: Store, topic: Topic) -> None:
    """What looked new was usual before: the older records had not been read yet."""
    for second in range(0, 3000, 20):
        topic.send(10 + second / 60, {"id": "a", "cents": 3} | ({"note": "x"} if second >= 2400 else {}))
    topic.flush()
    task = DriftTask(store)
    task.step(BEGIN + timedelta(minutes=60))
    assert [change.summary for change in changes(store)] == ["+ note (string)"]

    for second in range(0, 600, 5):
        topic.send(
            second / 60, {"id": "a", "cents": 3, "note": "x"}, observed_time=BEGIN + timedelta(minutes=61)
        )
    topic.flush()
    task.step(BEGIN + timedelta(minutes=61))

    assert [change.summary for change in changes(store) if "+ note" in change.summary] == []


def test_nothing_new_is_not_counted_again(store: Store, topic: Topic) -> None:
    story(topic)
    topic.flush()
    task = DriftTask(store)
    task.step(BEGIN + timedelta(minutes=70))
    counted = store.query("drift_counted")

    topic.store.insert("events", events_table([]), token="none")
    task._counted_until = BEGIN + timedelta(minutes=69)
    task.step(BEGIN + timedelta(minutes=71))

    assert store.query("drift_counted") == counted


def test_minutes_are_counted_in_spans() -> None:
    at = [BEGIN + timedelta(minutes=minute) for minute in (0, 1, 3, 30, 31)]

    assert list(spans(at)) == [
        (BEGIN, BEGIN + timedelta(minutes=4)),
        (BEGIN + timedelta(minutes=30), BEGIN + timedelta(minutes=32)),
    ]
    assert list(spans([])) == []
