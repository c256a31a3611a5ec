"""Counts by hour: what was read twice counts once, and what was there before the view is counted as well."""

from datetime import UTC, datetime, timedelta

from collector.storage.api import Store
from collector.storage.open import open_store
from schemas.sql import migrations
from tests.support.rows import TIME, events_table

SPAN = {"since": TIME - timedelta(days=2), "until": TIME + timedelta(days=2)}


def _events() -> list[dict[str, object]]:
    return [
        {
            "topic": "orders" if offset % 3 else "orders.dlq",
            "partition": offset % 2,
            "offset": offset,
            "time": TIME + timedelta(hours=offset // 10),
            "dead_letter": offset % 3 == 0,
        }
        for offset in range(200)
    ]


def test_a_record_that_is_read_twice_counts_once(store: Store) -> None:
    events = _events()
    store.insert("events", events_table(events), token="first")
    again = [event | {"observed_time": TIME + timedelta(days=1)} for event in events[50:]]
    store.insert("events", events_table(again), token="again")

    counted = store.query("topic_days", SPAN)

    assert sum(row["events"] for row in counted) == 200
    assert sum(row["dead_letters"] for row in counted) == 67
    assert {row["topic"] for row in counted if row["dead_letters"]} == {"orders.dlq"}
    assert min(row["day"] for row in counted) == datetime(2026, 11, 23, tzinfo=UTC)


def test_what_was_stored_before_is_counted_when_the_table_is_filled_even_twice(store_url: str) -> None:
    store = open_store(store_url)
    store.create_database()
    for migration in migrations():
        if not 130 <= migration.version <= 132:
            store.command(migration.sql)
    store.insert("events", events_table(_events()), token="before")

    for _ in range(2):
        for migration in migrations():
            if 130 <= migration.version <= 132:
                store.command(migration.sql)

    assert sum(row["events"] for row in store.query("topic_days", SPAN)) == 200
    store.close()


def test_a_long_history_of_many_topics_is_counted_within_the_memory_of_a_store(store: Store) -> None:
    statement = """
        INSERT INTO events (topic, partition, offset, time, observed_time, key, names)
        SELECT concat('t-', toString(number % 60)), 0, number, toDateTime64(1790000000 + number * 39, 3, 'UTC'),
            now64(3), NULL, []
        FROM numbers(200000)
    """
    store.command(statement)  # 130,000 sets of seven kinds: more than a gigabyte at once
    for migration in migrations():
        if migration.version == 132:
            store.command(migration.sql)

    span = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2027, 1, 1, tzinfo=UTC)}
    assert sum(row["events"] for row in store.query("topic_days", span)) == 200_000
