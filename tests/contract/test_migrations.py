"""Migrations: once, in order, safe to repeat, and never guessed. Embedded store and server alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.errors import StoreRejectedError
from collector.storage.api import Store
from collector.storage.migrate import migrate, plan
from collector.storage.open import open_store
from schemas.sql import Migration, migrations
from tests.contract.conftest import Ask

TABLES = "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name"


def test_a_new_store_gets_everything_once_and_says_what(store_url: str) -> None:
    store = open_store(store_url)

    first, second = migrate(store), migrate(store)

    assert first == migrations()
    assert second == []
    assert [row["checksum"] for row in store.query("applied_migrations")] == [each.checksum for each in first]
    store.close()


def test_a_dry_run_shows_what_is_missing_and_changes_nothing(store_url: str, ask: Ask) -> None:
    store = open_store(store_url)
    assert plan(store) == migrations()
    with pytest.raises(StoreRejectedError, match="UNKNOWN_DATABASE"):
        ask(store, TABLES)

    migrate(store, migrations()[:3])

    assert plan(store) == migrations()[3:]
    assert len(ask(store, TABLES)) == 4
    store.close()


def test_every_migration_may_be_interrupted_before_it_is_recorded(store_url: str, ask: Ask) -> None:
    store = open_store(store_url)
    store.create_database()
    for migration in migrations():
        store.command(migration.sql)

    assert migrate(store) == migrations()
    tables = ask(store, TABLES)
    store.command("TRUNCATE TABLE schema_migrations")

    assert migrate(store) == migrations()
    assert ask(store, TABLES) == tables
    store.close()


def test_processes_that_start_at_once_do_not_disturb_each_other(store_url: str) -> None:
    def start(_: int) -> None:
        store = open_store(store_url)
        migrate(store)
        store.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))

    store = open_store(store_url)
    assert [row["version"] for row in store.query("applied_migrations")] == [
        each.version for each in migrations()
    ]
    store.close()


def test_a_migration_that_was_changed_after_it_was_applied_is_refused(store: Store) -> None:
    known = migrations()
    known[2] = replace(known[2], sql=known[2].sql + "\n-- changed")

    for look in (migrate, plan):
        with pytest.raises(StoreRejectedError, match=rf"Migration {known[2].version} .* was changed"):
            look(store, known)


def test_a_store_from_a_newer_headwater_is_refused(store: Store) -> None:
    with pytest.raises(StoreRejectedError, match="newer than this Headwater"):
        migrate(store, migrations()[:-1])


def test_a_migration_that_fails_leaves_those_before_it_recorded(store_url: str) -> None:
    store = open_store(store_url)
    broken = Migration(2, "broken", "CREATE TABLE IF NOT EXISTS t (a NoSuchType) ENGINE = Memory")

    with pytest.raises(StoreRejectedError, match="migration 0002 broken"):
        migrate(store, [migrations()[0], broken])

    assert [row["version"] for row in store.query("applied_migrations")] == [1]
    store.close()


def test_the_command_shows_applies_and_has_nothing_more_to_do(store_url: str) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["migrate", "--store", store_url, *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    shown = run("--dry-run")
    applied = run()

    for migration in migrations():
        assert f"-- {migration.version:04} {migration.name}\n{migration.sql.strip()};" in shown
        assert f"applied {migration.version:04} {migration.name}\n" in applied
    assert f"{len(migrations())} migrations applied." in applied
    assert run() == "Nothing to do: the store is up to date.\n"
    assert run("--dry-run") == "Nothing to do: the store is up to date.\n"
