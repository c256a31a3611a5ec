"""How well can events be traced to their causes, and what one change would make it better?"""

from typing import Any, Literal

import streamlit as st

from collector import links
from collector.lineage.linkability import Counts, Linkability, grade, together
from dashboard.component import link_list, select
from dashboard.facts import table
from dashboard.frame import age_line, go_to_event, heading, no_data, refreshed, utc_now, verdict
from dashboard.read import linkability, rows
from dashboard.text import code_text, count, escaped, many, visible

WINDOWS = {"1 h": 3_600, "6 h": 21_600, "24 h": 86_400, "7 d": 604_800}
BY: dict[str, Literal["topic", "service"] | None] = {
    "Service and topic": None,
    "By service": "service",
    "By topic": "topic",
}
SCOPE = "linkability"
PANEL_HEIGHT = 600
SHOWN = 300
GRADES = {
    "A": "at least 95 % exact", "B": "at least 80 % exact", "C": "at least 80 % with guesses",
    "D": "at least 50 % with guesses", "F": "less", "start": "starts flows, not graded", "?": "not known",
}  # fmt: skip
PARTS = (
    ("exact", "good", "exact"),
    ("ambiguous", "guess", "one of several"),
    ("inferred", "guess", "inferred"),
    ("orphans", "retry", "cause never seen"),
    ("nothing", "", "nothing known"),
)


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: there is no event to trace.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.segmented_control(
            "Show", list(BY), default="Service and topic", key="show", bind="query-params",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        window = st.segmented_control(
            "Window", list(WINDOWS), default="24 h", key="window", bind="query-params", label_visibility="collapsed",
            required=True,
        )  # fmt: skip
    found = linkability(WINDOWS[window or "24 h"])
    if not found:
        verdict("none", f"No event in the last {window}.", ["Choose a longer window."])
        return
    _say(found)
    by = BY[shown or "Service and topic"]
    if by is None:
        _draw(found)
    else:
        data = _groups(together(found, by), by)
        link_list(data, key=f"linkability_{by}", on_pick=lambda _id, _open: None)
    said = " · ".join(f"{letter}: {meaning}" for letter, meaning in GRADES.items())
    st.caption(f"Of the events that ought to have a cause. {said}.")
    age_line(utc_now(), newest["newest_time"])


def _say(found: list[Linkability]) -> None:
    total = sum((one.counts for one in found), Counts())
    unknown = sum(one.counts.judged for one in found if one.grade == "?")
    if total.exact_share is None:
        verdict("none", "No event here ought to have a cause: all of them start flows.", [])
        return
    sentence = f"{total.exact_share:.0%} of {count(total.judged)} events have an exact cause"
    guessed = total.ambiguous + total.inferred
    sentence += f", {guessed / total.judged:.0%} a likely one." if guessed else "."
    details = []
    best = found[0]
    if best.advice:
        where = (
            f"{best.service or 'whoever writes'} to {best.topic}"
            if best.service
            else f"who writes {best.topic}"
        )
        details.append(
            f"Most to gain: {where} ({best.advice.library}): "
            f"{many(round(best.gain_per_day), 'event')} a day become exact."
        )
    if unknown:
        details.append(f"Of {count(unknown)} events nobody knows whether they have a cause.")
    level = "good" if total.exact_share >= 0.95 else "warn"
    verdict(level, sentence, details)


def _key(one: Linkability) -> str:
    return f"{one.topic}|{one.service}"


def _draw(found: list[Linkability]) -> None:
    chosen = st.query_params.get("stream", "")
    selected = next((one for one in found if _key(one) == chosen), found[0])
    left, right = st.columns([2.2, 1], gap="small")
    with left:
        columns = [
            {"text": "", "width": "64px"},
            {"text": "Written by, to"},
            {"text": "exact", "style": "number"},
            {"text": "causes of its events", "width": "230px"},
            {"text": "could become exact", "style": "number"},
        ]
        lines = [
            {"id": _key(one), "href": links.to_stream(_key(one)), "cells": _cells(one)}
            for one in found[:SHOWN]
        ]
        data = {
            "scope": SCOPE,
            "label": "Linkability",
            "columns": columns,
            "rows": lines,
            "height": PANEL_HEIGHT,
        }
        link_list(data, key="linkability", on_pick=_pick)
        if len(found) > SHOWN:
            st.caption(f"The first {SHOWN} of {count(len(found))}.")
    with right.container(border=True, height=PANEL_HEIGHT, key="linkability_panel"):
        _panel(selected)
    select(SCOPE, _key(selected), key="linkability_selection")


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["stream"] = id_


def _grade_cell(letter: str) -> dict[str, Any]:
    tone = {"A": "good", "B": "good", "C": "retry", "D": "retry", "F": "dead"}.get(letter, "mute")
    return {"text": letter, "style": f"strong {tone}"}


def _share_cell(counts: Counts, before: float | None) -> dict[str, Any]:
    share = counts.exact_share
    if share is None:
        return {"text": "none", "style": "mute"}
    cell: dict[str, Any] = {"text": f"{share:.0%}"}
    if before is not None:
        points = round((share - before) * 100)
        cell["under"] = "as before" if not points else f"{'▲' if points > 0 else '▼'} {abs(points)} points"
    return cell


def _stack_cell(counts: Counts) -> dict[str, Any]:
    if not counts.judged:
        return {"text": f"{many(counts.starts, 'event')}, first of their cascades", "style": "mute"}
    parts = [(name, tone, text) for name, tone, text in PARTS if getattr(counts, name)]
    said = ", ".join(f"{count(getattr(counts, name))} {text}" for name, _, text in parts)
    stack = [{"share": getattr(counts, name) / counts.judged, "style": tone} for name, tone, _ in parts]
    return {"text": "", "under": said, "stack": stack}


def _cells(one: Linkability) -> list[dict[str, Any]]:
    gain: dict[str, Any] = {"text": "none", "style": "mute"}
    if one.grade == "?":
        gain = {"text": "not known", "style": "mute"}
    elif one.advice:
        rest = 1 - (one.counts.exact_share or 0)
        gain = {"text": f"{count(one.gain_per_day)} a day", "under": f"{rest:.0%} of its events"}
    return [
        _grade_cell(one.grade),
        {
            "text": visible(one.service, 60) or "service not on the wire",
            "under": visible(one.topic, 120),
            "style": "strong" if one.service else "mute",
        },
        _share_cell(one.counts, one.exact_before),
        _stack_cell(one.counts),
        gain,
    ]


def _groups(grouped: dict[str, Counts], by: str) -> dict[str, Any]:
    columns = [
        {"text": ""},
        {"text": by.title()},
        {"text": "exact", "style": "number"},
        {"text": "causes of its events", "width": "40%"},
    ]
    worst_first = sorted(
        grouped.items(), key=lambda item: (item[1].exact_share is None, item[1].exact_share or 0, item[0])
    )
    lines = [
        {
            "id": name,
            "cells": [
                _grade_cell(grade(counts)),
                {"text": visible(name, 120) or "service not on the wire", "style": "strong"},
                _share_cell(counts, None),
                _stack_cell(counts),
            ],
        }
        for name, counts in worst_first[:SHOWN]
    ]
    return {"scope": "", "label": f"Linkability by {by}", "columns": columns, "rows": lines, "height": 620}


def _panel(one: Linkability) -> None:
    by = escaped(one.service, 120) if one.service else "a service that is not on the wire"
    st.html(f'<div class="hw-title">{escaped(one.topic, 160)}</div>by {by}: grade <b>{one.grade}</b>')
    if one.advice:
        rest = 1 - (one.counts.exact_share or 0)
        if one.gain_per_day:
            st.html(
                f'<div class="hw-note"><b>{rest:.0%} of its events, {count(one.gain_per_day)} a day, become exact</b> '
                f"with this change.</div>"
            )
        st.html(
            f"Written by <b>{escaped(one.advice.library)}</b>, as its headers look. {escaped(one.advice.change, 800)}"
        )
        st.code(one.advice.code, language=None, wrap_lines=True)
    elif one.grade == "start":
        st.caption("It starts flows: there is nothing to name, and so nothing to grade.")
    else:
        st.caption("Nothing to change: its events name their causes.")
    facts = [
        (name, f"{count(getattr(one.counts, field))} <small>{meaning}</small>")
        for field, name, meaning in (
            ("header", "Header", "a causation id met a message id"),
            ("provenance", "Provenance", "copies that name their origin"),
            ("span", "Span", "spans lead to the cause"),
            ("context", "Context", "a context that was passed on"),
            ("ambiguous", "Ambiguous", "several events answer to the name"),
            ("inferred", "Inferred", "concluded, with a confidence"),
            ("orphans", "Never seen", "names a cause that is not stored"),
            ("nothing", "Nothing", "no evidence, no guess"),
            ("starts", "Starts", "begin a flow"),
        )
        if getattr(one.counts, field)
    ]
    st.html(table(facts))
    st.html(f"<small>{one.role.capitalize()}: {escaped(one.judged, 300)}.</small>")
    ref = str(one.example)
    st.markdown("**An event of it**")
    data = {
        "scope": "",
        "label": "Example",
        "columns": [{"text": ""}],
        "rows": [{"id": ref, "href": links.to_event(ref), "cells": [{"text": visible(ref, 120)}]}],
    }
    link_list(data, key="linkability_example", on_pick=go_to_event)
    st.caption(
        f"`headwater linkability` says the same. Link to this: `{code_text(links.to_stream(_key(one)), 300)}`"
    )


refreshed(_body, live=heading("Linkability"), every_s=60)
