"""`headwater up`: store, collector and dashboard together, supervised."""

import asyncio
import signal
from collections.abc import Mapping
from typing import Annotated

import typer

from collector import settings as settings_module
from collector.supervise import Event, Supervisor


def up(
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers, comma separated.")] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
    ] = None,
    dashboard_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the dashboard; 0 takes a free one.")
    ] = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Store and collector only.")] = False,
) -> None:
    """Run everything against your brokers until Ctrl-C. Read-only: nothing is written to a topic of yours."""
    from collector.parts import choose_dashboard_port, choose_http_port

    settings = settings_module.load(
        bootstrap_servers=bootstrap_servers, store=store, dashboard_port=dashboard_port
    )
    port = None if no_dashboard else choose_dashboard_port(settings)
    asyncio.run(_run(settings, port, choose_http_port(settings)))


async def _run(settings: settings_module.Settings, port: int | None, http_port: int) -> None:
    from collector.parts import dashboard_url, http_url, logs_folder, parts

    environment = {
        "HEADWATER_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "HEADWATER_STORE": settings.store.get_secret_value(),
    }
    logs = logs_folder(settings)
    urls = {"receiver": f"spans go to {http_url(settings, http_port)}"}
    if port is not None:
        urls["dashboard"] = dashboard_url(settings, port)
    supervisor = Supervisor(
        parts(settings, environment, dashboard_port=port, http_port=http_port),
        logs,
        lambda event: _say(event, urls),
    )
    stopping = stop_on_signals()
    typer.echo(f"Reading from {settings.bootstrap_servers}. Logs are in {logs}. Ctrl-C stops everything.")
    starting = asyncio.create_task(supervisor.start())
    try:
        await stopping.wait()
    finally:
        starting.cancel()
        await supervisor.stop()


def stop_on_signals() -> asyncio.Event:
    """Return an event that Ctrl-C or SIGTERM sets."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _say(event: Event, urls: Mapping[str, str]) -> None:
    if event.kind == "printed":
        typer.echo(f"{event.child:>9} | {plain(event.text)}")
    elif event.kind == "ready" and event.child in urls:
        typer.echo(f"{event.child:>9} * ready: {urls[event.child]}")
    else:
        typer.echo(f"{event.child:>9} * {event.kind} {plain(event.text)}".rstrip())


def plain(text: str) -> str:
    """Return `text` without control characters: what a child prints may hold text from the wire."""
    return "".join(character if character.isprintable() else " " for character in text)
