"""One cascade: summary, graph, time axis, and a panel for what is selected. Its whole state is in the address."""

import msgspec
import streamlit as st

from collector.lineage.cascade import Cascade
from collector.lineage.otlp import otlp_document
from dashboard.component import Pick, graph, link_list, select, waterfall
from dashboard.draw_cascade import Picture, title_of
from dashboard.fold import GROUP_PREFIX
from dashboard.frame import age_line, go_to_event, utc_now
from dashboard.path_words import path_lines
from dashboard.read import Drawn, cascade, drawn, found, rows, splits
from dashboard.text import ago, code_text, count, duration, escaped, many, visible
from dashboard.views.blast import draw_blast, draw_touched
from dashboard.views.event_panel import draw_event_panel, draw_group_panel
from dashboard.views.search import asked_for
from dashboard.views.search_results import draw_matches
from schemas.records import EventRef

GRAPH_HEIGHT_MIN, GRAPH_HEIGHT_MAX = 240, 500
FALL_HEIGHT = 300
PANEL_HEIGHT_MIN = 520
SCOPE = "cascade"
SAME_TRACE_SHOWN = 30
SAME_TRACE_EVENTS_MAX = 5_000


def draw_cascade() -> None:
    """Draw what `ref` or `event` in the address points at."""
    event, asked = st.query_params.get("event", ""), asked_for()
    matches = found(asked)
    if matches is None:
        draw_matches(asked)
        return
    shown = cascade(matches.refs)
    if not shown.events:
        draw_matches(asked)
        return
    selected = event or (asked if EventRef.parse(asked) in shown.events else "")
    views = drawn(
        shown,
        name=f"cascade {asked}",
        scope=SCOPE,
        opened=tuple(group for group in st.query_params.get("open", "").split(",") if group),
        pinned=selected if selected and not selected.startswith(GROUP_PREFIX) else "",
    )
    picture = views.picture
    if selected and selected not in picture.folded.drawn_as and selected not in picture.folded.groups:
        st.caption(f"`{code_text(selected)}` is not part of this cascade.")
        selected = ""
    _summary(picture, matches.found_by, len(matches.refs), matches.cut)
    chosen = selected or _default_selection(picture)
    about = picture.refs.get(chosen) or _first(picture)
    draw_blast(shown, about, path_lines(shown, splits(shown)))
    _pictures(views, asked, chosen)
    draw_touched(shown, about)
    _same_trace(shown)
    _export(shown, asked)
    age_line(utc_now(), max(event.time for event in shown.events.values()))


def _export(shown: Cascade, asked: str) -> None:
    name = "cascade-" + "".join(c if c.isalnum() else "-" for c in asked)[:80] + ".otlp.json"
    columns = st.columns([1, 4], vertical_alignment="center")
    columns[0].download_button(
        "Download as spans",
        lambda: msgspec.json.encode(otlp_document(shown, asked)),
        name,
        "application/json",
        key="cascade_otlp",
    )
    columns[1].caption(
        f"OTLP, one trace with links, for Jaeger or Tempo. `headwater cascade {code_text(asked, 100)} --otlp FILE` "
        "writes the same."
    )


def _default_selection(picture: Picture) -> str:
    """Start on the failure; where there is none, on the event that was asked for, else on the root."""
    dead = [id_ for id_, standing in picture.standings.items() if standing == "dead"]
    if dead:
        return picture.folded.drawn_as[dead[0]]
    first = picture.cascade.focus or next(iter(picture.cascade.roots), None)
    return picture.folded.drawn_as[str(first)] if first else ""


def _first(picture: Picture) -> EventRef:
    """Return whose trouble is told while a folded group is selected: the failure's, or the event that was asked for."""
    dead = next((id_ for id_, standing in picture.standings.items() if standing == "dead"), None)
    if dead:
        return picture.refs[dead]
    shown = picture.cascade
    return shown.focus or next(iter(shown.roots), next(iter(shown.events)))


def _summary(picture: Picture, found_by: str, refs: int, cut: bool) -> None:
    shown = picture.cascade
    events = list(shown.events.values())
    first, last = min(event.time for event in events), max(event.time for event in events)
    dead = [event for event in events if event.dead_letter]
    retries = sum(1 for standing in picture.standings.values() if standing == "retry")
    guesses = sum(1 for edge in shown.edges if edge.evidence == "inferred")
    root = shown.events[shown.roots[0]] if shown.roots else events[0]
    badges = []
    if dead:
        badges.append(f'<span class="hw-badge dead">{many(len(dead), "DEAD LETTER", "DEAD LETTERS")}</span>')
    if retries:
        badges.append(f'<span class="hw-badge retry">{many(retries, "RETRY", "RETRIES")}</span>')
    if guesses:
        badges.append(f'<span class="hw-badge">{many(guesses, "inferred link")}</span>')
    services = {event.service for event in events if event.service}
    facts = [
        f"<b>{many(len(events), 'event')}</b>",
        many(len({event.ref.topic for event in events}), "topic"),
        many(len(services), "service") if services else "services not on the wire",
        f"took <b>{duration((last - first).total_seconds() * 1000)}</b>",
        f"began {first:%Y-%m-%d %H:%M:%S} UTC, {ago(first, utc_now())}",
    ]
    if len(shown.roots) > 1:
        facts.append(f"{len(shown.roots)} roots")
    if found_by != "event":
        facts.append(f"{many(refs, 'event')} found by {found_by}" + (" (there are more)" if cut else ""))
    line = '<span class="sep">·</span>'.join(facts)
    name = escaped(title_of(root), 120) + (f" <small>{escaped(root.key, 60)}</small>" if root.key else "")
    st.html(f'<div class="hw-title">{name}</div><div class="hw-line">{"".join(badges)}{line}</div>')
    if dead:
        _failure_line(shown, dead[0].ref)
    if shown.truncated:
        st.caption(f"Cut after {count(len(events))} events: there is more than is drawn here.")


