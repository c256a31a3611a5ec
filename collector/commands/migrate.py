"""`headwater migrate`: bring the store's tables up to this version."""

from typing import Annotated

import typer

from collector import settings as settings_module


def migrate(
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL that would run; change nothing.")
    ] = False,
) -> None:
    """Create or change the tables of the store. The other commands do this by themselves when they start."""
    from collector.storage import migrate as storage_migrate
    from collector.storage.open import open_store

    opened = open_store(settings_module.load(store=store).store.get_secret_value())
    try:
        missing = storage_migrate.plan(opened) if dry_run else storage_migrate.migrate(opened)
    finally:
        opened.close()
    for migration in missing:
        if dry_run:
            typer.echo(f"-- {migration.version:04} {migration.name}\n{migration.sql.strip()};\n")
        else:
            typer.echo(f"applied {migration.version:04} {migration.name}")
    if not missing:
        typer.echo("Nothing to do: the store is up to date.")
    elif not dry_run:
        typer.echo(f"{len(missing)} migrations applied.")
