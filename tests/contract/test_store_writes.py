"""Writing twice changes nothing, and writing feeds what lineage joins. Embedded store and server alike."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from collector.batch import Batch
from collector.errors import StoreRejectedError
from collector.storage.api import Store
from collector.write import BatchWriter
from schemas.records import message_name
from tests.contract.conftest import Ask
from tests.support.rows import TIME, events_table

COUNTS = (
    "SELECT (SELECT count() FROM events), (SELECT count() FROM identities), (SELECT count() FROM references)"
)


def linked(index: int, **more: Any) -> dict[str, Any]:
    """Return an event with one name and one reference."""
    said = [(message_name(str(index - 1)), "caused", "header")]
    return {"offset": index, "names": [message_name(str(index))], "references": said, **more}


def test_an_event_reaches_the_tables_that_lineage_joins(store: Store, ask: Ask) -> None:
    rows = events_table([linked(7, topic="orders", partition=2)])

    store.insert("events", rows, token="t")

    place = {"topic": "orders", "partition": 2, "offset": 7}
    hashed = "reinterpretAsUInt128(sipHash128({name:String}))"
    assert ask(
        store, f"SELECT topic, partition, offset FROM identities WHERE name_hash = {hashed}", {"name": "id:7"}
    ) == [place]
    assert ask(
        store,
        f"SELECT topic, partition, offset, name, relation, evidence FROM references WHERE name_hash = {hashed}",
        {"name": "id:6"},
    ) == [{**place, "name": "id:6", "relation": "caused", "evidence": "header"}]


def test_a_resend_with_the_same_token_adds_nothing_anywhere(store: Store) -> None:
    rows = events_table([linked(index) for index in range(1, 1001)])

    for _ in range(3):
        store.insert("events", rows, token="same")

    assert store.command(COUNTS) == ["1000", "1000", "1000"]


def test_a_resend_over_many_months_and_blocks_adds_nothing_anywhere(store: Store) -> None:
    """More partitions than ClickHouse allows in one insert by default (100)."""
    rows = events_table([linked(index, time=TIME - timedelta(days=31 * index)) for index in range(1, 150)])

    for _ in range(2):
        store.insert("events", rows, token="months")

    assert store.command(COUNTS) == ["149", "149", "149"]


def test_another_token_is_another_insert(store: Store) -> None:
    rows = events_table([linked(1)])

    store.insert("events", rows, token="a")
    store.insert("events", rows, token="b")

    assert store.command("SELECT count() FROM events") == 2


def test_a_replay_in_another_batch_changes_nothing_that_readers_see(store: Store, ask: Ask) -> None:
    first = events_table([linked(1, batch=1, observed_time=TIME)])
    replayed = events_table([linked(1, batch=2, observed_time=TIME + timedelta(hours=1))])

    store.insert("events", first, token="a")
    store.insert("events", replayed, token="b")

    seen = [{"batch": 1, "observed_time": TIME}]
    assert ask(store, "SELECT batch, observed_time FROM events FINAL") == seen
    store.command("OPTIMIZE TABLE events FINAL")
    assert ask(store, "SELECT batch, observed_time FROM events") == seen
    assert store.command("SELECT count() FROM identities FINAL") == 1
    assert store.command("SELECT count() FROM references FINAL") == 1


def test_a_replay_that_is_written_first_does_not_win_either(store: Store, ask: Ask) -> None:
    store.insert("events", events_table([linked(1, observed_time=TIME + timedelta(hours=1))]), token="b")
    store.insert("events", events_table([linked(1, observed_time=TIME)]), token="a")

    assert ask(store, "SELECT observed_time FROM events FINAL") == [{"observed_time": TIME}]


def test_columns_that_are_not_given_get_their_defaults(store: Store, ask: Ask) -> None:
    rows = events_table([{"topic": "orders"}]).select(["topic", "offset", "time", "observed_time"])

    store.insert("events", rows, token="t")

    assert ask(store, "SELECT topic, partition, key, header_names, dead_letter FROM events") == [
        {"topic": "orders", "partition": 0, "key": None, "header_names": [], "dead_letter": False}
    ]


def test_no_rows_is_no_write(store: Store) -> None:
    store.insert("events", events_table([]), token="t")
    store.insert("events", events_table([linked(1)]), token="t")

    assert store.command("SELECT count() FROM events") == 1


def test_what_was_acknowledged_is_seen_by_the_next_query(store: Store) -> None:
    for index in range(20):
        store.insert("events", events_table([linked(index)]), token=str(index))

        assert store.command("SELECT count() FROM events") == index + 1


def test_eight_threads_write_and_read_at_once(store: Store, ask: Ask) -> None:
    def work(thread: int) -> list[int]:
        seen = []
        for index in range(10):
            rows = events_table(
                [linked(offset, topic=f"t{thread}") for offset in range(index * 50, index * 50 + 50)]
            )
            store.insert("events", rows, token=f"{thread}-{index}")
            seen.append(
                int(
                    str(
                        store.command(
                            "SELECT count() FROM events WHERE topic = {t:String}", {"t": f"t{thread}"}
                        )
                    )
                )
            )
        return seen

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(work, range(8)))

    assert seen == [[50 * (index + 1) for index in range(10)]] * 8
    assert ask(store, "SELECT topic, uniqExact(offset) AS n FROM events GROUP BY topic ORDER BY topic") == [
        {"topic": f"t{thread}", "n": 500} for thread in range(8)
    ]


def test_rows_that_do_not_fit_the_table_are_refused_whole(store: Store) -> None:
    wrong = events_table([linked(1)]).rename_columns(
        ["no_such_column" if name == "batch" else name for name in events_table([]).column_names]
    )

    with pytest.raises(StoreRejectedError, match=r"insert into events.*no_such_column"):
        store.insert("events", wrong, token="t")

    assert store.command(COUNTS) == ["0", "0", "0"]


def test_what_a_writer_holds_is_written_once_however_often_it_is_tried(store: Store) -> None:
    writer = BatchWriter(store, "test", {})
    for number in (1, 2):
        events = writer.hold(events_table([linked(index, batch=number) for index in range(number, 1001)]))
        batch = Batch(number, events, [])

        first, again = writer.write(batch, 0), writer.write(batch, 0)

        assert (first.rows, again.rows) == (1001 - number, 1001 - number)
    assert store.command(COUNTS) == ["1999", "1999", "1999"]
    assert store.command("SELECT count() FROM events FINAL") == 1000
    assert store.command("SELECT sum(offset) FROM events WHERE batch = 2") == sum(range(2, 1001))


def test_of_rows_that_are_held_the_one_that_is_refused_is_kept_bare(store: Store) -> None:
    """Found by halving: the halves are not what is held, and are sent as they are."""
    writer = BatchWriter(store, "test", {})
    rows = [linked(index, batch=5) for index in range(7)]
    store.command("ALTER TABLE events ADD CONSTRAINT refuse CHECK NOT has(names, 'id:3')")

    writer.write(Batch(5, writer.hold(events_table(rows)), []), 0)

    kept = "SELECT count(), countIf(has(errors, 'store refused the row')), sumIf(offset, empty(names)) FROM events"
    assert store.command(kept) == ["7", "1", "3"]
