"""`headwater store`: serve the embedded store to everybody else on this machine."""

from typing import Annotated

import typer

from collector import settings as settings_module
from collector.errors import SettingsError


def store(
    store: Annotated[str | None, typer.Option(help="embedded:DIR")] = None,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes that of last time, or a free one."),
    ] = 0,
) -> None:
    """Run the embedded store in the foreground, as ClickHouse over HTTP, until Ctrl-C."""
    # chDB is half a gigabyte of library: only this command may load it.
    from rich.console import Console

    from collector.storage.folder import ServerState
    from collector.storage.host import end, host
    from collector.storage.open import embedded_folder

    embedded = embedded_folder(settings_module.load(store=store).store.get_secret_value())
    if embedded is None:
        raise SettingsError(
            "HEADWATER_STORE names a server, and a server runs by itself. "
            "Write `embedded:DIR` to run a store here."
        )
    folder, _ = embedded
    console = Console(highlight=False, soft_wrap=True)

    def say(state: ServerState) -> None:
        console.print(
            f"The store answers on http://127.0.0.1:{state.port}/ (ClickHouse over HTTP).", markup=False
        )
        console.print(f"User and password are in {folder / 'store.json'}. Ctrl-C ends it.", markup=False)

    host(folder, port=port, say=say)
    end(0)
