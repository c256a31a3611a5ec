"""Which services and topics are there, what runs between them, and where does it fail?"""

from datetime import timedelta
from urllib.parse import urlencode

import streamlit as st

from collector import links
from collector.lineage.topology import FlowMap, failing_share
from collector.lineage.topology_changes import Difference, compare, key_of, merged, totals
from dashboard.component import graph, link_list, select
from dashboard.draw_flow import around, flow_data
from dashboard.frame import age_line, heading, no_data, notice, refreshed, utc_now, verdict
from dashboard.read import rows, topology
from dashboard.spans import Span, span_of
from dashboard.text import count, many, visible
from dashboard.views.cascade_list import WINDOWS
from dashboard.views.node_panel import draw_node_panel

HEIGHT = 620
SCOPE = "flow"
CHANGES_SHOWN = 100
NOTHING = "Compare with nothing"
AGAINST: dict[str, timedelta | None] = {
    NOTHING: None,
    "The window before": None,
    "An hour earlier": timedelta(hours=1),
    "A day earlier": timedelta(days=1),
    "A week earlier": timedelta(days=7),
}
_TONES = {"new": "good", "gone": "dead", "changed": "retry"}
SHOWS = ("All", "Failing", "Around the selection")


def _choices() -> tuple[int, str, str, str]:
    """Draw what can be chosen; return window in seconds, what is shown, up to when, and what it is compared with."""
    with st.container(horizontal=True, vertical_alignment="center"):
        window = st.segmented_control(
            "Window", list(WINDOWS), default="1 h", key="window", bind="query-params",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        show = st.segmented_control(
            "Show", SHOWS, default="All", key="show", bind="query-params", label_visibility="collapsed", required=True,
        )  # fmt: skip
        at = st.text_input(
            "Up to", key="at", bind="query-params", placeholder="up to now; or 2026-11-23 08:30 (UTC)", width=240,
            label_visibility="collapsed", help="The past: the map of the window that ends then. Empty is now.",
        )  # fmt: skip
        against = st.selectbox(
            "Compare with",
            list(AGAINST),
            key="against",
            bind="query-params",
            label_visibility="collapsed",
            width=220,
        )
    return WINDOWS[window or "1 h"], show or "All", at or "", against or next(iter(AGAINST))


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: nothing flows.")
        return
    window_s, show, at, against = _choices()
    span = span_of(window_s, at, utc_now())
    if span is None:
        verdict("none", "That is no time.", ["Write 2026-11-23 08:30, in UTC, or nothing for now."])
        return
    flow = topology(span)
    changes: list[Difference] = []
    if against != NOTHING:
        before = span.before(AGAINST[against])
        earlier = topology(before)
        changes = compare(earlier, before.window_s, flow, span.window_s)
        flow = merged(earlier, flow)
    if not flow.nodes:
        verdict("none", f"No event {_when(span)}.", ["Choose a longer window or another time."])
        return
    selected = st.query_params.get("node", "")
    if against == NOTHING:
        _say(flow, _when(span))
    else:
        _say_changes(changes, span.before(AGAINST[against]), span)
    _draw(flow, span, show, selected if selected in flow.nodes else "", _only(flow, show, selected), changes)
    if changes:
        _change_list(changes)
    age_line(utc_now(), newest["newest_time"])


def _when(span: Span) -> str:
    length = next(
        (name for name, seconds in WINDOWS.items() if seconds == span.window_s), f"{span.window_s} s"
    )
    if span.live:
        return f"in the last {length}"
    return f"in {length} up to {span.until:%Y-%m-%d %H:%M} UTC"


def _say_changes(changes: list[Difference], before: Span, after: Span) -> None:
    count_of = totals(changes)
    spans = f"Compared with {before.since:%d %b %H:%M} to {before.until:%H:%M} UTC."
    if not changes:
        verdict("good", f"Nothing runs otherwise {_when(after)}.", [spans])
        return
    sentence = (
        f"{count_of['new']} new, {count_of['gone']} gone, {count_of['changed']} changed {_when(after)}."
    )
    worst = [f"{visible(one.name, 120)}: {' '.join(one.said)}" for one in changes[:2]]
    verdict("warn", sentence, [spans, *worst])


def _change_list(changes: list[Difference]) -> None:
    st.subheader("What changed", anchor=False)
    lines = [
        {
            "id": one.target,
            "href": f"{links.FLOW}?{urlencode({'node': one.target})}",
            "cells": [
                {"text": one.mark, "style": f"strong {_TONES[one.what]}"},
                {"text": visible(one.name, 160), "under": one.kind},
                {"text": " ".join(one.said)},
            ],
        }
        for one in changes[:CHANGES_SHOWN]
    ]
    columns = [{"text": "", "width": "110px"}, {"text": "Where"}, {"text": "How"}]
    data = {"scope": SCOPE, "label": "What changed", "columns": columns, "rows": lines, "height": 420}
    link_list(data, key="flow_changes", on_pick=_pick)
    if len(changes) > CHANGES_SHOWN:
        st.caption(f"The first {CHANGES_SHOWN} of {count(len(changes))}.")


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["node"] = id_
    else:
        st.query_params.pop("node", None)


def _only(flow: FlowMap, show: str, selected: str) -> set[str] | None:
    if show == "Failing" and flow.hot:
        return flow.hot
    if show == "Around the selection" and selected in flow.nodes:
        return around(flow, selected)
    return None


def _say(flow: FlowMap, when: str) -> None:
    topics = [node for node in flow.nodes.values() if node.kind == "topic"]
    services = [node for node in flow.nodes.values() if node.kind == "service"]
    dead = [node for node in topics if node.dead_letters]
    if dead:
        total = sum(node.dead_letters for node in dead)
        failing = sorted((node for node in services if node.dead_letters), key=failing_share, reverse=True)
        details = [
            f"{visible(node.name, 60)} gives up {failing_share(node):.1%} of what it takes in."
            for node in failing[:2]
        ]
        notice(
            " ".join(
                [
                    f"{many(total, 'dead letter')} in {many(len(dead), 'topic')} {when}.",
                    *details,
                ]
            ),
            "dead",
        )
    else:
        size = f"**{many(len(topics), 'topic')}** and **{many(len(services), 'service')}**"
        st.markdown(f"{size}, no dead letters {when}.")


def _draw(
    flow: FlowMap, span: Span, show: str, selected: str, only: set[str] | None, changes: list[Difference]
) -> None:
    area = f"flow {show}" + (f" {selected}" if show == "Around the selection" else "")
    changed = {key_of(one): one for one in changes}
    data = flow_data(
        flow, window_s=span.window_s, graph_id=area, scope=SCOPE, height=HEIGHT, only=only, changed=changed
    )
    if selected:
        left, right = st.columns([3, 1], gap="small")
        with right.container(border=True, height=HEIGHT, key="node_panel"):
            draw_node_panel(flow, flow.nodes[selected], span, _pick, changed.get(selected))
    else:
        # As many containers as with a panel, so that the map stays mounted.
        left, _ = st.columns([1000, 1], gap=None)
    with left:
        graph(data, key="flow_graph", on_pick=_pick)
    select(SCOPE, selected or None, key="flow_selection")
    hidden = (len(only) if only is not None else len(flow.nodes)) - len(data["nodes"])
    if hidden:
        st.caption(f"The {count(len(data['nodes']))} busiest are drawn; {count(hidden)} are not.")


refreshed(_body, live=heading("Flow map"), every_s=5)
