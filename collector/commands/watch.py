"""`headwater watch`: infer, detect and tell, from what is stored."""

import signal
import threading
from datetime import UTC, datetime
from typing import Annotated

import typer

from collector import settings as settings_module


def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once at everything, and exit.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Say more in the log.")] = False,
) -> None:
    """Look again and again at what is stored: what caused what, what is wrong, since when, and who must know."""
    from collector.storage.migrate import migrate
    from collector.storage.open import open_store
    from collector.telemetry import configure_log
    from collector.watch import run, run_once, tasks

    configure_log(verbose=verbose)
    settings = settings_module.load(store=store)
    opened = open_store(settings.store.get_secret_value())
    try:
        migrate(opened)
        todo = tasks(opened, settings)
        if once:
            run_once(opened, todo, datetime.now(UTC))
        else:
            run(opened, todo, stopping=_signals().wait)
    finally:
        opened.close()


def _signals() -> threading.Event:
    """Return an event that Ctrl-C or SIGTERM sets."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
