"""All incidents: what is wrong now before what was, each with what follows from it. The state is in the address."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from collector import links
from collector.detect.incident_words import (
    STATES,
    Folded,
    Wanted,
    Watched,
    bad_text,
    cause_line,
    folded,
    headline,
    is_live,
    left_text,
    share_text,
)
from collector.detect.story import KIND_WORDS, state_of
from dashboard.component import link_list
from dashboard.frame import age_line, go_to_incident, no_data, utc_now, verdict
from dashboard.read import incidents, rows
from dashboard.text import ago, clock, count, duration, many, visible
from schemas.incidents import Incident

WINDOWS = {"24 h": 86_400, "7 d": 604_800, "30 d": 2_592_000, "1 y": 31_622_400}
STATE_WORDS = {
    "open": "open", "acknowledged": "open", "no data": "no data", "mitigated": "not proven good",
    "resolved": "over", "withdrawn": "withdrawn",
}  # fmt: skip
SHOWN = 100
CHILDREN_SHOWN = 5
HEIGHT = 620
_FILTERS: dict[str, Callable[[Incident], str]] = {
    "topic": lambda one: one.topic,
    "kind": lambda one: one.kind,
    "team": lambda one: one.team,
}


def draw_list() -> None:
    """Draw the incidents that the address chooses, under the one sentence about all of them."""
    now = utc_now()
    watched = Watched(**rows("incidents_watched")[0])
    window = st.query_params.get("window", "7 d")
    window = window if window in WINDOWS else "7 d"
    found = incidents(WINDOWS[window])
    said = headline(folded(found), watched, now)
    if said.level == "none" and not found:
        no_data(said.sentence, list(said.details))
        return
    verdict(said.level, said.sentence, list(said.details))
    wanted = _filters(found)
    shown = folded(wanted.of(found))
    current = [one for one in shown if _is_current(one)]
    over = [one for one in shown if not _is_current(one)]
    if wanted.state != "over":
        _section("Not over", current, now, key="incidents_live", none="None is open.")
    if wanted.state != "not over":
        _section(f"Over, in the last {window}", over, now, key="incidents_over", none="None in this time.")
    st.caption(
        "Since: the first bad moment. Lasted: to the last bad moment, or until now. What nobody acknowledged is "
        f"unknown, not zero. The same as text: `headwater incidents --since {WINDOWS[window] // 86_400}d`"
    )
    age_line(now, watched.newest)


def _is_current(one: Folded) -> bool:
    return is_live(one.incident) or any(map(is_live, one.children))


def _filters(found: Sequence[Incident]) -> Wanted:
    """Draw the filters and return what they choose."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Window", list(WINDOWS), default="7 d", key="window", bind="query-params",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        state = st.segmented_control(
            "State", STATES, default="all", key="state", bind="query-params",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        chosen = {name: _choice(name, found, value) for name, value in _FILTERS.items()}
    return Wanted(**chosen, state=state or "all")


def _choice(name: str, found: Sequence[Incident], value: Callable[[Incident], str]) -> str:
    """Draw a filter where there is something to choose; what the address says stays, though nothing has it now."""
    said = st.query_params.get(name, "")
    options = sorted(({value(one) for one in found} | {said}) - {""})
    if len(options) < 2 and not said:
        return ""
    chosen: str | None = st.selectbox(
        name.capitalize(), options, index=None, key=name, bind="query-params", placeholder=f"any {name}",
        label_visibility="collapsed", format_func=_option_words, width=220,
    )  # fmt: skip
    return chosen or ""


def _option_words(option: str | None) -> str:
    return visible(KIND_WORDS.get(option or "", option or ""), 80)


def _section(title: str, found: Sequence[Folded], now: datetime, *, key: str, none: str) -> None:
    st.subheader(f"{title} ({count(len(found))})" if found else title, anchor=False)
    if not found:
        st.caption(none)
        return
    columns = [
        {"text": "What and why"},
        {"text": "state", "width": "180px"},
        {"text": "where", "width": "190px"},
        {"text": "how much", "width": "240px"},
        {"text": "since (UTC)", "style": "time", "width": "110px"},
        {"text": "lasted", "style": "time", "width": "96px"},
    ]
    escalated = _escalated(found[:SHOWN])
    lines = [line for one in found[:SHOWN] for line in _lines(one, now, escalated)]
    data = {"scope": "", "label": title, "columns": columns, "rows": lines, "height": HEIGHT}
    link_list(data, key=key, on_pick=go_to_incident)
    if len(found) > SHOWN:
        st.caption(f"and {count(len(found) - SHOWN)} more: choose a topic, a kind or a shorter time")


def _escalated(found: Sequence[Folded]) -> dict[str, datetime]:
    """Return when those that are not over became worth waking somebody, as far as they did."""
    ids = tuple(one.incident_id for each in found for one in (each.incident, *each.children) if is_live(one))
    moments = rows("alerts_moments", ids=ids) if ids else []
    return {row["incident_id"]: row["escalated_time"] for row in moments if row["escalated_time"]}


def _lines(one: Folded, now: datetime, escalated: Mapping[str, datetime]) -> list[dict[str, Any]]:
    lines = [_line(one.incident, now, escalated, follows=len(one.children))]
    lines += [_line(child, now, escalated, is_child=True) for child in one.children[:CHILDREN_SHOWN]]
    return lines


def _line(
    one: Incident,
    now: datetime,
    escalated: Mapping[str, datetime],
    *,
    follows: int = 0,
    is_child: bool = False,
) -> dict[str, Any]:
    title, under = visible(one.title, 120), visible(cause_line(one), 220)
    if is_child:
        title, under = f"↳ {title}", "follows from the one above"
    elif follows:
        more = f", {count(follows - CHILDREN_SHOWN)} not shown" if follows > CHILDREN_SHOWN else ""
        under += f" {many(follows, 'more follows', 'more follow')} from it{more}."
    live = is_live(one)
    end = one.mitigated_time or (now if live else one.resolved_time)
    lasted = duration((end - one.impact_time).total_seconds() * 1e3) if end else "unknown"
    where = one.consumer_group or one.service
    return {
        "id": one.incident_id,
        "href": links.to_incident(one.incident_id),
        "cells": [
            {"text": title, "under": under, "style": "" if is_child else "strong"},
            _state_cell(one, now, escalated.get(one.incident_id)),
            {"text": visible(one.topic, 60) or "unknown topic", "under": visible(where, 60)},
            {
                "text": bad_text(one),
                "under": " · ".join(filter(None, (share_text(one), left_text(one)))),
                "style": "dead" if one.state == "open" else "",
            },
            {"text": clock(one.impact_time, now), "under": ago(one.impact_time, now)},
            {"text": lasted, "under": "" if one.mitigated_time or not live else "so far"},
        ],
    }


def _state_cell(one: Incident, now: datetime, escalated: datetime | None) -> dict[str, Any]:
    state = state_of(one)
    said = STATE_WORDS[state]
    if one.acknowledged_time:
        by = visible(one.acknowledged_by, 30) or "somebody"
        under = f"{by} since {clock(one.acknowledged_time, now)}"
    else:
        under = "not acknowledged" if is_live(one) else "never acknowledged"
    if one.reopened:
        under += f", came back {many(one.reopened, 'time')}"
    if one.severity == "page":
        since = f" since {clock(escalated, now)} (escalated)" if escalated else ""
        under = f"pages{since} · {under}"
    return {"text": said, "under": under, "style": "dead" if state in ("open", "acknowledged") else ""}
