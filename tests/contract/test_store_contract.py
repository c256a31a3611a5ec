"""What every store must do, embedded or on a server. HEADWATER_TEST_CLICKHOUSE_URL names a server to test."""

from collector.storage.api import Store
from schemas.arrow import EVENTS
from tests.support.rows import events_table


def test_an_event_reaches_the_tables_that_lineage_joins(store: Store) -> None:
    rows = events_table([{"names": ["id:1"], "references": [("id:0", "caused", "header")]}])

    store.insert("events", rows, token="one")

    assert store.command("SELECT count() FROM events") == 1
    assert store.command("SELECT count() FROM identities") == 1
    assert store.command("SELECT name FROM references") == "id:0"
    assert rows.schema == EVENTS
