"""Bring a store's tables to what this version of Headwater reads and writes. One statement per migration."""

from collections.abc import Sequence

from collector.errors import StoreRejectedError, StoreUnavailableError
from collector.storage.api import Store
from collector.storage.failures import code_of
from schemas.sql import Migration, migrations

_UNKNOWN_TABLE = 60
_UNKNOWN_DATABASE = 81


def migrate(store: Store, known: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is missing and return it, in order; nothing missing is an empty list.

    Safe to repeat, to interrupt and to run twice at once: every statement says IF NOT EXISTS, so whoever comes
    second finds it done. Raises StoreRejectedError if the store holds something that this version does not know.
    """
    store.create_database()
    store.execute("create_schema_migrations")
    missing = _missing(migrations() if known is None else known, store.query("applied_migrations"))
    for migration in missing:
        _apply(store, migration)
        store.execute(
            "record_migration",
            {"version": migration.version, "name": migration.name, "checksum": migration.checksum},
        )
    return missing


def plan(store: Store, known: Sequence[Migration] | None = None) -> list[Migration]:
    """Return what `migrate` would apply, changing nothing. Raises as `migrate` does."""
    wanted = migrations() if known is None else known
    try:
        applied = store.query("applied_migrations")
    except StoreRejectedError as error:
        if code_of(error) not in (_UNKNOWN_TABLE, _UNKNOWN_DATABASE):
            raise
        applied = []
    return _missing(wanted, applied)


def _apply(store: Store, migration: Migration) -> None:
    try:
        store.command(migration.sql)
    except (StoreRejectedError, StoreUnavailableError) as error:
        raise type(error)(f"In migration {migration.version:04} {migration.name}: {error}") from error


def _missing(known: Sequence[Migration], applied: Sequence[dict[str, object]]) -> list[Migration]:
    by_version = {migration.version: migration for migration in known}
    for row in applied:
        migration = by_version.get(int(str(row["version"])))
        if migration is None:
            raise StoreRejectedError(
                f"The store is newer than this Headwater: it has migration {row['version']} ({row['name']}), "
                "which this version does not know. Use the newer version, or another store."
            )
        if migration.checksum != row["checksum"]:
            raise StoreRejectedError(
                f"Migration {migration.version} ({migration.name}) was changed after it had been applied to this "
                "store, so what the tables look like is not known. Restore the file as it was, and put the change "
                "into a new migration."
            )
    done = {int(str(row["version"])) for row in applied}
    return [migration for migration in known if migration.version not in done]
