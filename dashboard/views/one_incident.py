"""One incident in full: its story on one axis, why, what it touched, what to do, and how each number is meant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import streamlit as st

from collector import links
from collector.detect.incident_steps import Life, Step, ambiguity, left_words, life, next_steps
from collector.detect.incident_words import away, is_live, much
from collector.detect.story import CAUSE_WORDS, KIND_WORDS, STATE_MEANINGS, STATE_WORDS, Moment
from collector.report.read_story import Told
from dashboard.component import link_list
from dashboard.draw_incident import draw, to_html
from dashboard.facts import code, table
from dashboard.frame import (
    go_to_change,
    go_to_event,
    go_to_incident,
    go_to_reason,
    go_to_service,
    go_to_topic,
    no_data,
    notice,
    utc_now,
    verdict,
)
from dashboard.read import rows, told_incident
from dashboard.text import clock, count, escaped, many, stamp, visible
from schemas.incidents import Cause, Incident

NAMES_SHOWN = 12


def draw_incident(asked: str) -> None:
    """Draw the page of one incident."""
    told = told_incident(asked)
    if told is None:
        _not_found(asked)
        return
    one = told.incident
    verdict(_level(one), f"{visible(one.title, 200)}: {STATE_WORDS[told.story.state]}.", _paragraph(told))
    st.html(_badges(told) + _life_html(one))
    _axis(told)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        _causes(told)
        _moments(told)
    with right:
        _to_do(told)
        _touched(told)
        _diary(told)
    st.caption(f"Read at {utc_now():%H:%M:%S} UTC · all times are UTC")


def _paragraph(told: Told) -> list[str]:
    """Return the story in two lines: what and why, then how it went on."""
    story = told.story
    begin, rest = (story.what, story.why), (story.touched, story.over, story.left)
    return [" ".join(filter(None, parts)) for parts in (begin, rest) if any(parts)]


def _not_found(asked: str) -> None:
    if not rows("overview_newest")[0]["rows"]:
        no_data("No data yet: no event has been stored, so there is no incident.")
        return
    verdict("none", f"There is not exactly one incident whose id begins with {asked[:40]}.", [])


def _level(one: Incident) -> Literal["none", "good", "warn", "bad"]:
    if one.state == "open":
        return "bad" if one.severity == "page" else "warn"
    return {"resolved": "good", "withdrawn": "none", "no data": "none"}.get(one.state, "warn")  # type: ignore[return-value]


def _badges(told: Told) -> str:
    one = told.incident
    page = one.severity == "page"
    badges = [
        (
            "dead" if page and is_live(one) else "",
            "PAGE: worth waking somebody" if page else "TICKET: can wait until morning",
        ),
        ("", KIND_WORDS.get(one.kind, one.kind).upper()),
    ]
    if told.escalated:
        badges.append(("dead" if is_live(one) else "", f"ESCALATED {clock(told.escalated, told.now)}"))
    if one.reopened:
        badges.append(("retry", f"CAME BACK {many(one.reopened, 'TIME')}"))
    if one.backfilled:
        badges.append(("", "FOUND IN HISTORY"))
    shown = "".join(f'<span class="hw-badge {style}">{escaped(text)}</span>' for style, text in badges)
    state = told.story.state
    meaning = escaped(f"{STATE_WORDS[state]}: {STATE_MEANINGS[state]}", 400)
    return f'<div class="hw-line">{shown} <small>{meaning}</small></div>'


def _life_html(one: Incident) -> str:
    tones = {"Began": "#e5484d", "Mitigated": "#e39a12", "Resolved": "#30a46c"}
    cells = "".join(_life_cell(each, tones.get(each.name, "")) for each in life(one))
    return f'<div class="hw-life">{cells}</div>'


def _life_cell(each: Life, tone: str) -> str:
    when = f"{each.time:%H:%M:%S}" if each.time else escaped(each.otherwise, 120)
    day = f"{each.time:%a %d %b} UTC" if each.time else ""
    took = " · ".join(filter(None, (day, each.took)))
    style = f' style="--hw-tone:{tone}"' if tone and each.time else ""
    said = f"<span>{each.name}</span><b>{when}</b><span>{escaped(took)}</span><small>{each.meaning}</small>"
    return f"<div{style}>{said}</div>"


def _axis(told: Told) -> None:
    st.subheader("What happened when", anchor=False)
    if told.course is None:
        return
    picture = draw(told.incident, told.story.timeline, told.course, told.now)
    st.html(to_html(picture))


def _causes(told: Told) -> None:
    st.subheader("Why", anchor=False)
    if told.parent:
        _rows(
            [_incident_row(told.parent, "it follows from this one, further up", told.now)],
            "Upstream",
            "parent",
        )
    causes = told.incident.causes
    if causes:
        lines = [_cause_row(cause, told) for cause in causes]
        columns = [
            {"text": "Candidate and its evidence"},
            {"text": "likely", "style": "number"},
            {"text": "at", "style": "time"},
        ]
        data = {"scope": "", "label": "Candidates for the cause", "columns": columns, "rows": lines}
        link_list(data, key="causes", on_pick=_go)
    st.caption(ambiguity(causes))
    if told.children:
        st.markdown("**Part of it**")
        _rows(
            [_incident_row(child, much(child), told.now) for child in told.children], "Part of it", "children"
        )


def _cause_row(cause: Cause, told: Told) -> dict[str, Any]:
    link = _link_of(cause, told)
    kind = CAUSE_WORDS.get(cause.kind, cause.kind)
    about = " · ".join(
        filter(None, (kind, visible(cause.service, 60), visible(cause.topic, 80), away(told.incident, cause)))
    )
    row: dict[str, Any] = {
        "id": _id(link),
        "cells": [
            {"text": visible(cause.text, 200), "under": about},
            {"text": f"{cause.likelihood:.0%}", "meter": cause.likelihood, "meterStyle": "retry"},
            {"text": clock(cause.time, told.now)},
        ],
    }
    return row | ({"href": _href(link)} if link else {})


def _link_of(cause: Cause, told: Told) -> tuple[str, str] | None:
    if cause.kind == "upstream_incident" and cause.event:
        return ("incident", cause.event)
    if cause.event in told.change_ids:
        return ("change", told.change_ids[cause.event])
    if cause.event:
        return ("event", cause.event)
    if cause.service:
        return ("service", cause.service)
    return ("topic", cause.topic) if cause.topic else None


def _moments(told: Told) -> None:
    st.subheader("In order of time", anchor=False)
    lines = [_moment_row(moment, told) for moment in told.story.timeline]
    columns = [{"text": "What"}, {"text": "at (UTC)", "style": "time", "width": "110px"}]
    data = {"scope": "", "label": "In order of time", "columns": columns, "rows": lines, "height": 380}
    link_list(data, key="moments", on_pick=_go)


def _moment_row(moment: Moment, told: Told) -> dict[str, Any]:
    link: tuple[str, str] | None = None
    if moment.event in told.change_ids:
        link = ("change", told.change_ids[moment.event])
    elif "/" in moment.event:
        link = ("event", moment.event)
    elif moment.event:
        link = ("incident", moment.event)
    elif moment.kind == "upstream" and told.parent:
        link = ("incident", told.parent.incident_id)
    likely = "" if moment.likelihood is None else f" ({moment.likelihood:.0%} likely to be the cause)"
    cells = [{"text": visible(moment.text, 200) + likely}, {"text": f"{moment.time:%H:%M:%S}"}]
    row: dict[str, Any] = {"id": _id(link), "cells": cells}
    return row | ({"href": _href(link)} if link else {})


def _to_do(told: Told) -> None:
    st.subheader("What to do", anchor=False)
    steps = next_steps(
        told.incident,
        waiting=told.left_behind,
        sample=told.sample,
        reasons=told.reason_ids,
        change_ids=told.change_ids,
    )
    linked: list[Step] = []
    for number, step in enumerate(steps):
        if not step.command:
            linked.append(step)
            continue
        _step_rows(linked, number)
        linked = []
        st.html(f'<div class="hw-line">{escaped(step.text, 300)}:</div>')
        st.code(visible(step.command, 600), language="bash", wrap_lines=True)
    _step_rows(linked, len(steps))
    if not steps:
        st.caption("Nothing is left to be done.")


def _step_rows(steps: Sequence[Step], number: int) -> None:
    if not steps:
        return
    lines = []
    for step in steps:
        row: dict[str, Any] = {"id": _id(step.link), "cells": [{"text": f"→ {visible(step.text, 240)}"}]}
        lines.append(row | ({"href": _href(step.link)} if step.link else {}))
    _rows(lines, "What to do", f"steps_{number}")


def _touched(told: Told) -> None:
    st.subheader("What it touched", anchor=False)
    one, blast = told.incident, told.blast
    pairs = [
        ("How much", f"<b>{escaped(much(one), 200)}</b>"),
        ("Left behind", escaped(left_words(one, told.left_behind), 200)),
    ]
    if blast is None:
        pairs.append(("Downstream", "not known: none of its sample events is stored any more"))
    else:
        least = "at least " if blast.sampled else ""
        pairs += [
            ("Events", f"{least}{many(blast.events, 'event')} down the cascades of its samples"),
            ("Topics", f"{least}{_names(blast.topics)}"),
            ("Services", _names(blast.services) if blast.services else "none that is named on the wire"),
            ("Business keys", f"{least}{count(blast.keys)}" if blast.keys else "no event carries a key"),
        ]
    pairs.append(
        ("Groups", _names(told.groups) if told.groups else "not known: nobody followed consumer groups")
    )
    pairs += [(name, escaped(said)) for name, said in (("Flow", one.flow), ("Team", one.team)) if said]
    pairs.append(("Id", code(one.incident_id)))
    st.html(table(pairs))
    if told.left_behind:
        notice(
            f"{many(told.left_behind, 'dead letter')} of it still to be put right, whatever its state says.",
            "dead",
        )


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    shown = ", ".join(escaped(name, 80) for name in names[:NAMES_SHOWN])
    return f"{count(len(names))}: {shown}{f' and {count(more)} more' if more > 0 else ''}"


def _diary(told: Told) -> None:
    st.subheader("Diary", anchor=False)
    if not told.diary:
        st.caption("Nothing is written in it.")
        return
    pairs = [
        (f"{stamp(line.time)[5:19]}", f"<b>{escaped(line.change)}</b> {escaped(line.text, 300)}")
        for line in told.diary
    ]
    st.html(table(pairs))
    for row in told.alerts:
        sent = (
            f"at {clock(row['sent_time'], told.now)} UTC" if row["sent_time"] else f"not yet: {row['state']}"
        )
        problem = f" ({row['problem']})" if row["problem"] else ""
        st.html(
            f'<div class="hw-line"><small>{escaped(row["channel"], 60)} was told of “{escaped(row["transition"], 40)}” '
            f"{escaped(sent, 60)}{escaped(problem, 200)}</small></div>"
        )


def _incident_row(one: Incident, under: str, now: datetime) -> dict[str, Any]:
    cells = [
        {"text": visible(one.title, 160), "under": under, "style": "strong"},
        {"text": one.state},
        {"text": clock(one.impact_time, now)},
    ]
    link = ("incident", one.incident_id)
    return {"id": _id(link), "href": _href(link), "cells": cells}


def _rows(lines: list[dict[str, Any]], label: str, key: str) -> None:
    columns = [{"text": ""} for _ in lines[0]["cells"]]
    link_list(
        {"scope": "", "label": label, "columns": columns, "rows": lines, "height": 300}, key=key, on_pick=_go
    )


def _id(link: tuple[str, str] | None) -> str:
    return "|".join(link) if link else ""


_TO = {
    "event": (links.to_event, go_to_event),
    "change": (links.to_change, go_to_change),
    "reason": (links.to_reason, go_to_reason),
    "topic": (links.to_topic, go_to_topic),
    "service": (links.to_service, go_to_service),
    "incident": (links.to_incident, go_to_incident),
}


def _href(link: tuple[str, str] | None) -> str:
    return _TO[link[0]][0](link[1]) if link else ""


def _go(id_: str | None, _open: bool = False) -> None:
    kind, _, name = (id_ or "").partition("|")
    if kind in _TO:
        _TO[kind][1](name)
