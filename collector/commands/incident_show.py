"""`headwater incidents show ID`: the story of one incident, as its page tells it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, iso_ms, opened_store, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.detect.incident_steps import Step
    from collector.report.read_story import Told


def show(
    incident: Annotated[str, typer.Argument(help="The incident's id, or as much of it as is unique.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document for programs.")] = False,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Tell one incident: since when, why, what it touched, what happened when, and what to do next."""
    from collector.report.read_story import read_told

    with opened_store(store) as opened:
        told = read_told(opened, incident, datetime.now(UTC))
    if told is None:
        raise SettingsError(
            f"There is not exactly one incident whose id begins with {incident!r}. `headwater incidents` lists them."
        )
    if as_json:
        print_json(document(told))
        return
    for line in lines(told):
        console().print(plain(line), soft_wrap=True)


def document(told: "Told") -> Mapping[str, Any]:
    """Return the story for programs: what `headwater incidents --json` says, and all around it. Unknown is null."""
    from collector.commands.incidents import document as listed

    blast, one, steps = told.blast, told.incident, _steps(told)
    return {
        **listed(one, told.diary, told.now),
        "story": told.story.paragraph,
        "escalated_time": told.escalated and iso_ms(told.escalated),
        "left_behind": told.left_behind,
        "parent": told.parent and {"incident": told.parent.incident_id, "title": told.parent.title},
        "children": [{"incident": child.incident_id, "title": child.title} for child in told.children],
        "timeline": [
            {
                "time": iso_ms(moment.time),
                "kind": moment.kind,
                "text": moment.text,
                "likelihood": moment.likelihood,
                "event": moment.event or None,
            }
            for moment in told.story.timeline
        ],
        "blast_radius": blast
        and {
            "events": blast.events,
            "dead_letters": blast.dead_letters,
            "topics": list(blast.topics),
            "services": list(blast.services),
            "keys": blast.keys,
            "is_at_least": blast.sampled,
        },
        "consumer_groups": list(told.groups),
        "reasons": [
            {
                "reason": reason.reason_id,
                "exception": reason.exception or None,
                "dead_letters": reason.dead_letters,
                "waiting": reason.waiting,
            }
            for reason in told.reasons
        ],
        "alerts": [
            {
                "channel": row["channel"],
                "transition": row["transition"],
                "state": row["state"],
                "sent_time": row["sent_time"] and iso_ms(row["sent_time"]),
            }
            for row in told.alerts
        ],
        "next": [{"text": step.text, "command": step.command or None} for step in steps],
    }


def _steps(told: "Told") -> "list[Step]":
    from collector.detect.incident_steps import next_steps

    return next_steps(
        told.incident,
        waiting=told.left_behind,
        sample=told.sample,
        reasons=told.reason_ids,
        change_ids=told.change_ids,
    )


def lines(told: "Told") -> list[str]:
    """Return the story line by line. Text from the wire is not yet safe for a terminal."""
    from collector.detect.incident_steps import ambiguity, left_words, life

    one, story, blast = told.incident, told.story, told.blast
    escalated = f", escalated {iso_ms(told.escalated)}" if told.escalated else ""
    found = [f"{one.incident_id}  {story.state.upper()}  {one.severity}{escalated}", story.paragraph, ""]
    for each in life(one):
        took = f"  {each.took}" if each.took else ""
        found.append(f"{each.name:<14}{iso_ms(each.time) if each.time else each.otherwise}{took}")
        found.append(f"{'':<14}{each.meaning}")
    found += ["", "What happened when"]
    for moment in story.timeline:
        likely = "" if moment.likelihood is None else f"  ({moment.likelihood:.0%} likely to be the cause)"
        event = f"  [{moment.event}]" if moment.event else ""
        found.append(f"  {iso_ms(moment.time)}  {moment.text}{likely}{event}")
    found += ["", "Why", f"  {ambiguity(one.causes)}"]
    found += [f"  {cause.likelihood:>4.0%}  {cause.text}" for cause in one.causes]
    found += ["", "What it touched"]
    if blast is None:
        found.append("  downstream: not known, none of its sample events is stored any more")
    else:
        least = "at least " if blast.sampled else ""
        found.append(
            f"  {least}{blast.events} events, topics: {', '.join(blast.topics) or 'none'}; "
            f"services: {', '.join(blast.services) or 'none named'}; business keys: {blast.keys or 'none'}"
        )
    found.append(f"  consumer groups: {', '.join(told.groups) or 'not known'}")
    found.append(f"  left behind: {left_words(one, told.left_behind)}")
    if told.children:
        found += ["", "Part of it"]
        found += [f"  {child.incident_id}  {child.state}  {child.title}" for child in told.children]
    found += ["", "Diary"]
    found += [f"  {iso_ms(line.time)}  {line.change}: {line.text}" for line in told.diary]
    found += ["", "What to do"]
    for step in _steps(told):
        found.append(f"  {step.text}")
        if step.command:
            found.append(f"      {step.command}")
    return found
