"""The recent, largest, failing and slowest cascades."""

from datetime import UTC, datetime
from typing import Any

import streamlit as st

from collector import links
from dashboard.component import link_list
from dashboard.frame import age_line, go_to_event, no_data, utc_now
from dashboard.group_cascades import Summary
from dashboard.read import EDGES_MAX, rows, summaries
from dashboard.text import ago, count, duration, many, visible

WINDOWS = {"15 m": 900, "1 h": 3_600, "6 h": 21_600, "24 h": 86_400}
ORDERS = ("Recent", "Largest", "Failing", "Slowest")
SHOWN = 40


def draw_list() -> None:
    """Draw the list page."""
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: there is no event, so there is no cascade.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        order = st.segmented_control(
            "Order",
            ORDERS,
            default="Recent",
            key="order",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
        window = st.segmented_control(
            "Window",
            list(WINDOWS),
            default="1 h",
            key="window",
            bind="query-params",
            label_visibility="collapsed",
            required=True,
        )
    now = utc_now()
    found = summaries(WINDOWS[window or "1 h"])
    shown = sorted_summaries(found, order or "Recent")
    failing = sum(1 for summary in found if summary.dead_letters)
    said = f"**{many(len(found), 'cascade')}** in the last {window}"
    st.markdown(
        f"{said}, **{count(failing)}** with dead letters" if found else f"No cascade in the last {window}."
    )
    if found and not shown:
        st.caption("None of them has a dead letter.")
    if shown:
        link_list(_list_data(shown[:SHOWN], now), key="cascades", on_pick=go_to_event)
    notes = []
    if len(shown) > SHOWN:
        notes.append(f"The first {SHOWN} of {count(len(shown))}.")
    if sum(summary.events for summary in found) >= EDGES_MAX:
        notes.append(f"From the newest {count(EDGES_MAX)} links only: choose a shorter window to see all.")
    if notes:
        st.caption(" ".join(notes))
    age_line(now, newest["newest_time"])


def sorted_summaries(found: list[Summary], order: str) -> list[Summary]:
    """Return the cascades in the order that was asked for; failing ones only for "Failing"."""
    if order == "Failing":
        found = [summary for summary in found if summary.dead_letters]
    keys = {
        "Largest": lambda summary: (summary.events, summary.end_ms),
        "Slowest": lambda summary: (summary.duration_ms, summary.end_ms),
    }
    return sorted(found, key=keys.get(order, lambda summary: (summary.end_ms, summary.events)), reverse=True)


def _list_data(shown: list[Summary], now: datetime) -> dict[str, Any]:
    most = max(summary.events for summary in shown)
    columns = [
        {"text": "Began with"},
        {"text": "when (UTC)", "style": "time"},
        {"text": "events", "style": "number", "width": "110px"},
        {"text": "topics", "style": "number"},
        {"text": "took", "style": "number"},
        {"text": "outcome"},
    ]
    lines = [
        {"id": str(item.root), "href": links.to_event(str(item.root)), "cells": _cells(item, most, now)}
        for item in shown
    ]
    return {"scope": "", "label": "Cascades", "columns": columns, "rows": lines}


def _cells(item: Summary, most: int, now: datetime) -> list[dict[str, Any]]:
    start = datetime.fromtimestamp(item.start_ms / 1000, UTC)
    by = f" · {visible(item.service, 60)}" if item.service else ""
    also = f" · {item.roots} roots" if item.roots > 1 else ""
    outcome, style = "completed or running", "mute"
    if item.retries:
        outcome, style = many(item.retries, "retry", "retries"), "retry"
    if item.dead_letters:
        outcome, style = many(item.dead_letters, "dead letter"), "dead"
    return [
        {
            "text": visible(item.type or item.root.topic, 100),
            "under": f"{visible(str(item.root), 120)}{by}{also}",
            "style": "strong",
        },
        {"text": f"{start:%H:%M:%S}", "under": ago(start, now)},
        {
            "text": count(item.events),
            "meter": item.events / most,
            "meterStyle": "dead" if item.dead_letters else "",
        },
        {"text": count(item.topics)},
        {"text": duration(item.duration_ms)},
        {"text": outcome if style != "mute" else "no dead letter", "style": style},
    ]
