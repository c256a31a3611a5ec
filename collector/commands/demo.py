"""`headwater demo`: a company that runs on events, and Headwater looking at it."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from collector import settings as settings_module
from collector.errors import SettingsError


def demo(
    *,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End by itself after this time; without, run until Ctrl-C.")
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.01, max=2000, help="Cascades a second, of about 13 events.")
    ] = 3.0,
    history: Annotated[
        float, typer.Option(metavar="DAYS", min=0, max=400, help="First produce this many past days.")
    ] = 0.0,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Store and collector only.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Keep store and logs in this folder; without, in a temporary one.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="Write the true cause of every event to this file, as JSON lines.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number, another company.")] = 1,
    company_only: Annotated[
        bool, typer.Option("--company-only", help="No Headwater: only the company and its broker.")
    ] = False,
    bootstrap_servers: Annotated[
        str | None, typer.Option(help="Use these brokers, and not one of the demo's own.")
    ] = None,
) -> None:
    """Show a live system of events: an online shop of fifteen services, and what Headwater makes of it."""
    # What is imported now takes a second or two: say at once that something happens.
    typer.echo("Headwater shows you an online shop. Ctrl-C stops everything and leaves nothing behind.\n")
    try:
        from collector.demo.run import run
        from collector.demo.stage import Plan
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f"The demo needs the package {missing.name}. Install Headwater with its demo extra: "
            "pip install 'headwater[demo]'."
        ) from None
    from rich.console import Console

    from collector.commands.up import stop_on_signals
    from collector.demo.show import Show
    from collector.telemetry import configure_log

    configure_log()
    settings = settings_module.load(bootstrap_servers=bootstrap_servers)
    plan = Plan(
        rate=rate,
        seconds=seconds,
        history_days=history,
        seed=seed,
        dashboard=not no_dashboard,
        headwater=not company_only,
        data=data,
        truth=truth,
    )
    show = Show(Console(highlight=False), time.monotonic())

    async def main() -> None:
        await run(plan, settings, show, stop_on_signals())

    asyncio.run(main())
