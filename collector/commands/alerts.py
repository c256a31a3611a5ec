"""`headwater alerts`: who is told of incidents, whether that works, and what would have been told."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from collector import settings as settings_module
from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json

if TYPE_CHECKING:
    from collector.settings import AlertChannel

app = typer.Typer(no_args_is_help=False, invoke_without_command=True)

_Store = Annotated[str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document for programs.")]


@app.callback()
def alerts(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="15m, 2h, 7d or 2026-11-23T10:00:00")] = "7d",
    as_json: _Json = False,
    store: _Store = None,
) -> None:
    """Show what was told to whom; `test` sends one to every channel, `dry-run` tells what would have been sent."""
    if context.invoked_subcommand:
        return
    now = datetime.now(UTC)
    begin = moment(since, now) or now - timedelta(days=7)
    with opened_store(store) as opened:
        rows = opened.query("alerts_since", {"since": begin})
    if as_json:
        print_json(rows)
        return
    out = console()
    if not rows:
        out.print(plain(f"Nothing was to be told since {since}."))
    for row in rows:
        problem = f"  {row['problem']}" if row["problem"] else ""
        sent = f" at {iso_ms(row['sent_time'])}" if row["sent_time"] else ""
        line = (
            f"{iso_ms(row['created_time'])}  {row['state']}{sent}  {row['channel']}  {row['transition']}  "
            f"{row['incident_id']}  {row['attempts']} attempts{problem}"
        )
        out.print(plain(line), soft_wrap=True)


@app.command("test")
def send_trial(
    channel: Annotated[str | None, typer.Argument(help="Name of a channel; without, all of them.")] = None,
) -> None:
    """Send a made-up alert, and the end of it, to every channel, and say what each answered."""
    from collector.alert.send import SendError, send
    from collector.alert.trial import trial_alerts
    from collector.errors import SettingsError

    settings = settings_module.load()
    chosen = [one for one in settings.alerts if channel in (None, one.name)]
    if not chosen:
        raise SettingsError(
            "No such channel. `[[alerts]]` in headwater.toml declares who is told of incidents."
        )
    failed = False
    for one in chosen:
        try:
            for alert in trial_alerts(datetime.now(UTC), settings.dashboard_url):
                send(one, alert)
        except SendError as error:
            failed = True
            _say("✗", one, f"not taken: {error}", "red")
        else:
            _say("✓", one, "taken", "green")
    if failed:
        raise typer.Exit(1)


@app.command("dry-run")
def dry_run(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d or 2026-11-23T10:00:00")] = "7d",
    as_json: _Json = False,
    store: _Store = None,
) -> None:
    """Judge the past anew and list what would have been sent, when, and to whom. Sends nothing."""
    from collector.alert.dry_run import would_have_sent

    settings = settings_module.load(store=store)
    now = datetime.now(UTC)
    begin = moment(since, now) or now - timedelta(days=7)
    with opened_store(store) as opened:
        found = would_have_sent(opened, settings, begin, now)
    if as_json:
        print_json(
            [
                {
                    "time": iso_ms(one.time),
                    "channel": one.channel,
                    "transition": one.transition,
                    "incident": one.incident.incident_id,
                    "headline": one.headline,
                    "explanation": one.explanation,
                }
                for one in found
            ]
        )
        return
    out = console()
    if not settings.alerts:
        out.print("No channel is declared: this is what one that hears of everything would have got.")
    for one in found:
        out.print(plain(f"{iso_ms(one.time)}  {one.channel}  {one.headline}"), soft_wrap=True)
        out.print(plain(f"    {one.explanation}"), soft_wrap=True)
    out.print(plain(f"{len(found)} alerts would have been sent since {since}."))


def _say(mark: str, channel: "AlertChannel", text: str, style: str) -> None:
    console().print(plain(f"{mark} {channel.name} ({channel.kind}): {text}"), style=style, soft_wrap=True)
