"""Two fates, told in sentences that give nothing away. Embedded store and server alike."""

import re
from collections.abc import Callable, Iterator

import pytest

from collector.errors import StoreRejectedError, StoreUnavailableError
from collector.storage.api import Store
from collector.storage.embedded import AttachedFolder
from collector.storage.open import embedded_folder, open_store, server_endpoint
from tests.contract.conftest import Ask
from tests.support.processes import free_ports
from tests.support.proxy import Proxy
from tests.support.rows import events_table


def server_url(store_url: str, *, host: str = "", port: int = 0, password: str = "") -> str:
    """Return the http:// form of a store's URL with parts exchanged, e.g. to lead it through a proxy."""
    embedded = embedded_folder(store_url)
    if embedded is None:
        found = server_endpoint(store_url)
    else:
        attached = AttachedFolder(*embedded)
        found = attached.find()
        attached.release()
    login = f"{found.user}:{password or found.password}"
    return f"http://{login}@{host or found.host}:{port or found.port}/{found.database}"


def test_a_store_on_another_machine_is_spoken_to_in_compressed_form(
    store: Store, store_url: str, ask: Ask
) -> None:
    """0.0.0.0 leads to this machine, but does not say so."""
    remote = open_store(server_url(store_url, host="0.0.0.0"))
    rows = events_table([{"offset": index, "key": "same" * 100} for index in range(2000)])

    for _ in range(2):
        remote.insert("events", rows, token="t")

    assert ask(remote, "SELECT count() AS n, any(length(key)) AS length FROM events") == [
        {"n": 2000, "length": 400}
    ]
    assert store.command("SELECT count() FROM events") == 2000
    remote.close()


def test_an_unknown_table_is_rejected_by_name(store: Store, ask: Ask) -> None:
    with pytest.raises(StoreRejectedError, match=r"query asked: UNKNOWN_TABLE \(60\).*no_such_table"):
        ask(store, "SELECT * FROM no_such_table")


def test_a_mistake_in_a_statement_is_rejected(store: Store, ask: Ask) -> None:
    with pytest.raises(StoreRejectedError, match="SYNTAX_ERROR"):
        ask(store, "SELEC 1")


def test_messages_hold_no_value(store: Store, ask: Ask) -> None:
    secret = "hunter2-in-a-payload"

    with pytest.raises(StoreRejectedError) as refused_parameter:
        ask(store, "SELECT {n:UInt64}", {"n": secret})
    with pytest.raises(StoreRejectedError) as refused_value:
        ask(store, "SELECT toUInt64({n:String})", {"n": secret})

    assert secret not in str(refused_parameter.value)
    assert secret not in str(refused_value.value)


def test_a_query_that_takes_too_long_is_given_up_by_the_store(store: Store, ask: Ask) -> None:
    with pytest.raises(StoreUnavailableError, match="took too long"):
        ask(
            store,
            "SELECT sleepEachRow(0.1) FROM numbers(50) SETTINGS max_execution_time = 1, max_block_size = 1",
        )


def test_a_query_that_needs_too_much_memory_does_not_end_the_store(store: Store, ask: Ask) -> None:
    with pytest.raises(StoreUnavailableError, match="short of memory"):
        ask(
            store,
            "SELECT length(groupArray(number)) FROM numbers(1000000000) SETTINGS max_memory_usage = 100000000",
        )

    assert ask(store, "SELECT 1 AS one") == [{"one": 1}]


def test_a_wrong_password_is_refused_without_being_repeated(store: Store, store_url: str) -> None:
    intruder = open_store(server_url(store_url, password="not-the-password"))

    with pytest.raises(StoreRejectedError, match="AUTHENTICATION_FAILED") as refused:
        intruder.query("applied_migrations")

    assert "not-the-password" not in str(refused.value)


def test_a_store_that_is_not_there_is_unavailable_and_told_without_password() -> None:
    store = open_store(f"http://me:hidden-word@127.0.0.1:{free_ports(1)[0]}/headwater")

    with pytest.raises(StoreUnavailableError) as failed:
        store.query("applied_migrations")

    assert re.search(r"http://127\.0\.0\.1:\d+/headwater does not answer", str(failed.value))
    assert "hidden-word" not in str(failed.value)


