"""`headwater flows`: how cascades of each class usually run, and which do not come to their end."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, moment, opened_store, plain, print_json

if TYPE_CHECKING:
    from collector.detect.flow_classes import FlowClass
    from collector.detect.flows import KindOf, Step, Stuck


def flows(
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time: cascades that began then.")] = "1h",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Show classes of cascades by their root, and the steps that usually follow and are missing now."""
    from collector.detect.flow_classes import read_flow_classes
    from collector.detect.flows import find_stuck, read_habits

    now = datetime.now(UTC)
    start = moment(since, now) or now
    with opened_store(store) as opened:
        habits = read_habits(opened, now)
        stuck = find_stuck(opened, now, habits=habits)
        classes = read_flow_classes(opened, start, now, habits=habits)
    if as_json:
        print_json(
            {
                "since": iso_ms(start),
                "until": iso_ms(now),
                "flows": [class_document(one) for one in classes],
                "stuck": [stuck_document(one) for one in stuck],
            }
        )
        return
    out = console()
    if not classes:
        out.print(f"No cascade began since {iso_ms(start)}.")
    for one in stuck:
        out.print(_stuck_line(one, now), style="bold" if one.unusual else "", soft_wrap=True)
    for flow in classes:
        out.print(_class_line(flow), soft_wrap=True)


def kind_name(kind: "KindOf") -> str:
    """Return `topic (type)`, or the topic where events have no type."""
    topic, type_ = kind
    return f"{topic} ({type_})" if type_ else topic


def step_document(step: "Step") -> dict[str, Any]:
    """Return a usual step as JSON."""
    return {
        "cause": {"topic": step.cause[0], "type": step.cause[1] or None},
        "effect": {"topic": step.effect[0], "type": step.effect[1] or None},
        "service": step.service or None,
        "usual_share": round(step.share, 4),
        "learned_from": step.causes,
        "p50_ms": step.p50_ms,
        "p95_ms": step.p95_ms,
        "p99_ms": step.p99_ms,
    }


def stuck_document(one: "Stuck") -> dict[str, Any]:
    """Return a missing step with the events that wait for it as JSON."""
    return {
        "step": step_document(one.step),
        "waiting": one.waiting,
        "due": one.due,
        "usually_missing": round(one.usual, 2),
        "unusual": one.unusual,
        "first_time": iso_ms(one.first_time),
        "last_time": iso_ms(one.last_time),
        "examples": [str(ref) for ref in one.examples],
    }


def class_document(one: "FlowClass") -> dict[str, Any]:
    """Return a class of cascades as JSON."""
    return {
        "topic": one.topic,
        "type": one.type or None,
        "service": one.service or None,
        "roots": one.roots,
        "per_minute": round(one.per_minute, 4),
        "followed": one.followed,
        "events": {"p50": one.events_p50, "p95": one.events_p95},
        "depth": {"p50": one.depth_p50, "p95": one.depth_p95},
        "duration_ms": {"p50": one.duration_p50_ms, "p95": one.duration_p95_ms},
        "completed": one.completed,
        "failed": one.failed,
        "incomplete": one.incomplete,
        "running": one.running,
        "cut": one.cut,
        "missing": [
            {"step": step_document(step), "cascades": number, "example": str(ref)}
            for step, number, ref in one.missing
        ],
        "newest": str(one.newest),
    }


def _stuck_line(one: "Stuck", now: datetime) -> str:
    step = one.step
    waited = now - one.first_time
    return plain(
        f"! {kind_name(step.effect)} usually follows {kind_name(step.cause)} within {step.p95_ms / 1000:,.1f} s "
        f"({step.share:.0%}); missing for {one.waiting:,} of {one.due:,}, the oldest for "
        f"{waited.total_seconds() / 60:,.0f} min  e.g. {one.examples[0]}"
    )


def _class_line(one: "FlowClass") -> str:
    ended = one.followed - one.running
    completed = f"{one.completed / ended:.0%} complete" if ended else "none at its end yet"
    missing = "".join(
        f"; missing {kind_name(step.effect)} in {number}, e.g. {ref}" for step, number, ref in one.missing[:1]
    )
    return plain(
        f"  {kind_name((one.topic, one.type))} by {one.service or 'a service that is not on the wire'}: "
        f"{one.per_minute:,.1f}/min, {one.events_p50:,.0f} events (95 % have at most {one.events_p95:,.0f}), depth "
        f"{one.depth_p50:,.0f}, {one.duration_p50_ms / 1000:,.1f} s (95 %: {one.duration_p95_ms / 1000:,.1f} s), "
        f"{completed}, {one.failed} with dead letters of {one.followed} followed{missing}"
    )
