"""A topic that was made anew: its places mean other records from then on, and nothing mixes the two."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.consume.keep_topics import TopicKeeper
from collector.storage.api import Store
from tests.contract.conftest import Ask
from tests.contract.test_link import copy_of, ids
from tests.support.event_log import NOW, Log
from tests.support.records import NOW_MS, Record

S = timedelta(seconds=1)


@pytest.fixture
def log(shared_store: Store) -> Log:
    log = Log(shared_store)
    log.forget()
    log.store.command("TRUNCATE TABLE topics")
    return log


def look(keeper: TopicKeeper, topic_id: str, now: datetime) -> list[str]:
    changed = keeper.changed({"orders": topic_id, "payments": "p"}, now)
    keeper.settle(changed, now)
    return list(changed)


def after(moment: datetime) -> int:
    """Return how much later than other records of tests one is that is read then."""
    return int((moment - NOW).total_seconds() * 1e3)


def former(moment: datetime) -> str:
    return f"orders~{moment:%Y%m%d-%H%M%S}"


def test_the_old_records_keep_their_edges_under_another_name_and_new_ones_get_theirs(
    log: Log, ask: Ask
) -> None:
    keeper = TopicKeeper(log.store, "one")
    assert look(keeper, "first", NOW) == []
    log.write([(("carts", 0, 0), ids("c")), (("orders", 0, 0), ids("a", "c"))])
    log.write([(("payments", 0, 0), ids("b", "a")), (("orders-dlt", 0, 0), copy_of(("orders", 0, 0)))])
    now = datetime.now(UTC)
    assert look(keeper, "first", now) == []
    # Read after the last look that saw the old topic: it may be of either.
    log.write([(("orders", 0, 1), ids("x"))], later_ms=after(now + S))

    anew = now + 2 * S
    assert look(keeper, "second", anew) == ["orders"]
    log.write([(("orders", 0, 0), ids("new", "c")), (("payments", 0, 1), ids("d", "new"))])
    # Two dead letters of `orders/0/0`: one of the old topic that is read late, one of the new topic.
    dead = copy_of(("orders", 0, 0))
    log.write([(("orders-dlt", 0, 1), dead), (("payments", 0, 2), ids("e", "a"))], later_ms=after(anew + S))
    log.write_records(
        [(("orders-dlt", 0, 2), Record(dead, timestamp=NOW_MS + after(anew + S)))], later_ms=after(anew + S)
    )

    old = former(anew)
    assert log.edges() == {
        ("carts/0/0", f"{old}/0/0"): ("caused", "header", 1.0),
        (f"{old}/0/0", "payments/0/0"): ("caused", "header", 1.0),
        (f"{old}/0/0", "orders-dlt/0/0"): ("dead_lettered", "provenance", 1.0),
        ("carts/0/0", "orders/0/0"): ("caused", "header", 1.0),
        ("orders/0/0", "payments/0/1"): ("caused", "header", 1.0),
        ("orders/0/0", "orders-dlt/0/2"): ("dead_lettered", "provenance", 1.0),
    }
    assert messages(log, ask) == [("orders", "new"), (old, "a")]


def messages(log: Log, ask: Ask) -> list[tuple[object, ...]]:
    statement = (
        "SELECT topic, message_id FROM events FINAL WHERE startsWith(topic, 'orders') AND message_id != '' "
        "ORDER BY topic, offset"
    )
    return [tuple(row.values()) for row in ask(log.store, statement)]


def test_of_several_collectors_one_moves_and_all_read_again(log: Log, ask: Ask) -> None:
    keepers = [TopicKeeper(log.store, name) for name in ("one", "two")]
    log.write([(("orders", 0, 0), ids("a"))])
    now = datetime.now(UTC)
    for keeper in keepers:
        look(keeper, "first", now)

    assert [look(keeper, "second", now + S) for keeper in keepers] == [["orders"], ["orders"]]
    log.write([(("orders", 0, 0), ids("new"))])

    assert messages(log, ask) == [("orders", "new"), (former(now + S), "a")]


def test_a_collector_that_starts_later_knows_what_was_done(log: Log) -> None:
    look(TopicKeeper(log.store, "one"), "first", NOW)
    look(TopicKeeper(log.store, "two"), "second", NOW + S)

    third = TopicKeeper(log.store, "three")

    assert look(third, "second", NOW + S) == []
    assert look(third, "first", NOW + S) == []  # a broker that lags behind
    assert look(third, "second", NOW + S) == []
    assert third.changed({}, NOW) == {}  # brokers that give no ids


def test_one_that_died_while_it_moved_rows_is_taken_over(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = TopicKeeper(log.store, "two")
    log.write([(("orders", 0, 0), ids("a")), (("payments", 0, 0), ids("b", "a"))])
    now = datetime.now(UTC)
    look(dying, "first", now)
    with monkeypatch.context() as patched:
        patched.setattr("collector.consume.keep_topics.retire_topic", _die)
        with pytest.raises(KeyboardInterrupt):
            look(dying, "second", now + S)

    monkeypatch.setattr("collector.consume.keep_topics._WAIT_S_MAX", 0.0)
    assert look(TopicKeeper(log.store, "three"), "second", now + 300 * S) == ["orders"]

    assert log.edges() == {(f"{former(now + S)}/0/0", "payments/0/0"): ("caused", "header", 1.0)}


def _die(*_: object) -> None:
    raise KeyboardInterrupt
