"""`headwater redrive`: send dead letters back. Without `run` or `resume` nothing is ever sent."""

import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector import settings as settings_module
from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json
from collector.errors import HeadwaterError, SettingsError

if TYPE_CHECKING:
    from collector.redrive.audit import Audit, Redrive
    from collector.redrive.plan import Plan, Selection
    from collector.settings import Settings
    from collector.storage.api import Store

app = typer.Typer(
    help="Send dead letters back to where they failed: plan first, then run. The only thing that writes to Kafka.",
    no_args_is_help=True,
)
_SINCE = "7d"
_STATES = {"recovered": "already recovered", "sent again": "already sent again, and not heard of since"}

Topic = Annotated[str, typer.Option(help="Failures of events of this topic.")]
Group = Annotated[str, typer.Option(help="Failures of this consumer group, connector or service.")]
Reason = Annotated[str, typer.Option(help="Failures of this reason, by its id from `headwater dlq`.")]
Exception_ = Annotated[
    str, typer.Option("--exception", help="Failures with this exception class, or its end.")
]
Event = Annotated[
    list[str] | None, typer.Option(help="This dead letter: topic/partition/offset. Repeatable.")
]
Since = Annotated[str, typer.Option(help="Given up since: 15m, 2h, 7d, or a date-time.")]
Until = Annotated[str | None, typer.Option(help="Given up before then.")]
To = Annotated[
    str, typer.Option(help="Topic to send to instead of the one they came from, such as a retry topic.")
]
Include = Annotated[
    list[str] | None,
    typer.Option(help="Send these too: `recovered`, `sent again`. They may be processed twice."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
StoreUrl = Annotated[
    str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
]


@app.command()
def plan(
    topic: Topic = "", group: Group = "", reason: Reason = "", exception: Exception_ = "", event: Event = None,
    since: Since = _SINCE, until: Until = None, to: To = "", include: Include = None,
    as_json: AsJson = False, store: StoreUrl = None,
) -> None:  # fmt: skip
    """Say what a redrive would do: how many, to where, who sees them again, what happens twice. Sends nothing."""
    from collector.redrive.plan import check, make_plan

    selection = _selection(topic, group, reason, exception, event, since, until, to, include)
    check(selection)
    with opened_store(store) as opened:
        made = make_plan(opened, selection)
    if as_json:
        print_json(made.summary())
        return
    _print_plan(made)
    if made.items:
        again = _as_options(topic, group, reason, exception, event, since, until, to, include)
        console().print(
            f"\nNothing was sent. To send them: headwater redrive run {again} --confirm {len(made.items)}",
            soft_wrap=True,
        )


@app.command()
def run(
    topic: Topic = "", group: Group = "", reason: Reason = "", exception: Exception_ = "", event: Event = None,
    since: Since = _SINCE, until: Until = None, to: To = "", include: Include = None,
    confirm: Annotated[
        int | None, typer.Option(help="How many the plan said; without it you are asked.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, max=100_000, help="Records per second at most.")] = 50.0,
    cap: Annotated[
        int, typer.Option("--max", min=1, max=100_000, help="Refuse to send more than this.")
    ] = 10_000,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers, comma separated.")] = None,
    store: StoreUrl = None,
) -> None:  # fmt: skip
    """Send them, each exactly once. Ctrl-C stops between two transactions; `resume` goes on."""
    from collector.redrive.audit import Audit
    from collector.redrive.plan import check, make_plan

    settings = _enabled(settings_module.load(bootstrap_servers=bootstrap_servers, store=store))
    selection = _selection(topic, group, reason, exception, event, since, until, to, include)
    check(selection)
    with opened_store(store) as opened:
        made = make_plan(opened, selection)
        _print_plan(made)
        if not made.items:
            return
        if len(made.items) > cap:
            raise SettingsError(
                f"{len(made.items):,} dead letters are more than --max {cap:,}: narrow it down, or raise --max."
            )
        _confirm(len(made.items), confirm)
        audit = Audit(opened)
        redrive = audit.begin(_told(selection), made.items, rate_per_second=rate, now=datetime.now(UTC))
        _carry_out(settings, opened, audit, redrive)


@app.command()
def resume(
    redrive_id: Annotated[str, typer.Argument(help="Which one, from `headwater redrive status`.")],
    rate: Annotated[
        float | None, typer.Option(min=0.1, max=100_000, help="Records per second from now on.")
    ] = None,
    bootstrap_servers: Annotated[str | None, typer.Option(help="Kafka brokers, comma separated.")] = None,
    store: StoreUrl = None,
) -> None:
    """Go on with a redrive that was interrupted or killed, where it was. Nothing is sent twice."""
    from dataclasses import replace

    from collector.redrive.audit import Audit

    settings = _enabled(settings_module.load(bootstrap_servers=bootstrap_servers, store=store))
    with opened_store(store) as opened:
        audit = Audit(opened)
        redrive = audit.find(redrive_id)
        if redrive.state == "done":
            console().print(f"{redrive_id} is done: there is nothing left to send.")
            return
        _carry_out(settings, opened, audit, replace(redrive, rate_per_second=rate or redrive.rate_per_second))


@app.command()
def status(
    redrive_id: Annotated[str, typer.Argument(help="One of them, with its records; all without.")] = "",
    as_json: AsJson = False,
    store: StoreUrl = None,
) -> None:
    """Say what was sent back, when, by whom, and what is still to be sent."""
    with opened_store(store) as opened:
        rows = opened.query("redrives", {"id": redrive_id, "rows_max": 100})
        records = opened.query("redrive_records", {"id": redrive_id}) if redrive_id else []
    if redrive_id and not rows:
        raise SettingsError(f"There is no redrive {redrive_id!r}: `headwater redrive status` lists them.")
    if as_json:
        print_json({"redrives": rows, "records": records})
        return
    out = console()
    if not rows:
        out.print("Nothing was ever sent back.")
    for row in rows:
        note = f" ({plain(row['note'])})" if row["note"] else ""
        out.print(
            f"{row['redrive_id']}  {row['state']}{note}  {row['sent']:,} of {row['planned']:,} sent, "
            f"{row['remaining']:,} to go, {row['gone']:,} no longer in the topic, {row['elsewhere']:,} by another "
            f"redrive  began {iso_ms(row['created_time'])} by {plain(row['actor'])}",
            soft_wrap=True,
        )
    for row in records:
        place = f"{row['topic']}/{row['partition']}/{row['offset']}"
        where = f" → {row['target_topic']}/{row['target_partition']}/{row['target_offset']}"
        out.print(
            f"  {plain(place)}  {row['state']}{plain(where) if row['state'] == 'sent' else ''}",
            soft_wrap=True,
        )


def _selection(
    topic: str, group: str, reason: str, exception: str, event: list[str] | None, since: str, until: str | None,
    to: str, include: list[str] | None,
) -> "Selection":  # fmt: skip
    from collector.redrive.plan import Selection

    now = datetime.now(UTC)
    odd = set(include or ()) - set(_STATES)
    if odd:
        raise SettingsError(
            f"--include takes {' or '.join(map(repr, _STATES))}, not {plain(sorted(odd)[0])!r}."
        )
    return Selection(
        since=moment(since, now) or now - timedelta(days=7),
        until=moment(until, now) or now + timedelta(days=1),
        topic=topic, group=group, reason=reason, exception=exception, events=tuple(event or ()), to=to,
        include=tuple(include or ()),
    )  # fmt: skip


def _as_options(
    topic: str, group: str, reason: str, exception: str, event: list[str] | None, since: str, until: str | None,
    to: str, include: list[str] | None,
) -> str:  # fmt: skip
    import shlex

    pairs: list[tuple[str, str | None]] = [
        ("topic", topic), ("group", group), ("reason", reason), ("exception", exception),
        *(("event", one) for one in event or ()), ("since", since if since != _SINCE else ""), ("until", until),
        ("to", to), *(("include", one) for one in include or ()),
    ]  # fmt: skip
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in pairs if value)


def _told(selection: "Selection") -> dict[str, Any]:
    from dataclasses import asdict

    return {name: value for name, value in asdict(selection).items() if value}


def _enabled(settings: "Settings") -> "Settings":
    if not settings.redrive_enabled:
        raise SettingsError(
            "Sending dead letters back is switched off. Whoever may decide that sets redrive_enabled = true in "
            "headwater.toml, or HEADWATER_REDRIVE_ENABLED=true. `headwater redrive plan` works without."
        )
    return settings


def _confirm(count: int, confirmed: int | None) -> None:
    import sys

    if confirmed is None and sys.stdin.isatty():
        confirmed = typer.prompt(f"Type {count} to send them", type=int)
    if confirmed != count:
        said = "nothing was confirmed" if confirmed is None else f"{confirmed:,} were confirmed"
        raise SettingsError(
            f"{count:,} dead letters would be sent now, and {said}: nothing was sent. Give --confirm {count}."
        )


def _carry_out(settings: "Settings", store: "Store", audit: "Audit", redrive: "Redrive") -> None:
    from collector.redrive.carry_out import carry_out

    out, stopping = console(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    out.print(
        f"Redrive {redrive.redrive_id}: at most {redrive.rate_per_second:g} records per second",
        soft_wrap=True,
    )
    audit.state(redrive, "running", "", datetime.now(UTC))
    try:
        causes = _causes(store, audit, redrive)
        outcome = carry_out(
            settings, audit, redrive, causes, stopping=stopping.is_set,
            told=lambda done, of: out.print(f"{done:,} of {of:,}"),
        )  # fmt: skip
    except HeadwaterError as error:
        audit.state(redrive, "stopped", str(error), datetime.now(UTC))
        raise
    audit.state(redrive, "interrupted" if outcome.stopped else "done", "", datetime.now(UTC))
    out.print(
        f"{outcome.sent:,} sent now"
        + (f", {outcome.gone:,} were no longer in the topic" if outcome.gone else "")
        + (f", {outcome.elsewhere:,} had been sent by another redrive" if outcome.elsewhere else "")
        + (f". Stopped: headwater redrive resume {redrive.redrive_id}" if outcome.stopped else ". Done."),
        soft_wrap=True,
    )


def _causes(store: "Store", audit: "Audit", redrive: "Redrive") -> dict[Any, str]:
    from schemas.records import EventRef

    places = [item.dead_letter for item in audit.items(redrive.redrive_id)]
    rows: list[dict[str, Any]] = []
    for start in range(0, len(places), 5_000):
        part: Sequence[EventRef] = places[start : start + 5_000]
        rows += store.query(
            "redrive_causes",
            {
                "topics": [place.topic for place in part],
                "partitions": [place.partition for place in part],
                "offsets": [place.offset for place in part],
            },
        )
    return {EventRef.of(row): row["exception"] for row in rows}


def _print_plan(made: "Plan") -> None:
    out = console()
    for number, line in enumerate(plan_lines(made)):
        out.print(plain(line), style="bold" if not number else "", soft_wrap=True)


def plan_lines(made: "Plan") -> list[str]:
    """Return what a plan says, in sentences."""
    lines = [f"{len(made.items):,} of {made.failures:,} failures would be sent again."]
    lines += [f"  not sent: {count:,} {_STATES.get(why, why)}" for why, count in made.left_out.items()]
    if made.cut:
        lines.append("  More match than are looked at: narrow it down by --since, or by reason.")
    if not made.items:
        return lines
    lines += [f"  to {topic}: {count:,}" for topic, count in made.targets.items()]
    if made.failed_again:
        lines.append(
            f"  {made.failed_again:,} have failed again after an earlier redrive: is the reason gone?"
        )
    if made.guessed:
        lines.append(f"  {made.guessed:,} name no origin; it is inferred from equal key, size and structure.")
    failed = ", ".join(made.groups) or "a consumer group that is not named"
    lines.append(f"Failed for: {failed}.")
    others = sorted({reader.group for reader in made.readers if not reader.failed})
    if others:
        lines.append(f"Will see them again without having failed on them: {', '.join(others)}.")
    elif made.readers_known:
        lines.append("No other consumer group reads the target.")
    else:
        lines.append(
            "Which consumer groups read the target is not known: the brokers were not asked, or did not say."
        )
    for effect in made.effects[:10]:
        who = effect.service or "a service that is not named"
        lines.append(
            f"Happens twice unless {who} is idempotent: {effect.events:,} on {effect.topic} "
            f"from {effect.causes:,} of them, such as {effect.sample}."
        )
    if not made.effects:
        lines.append("No other event is known that these caused.")
    if made.newer:
        lines.append(
            f"{made.newer:,} have a newer event with the same key: sending them puts the old one last."
        )
    lines.append(
        "Consumers that read uncommitted may see the last 100 of a killed run twice, "
        "marked by the same headwater-redriven-from."
    )
    return lines
