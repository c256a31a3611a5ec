"""`headwater incidents`: what went wrong, since when, why, and whether it is over."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands import incident_show
from collector.commands.show import console, iso_ms, moment, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.detect.incident_words import Watched
    from schemas.incidents import Incident, IncidentChange

app = typer.Typer(invoke_without_command=True)
app.command()(incident_show.show)

_Store = Annotated[str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")]


@app.callback()
def incidents(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="15m, 2h, 7d or 2026-11-23T10:00:00")] = "7d",
    topic: Annotated[str, typer.Option(help="Only incidents on this topic.")] = "",
    kind: Annotated[str, typer.Option(help="Only of this kind, e.g. dead_letters or producer_silent.")] = "",
    team: Annotated[str, typer.Option(help="Only those of this team.")] = "",
    state: Annotated[str, typer.Option(help="all, 'not over' or over.")] = "all",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Judge the facts anew by the rules of today; writes nothing.")
    ] = False,
    store: _Store = None,
) -> None:
    """Say whether something is wrong now, and list incidents with likely causes and diaries; `ack ID` takes one on."""
    if context.invoked_subcommand:
        return
    from collector import settings as settings_module
    from collector.commands.show import opened_store
    from collector.detect.incident_words import STATES, Wanted, Watched
    from collector.detect.read_incidents import read_diaries, read_incidents
    from collector.detect.watch_incidents import replay as judge_again

    if state not in STATES:
        raise SettingsError(f"--state is one of {', '.join(STATES)}.")
    now = datetime.now(UTC)
    begin = moment(since, now) or now - timedelta(days=7)
    wanted = Wanted(topic, kind, team, state)
    with opened_store(store) as opened:
        watched = Watched(**opened.query("incidents_watched")[0])
        if replay:
            found = [
                one.incident for one in judge_again(opened, settings_module.load(store=store), begin, now)
            ]
            found = wanted.of(found[::-1])
            diaries: dict[str, list[IncidentChange]] = {}
        else:
            found = wanted.of(read_incidents(opened, since=begin, until=now))
            diaries = read_diaries(opened, [one.incident_id for one in found])
    if as_json:
        print_json([document(one, diaries.get(one.incident_id, ()), now) for one in found])
        return
    _print(found, diaries, watched, now)


@app.command()
def ack(
    incident: Annotated[str, typer.Argument(help="The incident's id, or as much of it as is unique.")],
    by: Annotated[str, typer.Option(help="Who takes it on; without, nobody is named.")] = "",
    store: _Store = None,
) -> None:
    """Say that somebody takes care of an incident: from then on the time to acknowledge is known."""
    from collector.commands.show import opened_store
    from collector.detect.acknowledge import acknowledge

    with opened_store(store) as opened:
        one = acknowledge(opened, incident, by, "command", datetime.now(UTC))
    when = iso_ms(one.acknowledged_time) if one.acknowledged_time else ""
    who = f" by {one.acknowledged_by}" if one.acknowledged_by else ""
    console().print(plain(f"{one.incident_id}  {one.title}: acknowledged{who} at {when}"), soft_wrap=True)


def document(one: "Incident", diary: "Sequence[IncidentChange]", now: datetime) -> Mapping[str, Any]:
    """Return an incident for programs, as of `now`: what is not known is null."""
    from collector.detect.story import tell

    times = ("impact_time", "detected_time", "acknowledged_time", "mitigated_time", "resolved_time")
    names = ("topic", "service", "consumer_group", "flow", "team", "parent_id", "acknowledged_by")
    return {
        "incident": one.incident_id,
        "kind": one.kind,
        "state": one.state,
        "severity": one.severity,
        "title": one.title,
        "explanation": tell(one, now).paragraph,
        **{name: getattr(one, name) or None for name in names},
        **{name: iso_ms(time) if (time := getattr(one, name)) else None for name in times},
        "reopened": one.reopened,
        "backfilled": one.backfilled,
        "bad": one.bad,
        "total": one.total or None,
        "left_behind": one.left_behind,
        "causes": [
            {
                "kind": cause.kind,
                "time": iso_ms(cause.time),
                "text": cause.text,
                "likelihood": cause.likelihood,
                "service": cause.service or None,
                "topic": cause.topic or None,
                "event": cause.event or None,
            }
            for cause in one.causes
        ],
        "sample_events": list(one.sample_events),
        "diary": [{"time": iso_ms(line.time), "change": line.change, "text": line.text} for line in diary],
    }


def _print(
    found: "Sequence[Incident]",
    diaries: "Mapping[str, Sequence[IncidentChange]]",
    watched: "Watched",
    now: datetime,
) -> None:
    from collector.detect.incident_words import folded, headline

    out = console()
    families = folded(found)
    said = headline(families, watched, now)
    out.print(plain(said.sentence), soft_wrap=True)
    for detail in said.details:
        out.print(plain(detail), soft_wrap=True)
    for family in families:
        out.print()
        _print_one(family.incident, diaries.get(family.incident.incident_id, ()), "", now)
        for child in family.children:
            _print_one(child, diaries.get(child.incident_id, ()), "  ↳ ", now)


def _print_one(one: "Incident", diary: "Sequence[IncidentChange]", before: str, now: datetime) -> None:
    from collector.detect.incident_words import is_live
    from collector.detect.story import tell

    out, indent = console(), " " * (len(before) + 4)
    taken = f"  acknowledged by {one.acknowledged_by or 'somebody'}" if one.acknowledged_time else ""
    if is_live(one) and not one.acknowledged_time:
        taken = "  not acknowledged"
    said = (iso_ms(one.impact_time), one.state.upper(), one.severity, one.incident_id, one.title + taken)
    out.print(plain(before + "  ".join(said)), soft_wrap=True)
    out.print(plain(f"{indent}{tell(one, now).paragraph}"), soft_wrap=True)
    for line in diary:
        out.print(plain(f"{indent}{iso_ms(line.time)}  {line.change}: {line.text}"), soft_wrap=True)