def _failure_line(shown: Cascade, ref: EventRef) -> None:
    event = shown.events[ref]
    row = next(
        iter(rows("cascades_event", topic=ref.topic, partition=ref.partition, offset=ref.offset)), None
    )
    if row is None:
        return
    attempts = 1
    node = ref
    retried = {
        edge.effect: edge.cause for edge in shown.edges if edge.relation in ("retried", "dead_lettered")
    }
    while node in retried and attempts < len(shown.events):
        node = retried[node]
        attempts += node in retried
    where = escaped(row["failed_group"] or event.service or "a service that is not on the wire", 80)
    reason = f": <b>{escaped(row['exception'], 160)}</b>" if row["exception"] else ""
    st.html(
        f'<div class="hw-note dead">Stopped at <b>{where}</b> after {many(attempts, "attempt")}{reason}</div>'
    )


def _pictures(views: Drawn, asked: str, selected: str) -> None:
    pick = _picker(asked)
    picture = views.picture
    bottom = max((node["y"] + node["h"] for node in views.graph["nodes"]), default=0)
    graph_height = round(max(GRAPH_HEIGHT_MIN, min(GRAPH_HEIGHT_MAX, bottom + 120)))
    fall_height = max(110, min(FALL_HEIGHT, 34 + 24 * len(views.fall["rows"])))
    left, right = st.columns([2.9, 1], gap="small")
    with left:
        graph({**views.graph, "height": graph_height}, key="cascade_graph", on_pick=pick)
        waterfall({**views.fall, "height": fall_height}, key="cascade_fall", on_pick=pick)
    panel_height = max(PANEL_HEIGHT_MIN, graph_height + fall_height + 16)
    with right.container(border=True, height=panel_height, key="panel"):
        group = picture.folded.groups.get(selected)
        if group:
            draw_group_panel(picture, group, pick)
        elif selected:
            draw_event_panel(picture, selected, pick)
        else:
            st.caption("Click on an event to see its facts.")
    select(SCOPE, selected or None, key="cascade_selection")


def _picker(asked: str) -> Pick:
    def pick(id_: str | None, open_: bool) -> None:
        state = {"ref": asked, "open": st.query_params.get("open", ""), "event": id_ or ""}
        if id_ and open_ and id_.startswith(GROUP_PREFIX):
            state["open"] = ",".join(dict.fromkeys([*filter(None, state["open"].split(",")), id_]))
            state["event"] = st.query_params.get("event", "")
        # In one step: each would be an entry of the browser's history.
        st.query_params.from_dict({name: value for name, value in state.items() if value})

    return pick


def _same_trace(shown: Cascade) -> None:
    """Tell, and not draw, what shares a trace id without saying what caused it."""
    if len(shown.events) > SAME_TRACE_EVENTS_MAX:
        return  # reading as many events again at every refresh would cost more than it tells
    traces = sorted({event.trace_id for event in shown.events.values() if event.trace_id})[:20]
    if not traces:
        return
    same = rows("cascades_same_trace", trace_ids=tuple(traces), rows_max=len(shown.events) + 200)
    others = [row for row in same if EventRef.of(row) not in shown.events]
    if not others:
        return
    number = many(len(others), "more event")
    loose = sum(1 for row in others if not row["reference_names"])
    none_named = f" {count(loose)} of them name no cause at all." if loose else ""
    with st.expander(f"{number} in the same trace, but nothing links them with this cascade.{none_named}"):
        lines = [
            {
                "id": str(ref),
                "href": "#",
                "cells": [
                    {"text": visible(row["type"] or row["topic"], 80), "under": visible(str(ref), 120)},
                    {"text": visible(row["service"], 60) or "service not on the wire", "style": "mute"},
                    {"text": f"{row['time']:%H:%M:%S}"},
                ],
            }
            for row in others[:SAME_TRACE_SHOWN]
            if (ref := EventRef.of(row))
        ]
        columns = [{"text": "Event"}, {"text": "by"}, {"text": "UTC", "style": "time"}]
        data = {"scope": "", "label": "Same trace", "columns": columns, "rows": lines}
        link_list(data, key="same_trace", on_pick=go_to_event)
