"""Bring a store's tables to what this version of Headwater reads and writes. One statement per migration."""

from collections.abc import Sequence

from collector.errors import StoreRejectedError
from collector.storage.api import Store
from schemas.sql import Migration, migrations


def migrate(store: Store, known: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is missing and return it, in order; nothing missing is an empty list.

    Safe to repeat, to interrupt and to run twice at once: every statement says IF NOT EXISTS, so whoever comes
    second finds it done. Raises StoreRejectedError if the store holds something that this version does not know.
    """
    store.create_database()
    store.execute("create_schema_migrations")
    missing = _missing(migrations() if known is None else known, store.query("applied_migrations"))
    for migration in missing:
        store.command(migration.sql)
        store.execute(
            "record_migration",
            {"version": migration.version, "name": migration.name, "checksum": migration.checksum},
        )
    return missing


def plan(store: Store, known: Sequence[Migration] | None = None) -> list[Migration]:
    """Return what `migrate` would apply, changing nothing. Raises as `migrate` does."""
    wanted = migrations() if known is None else known
    if not store.query("schema_migrations_exists"):
        return list(wanted)
    return _missing(wanted, store.query("applied_migrations"))


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
