"""Which services and topics are there, what runs between them, and where does it fail?"""

import streamlit as st

from dashboard.component import graph, select
from dashboard.draw_flow import FlowMap, around, build_map, failing_share, flow_data
from dashboard.frame import age_line, heading, no_data, notice, refreshed, utc_now, verdict
from dashboard.read import rows
from dashboard.text import count, many, visible
from dashboard.views.cascade_list import WINDOWS
from dashboard.views.node_panel import draw_node_panel

HEIGHT = 620
SCOPE = "flow"
SHOWS = ("All", "Failing", "Around the selection")


def _choices() -> tuple[str, str]:
    with st.container(horizontal=True, vertical_alignment="center"):
        window = st.segmented_control(
            "Window", list(WINDOWS), default="1 h", key="window", bind="query-params",
            label_visibility="collapsed", required=True,
        )  # fmt: skip
        show = st.segmented_control(
            "Show",
            SHOWS,
            default="All",
            key="show",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
    return window or "1 h", show or "All"


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: nothing flows.")
        return
    window, show = _choices()
    window_s = WINDOWS[window]
    flow = build_map(
        rows("flow_topics", window_s=window_s),
        rows("flow_edges", window_s=window_s),
        rows("flow_steps", window_s=window_s),
    )
    if not flow.nodes:
        verdict("none", f"No event in the last {window}.", ["Choose a longer window."])
        return
    selected = st.query_params.get("node", "")
    _say(flow, window)
    _draw(flow, window_s, show, selected if selected in flow.nodes else "", _only(flow, show, selected))
    age_line(utc_now(), newest["newest_time"])


def _only(flow: FlowMap, show: str, selected: str) -> set[str] | None:
    if show == "Failing" and flow.hot:
        return flow.hot
    if show == "Around the selection" and selected in flow.nodes:
        return around(flow, selected)
    return None


def _say(flow: FlowMap, window: str) -> None:
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
                    f"{many(total, 'dead letter')} in {many(len(dead), 'topic')} in the last {window}.",
                    *details,
                ]
            ),
            "dead",
        )
    else:
        size = f"**{many(len(topics), 'topic')}** and **{many(len(services), 'service')}**"
        st.markdown(f"{size}, no dead letters in the last {window}.")


def _draw(flow: FlowMap, window_s: int, show: str, selected: str, only: set[str] | None) -> None:
    def pick(id_: str | None, _open: bool) -> None:
        if id_:
            st.query_params["node"] = id_
        else:
            st.query_params.pop("node", None)

    area = f"flow {show}" + (f" {selected}" if show == "Around the selection" else "")
    data = flow_data(flow, window_s=window_s, graph_id=area, scope=SCOPE, height=HEIGHT, only=only)
    if selected:
        left, right = st.columns([3, 1], gap="small")
        with right.container(border=True, height=HEIGHT, key="node_panel"):
            draw_node_panel(flow, flow.nodes[selected], window_s, pick)
    else:
        # As many containers as with a panel, so that the map stays mounted.
        left, _ = st.columns([1000, 1], gap=None)
    with left:
        graph(data, key="flow_graph", on_pick=pick)
    select(SCOPE, selected or None, key="flow_selection")
    hidden = (len(only) if only is not None else len(flow.nodes)) - len(data["nodes"])
    if hidden:
        st.caption(f"The {count(len(data['nodes']))} busiest are drawn; {count(hidden)} are not.")


refreshed(_body, live=heading("Flow map"), every_s=5)