@pytest.fixture
def proxied(store: Store, store_url: str) -> Iterator[tuple[Store, Proxy]]:
    """Return the store behind a proxy, connected already."""
    with Proxy(server_endpoint(server_url(store_url)).port) as proxy:
        through = open_store(server_url(store_url, port=proxy.port))
        through.query("applied_migrations")
        yield through, proxy


def test_an_insert_whose_answer_is_lost_is_there_once(store: Store, proxied: tuple[Store, Proxy]) -> None:
    through, proxy = proxied
    proxy.lose_answers(b"INSERT", every=2)

    through.insert("events", events_table([{"offset": 1, "names": ["id:1"]}]), token="answered")
    through.insert("events", events_table([{"offset": 2, "names": ["id:2"]}]), token="cut")

    assert proxy.answers_lost == 1
    assert store.command("SELECT count() FROM events") == 2
    assert store.command("SELECT count() FROM identities") == 2


def test_an_insert_that_is_never_answered_is_unavailable_and_may_be_repeated(
    store: Store, proxied: tuple[Store, Proxy]
) -> None:
    through, proxy = proxied
    rows = events_table([{"names": ["id:1"]}])

    proxy.lose_answers(b"INSERT", every=1)
    with pytest.raises(StoreUnavailableError, match="insert into events"):
        through.insert("events", rows, token="cut")
    proxy.lose_answers(b"INSERT", every=0)
    through.insert("events", rows, token="cut")

    assert proxy.answers_lost == 2
    assert store.command("SELECT count() FROM events") == 1
    assert store.command("SELECT count() FROM identities") == 1


def test_a_store_that_goes_away_is_unavailable_until_it_is_back(proxied: tuple[Store, Proxy]) -> None:
    through, proxy = proxied
    through.insert("events", events_table([{"offset": 1}]), token="1")

    proxy.go_away()
    for act in _acts(through):
        with pytest.raises(StoreUnavailableError):
            act()
    proxy.come_back()

    through.insert("events", events_table([{"offset": 2}]), token="2")
    assert through.command("SELECT count() FROM events") == 2


def _acts(store: Store) -> list[Callable[[], object]]:
    return [
        lambda: store.insert("events", events_table([{"offset": 2}]), token="2"),
        lambda: store.query("applied_migrations"),
        lambda: store.query_arrow("applied_migrations"),
        lambda: store.command("SELECT 1"),
        lambda: store.execute("create_schema_migrations"),
    ]


def test_a_closed_store_says_so_and_closes_twice(store_url: str) -> None:
    store = open_store(store_url)
    store.close()
    store.close()

    with pytest.raises(StoreUnavailableError, match="closed"):
        store.query("applied_migrations")


@pytest.mark.parametrize(
    ("trouble", "remedy"),
    [
        (
            "ALTER TABLE events ADD CONSTRAINT trouble CHECK offset != 77",
            "ALTER TABLE events DROP CONSTRAINT trouble",
        ),
        (
            "CREATE MATERIALIZED VIEW trouble TO constants AS "
            "SELECT toString(throwIf(offset = 77)) AS name FROM events",
            "DROP VIEW trouble",
        ),
        (
            "ALTER TABLE events ADD COLUMN trouble String MATERIALIZED repeat('x', 1000000000 * (offset = 77))",
            "ALTER TABLE events DROP COLUMN trouble",
        ),
    ],
    ids=["a constraint", "a view", "a column that is too large"],
)
def test_what_goes_wrong_behind_reading_is_told_and_a_repeat_loses_and_doubles_nothing(
    store: Store, trouble: str, remedy: str
) -> None:
    """chDB's own way to stream an insert says how many rows it wrote, where it wrote none."""
    rows = events_table([{"offset": offset, "names": [f"id:{offset}"]} for offset in range(1, 1_001)])
    store.command(trouble)

    with pytest.raises((StoreRejectedError, StoreUnavailableError)):
        store.insert("events", rows, token="troubled")
    store.command(remedy)
    store.insert("events", rows, token="troubled")

    counts = "SELECT (SELECT count() FROM events), (SELECT count() FROM identities), (SELECT count() FROM batch_events)"
    assert store.command(counts) == ["1000", "1000", "1000"]
