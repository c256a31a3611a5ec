"""What happens too often, twice, in the wrong order, in circles, or without a known cause?"""

from datetime import datetime
from typing import Any

import streamlit as st

from collector import links
from collector.detect.anomalies import Anomaly
from dashboard.anomaly_words import WORDS, found_text, key_of, usual_text
from dashboard.component import link_list, select
from dashboard.facts import table
from dashboard.frame import age_line, go_to_event, heading, no_data, refreshed, utc_now, verdict
from dashboard.read import anomalies, rows
from dashboard.text import ago, count, escaped, many, stamp, visible
from dashboard.views.cascade_list import WINDOWS

SCOPE = "anomalies"
PANEL_HEIGHT = 560
SHOWN = 200


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: there is no event to be odd.")
        return
    window = st.segmented_control(
        "Window", list(WINDOWS), default="1 h", key="window", bind="query-params", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    now = utc_now()
    found = anomalies(WINDOWS[window or "1 h"])
    _say(found, window or "1 h")
    if found:
        _draw(found, now)
    age_line(now, newest["newest_time"])


def _say(found: list[Anomaly], window: str) -> None:
    unusual = [one for one in found if one.unusual]
    if not found:
        verdict("good", f"No anomaly of causality in the last {window}.", [])
        return
    if not unusual:
        verdict(
            "good",
            f"Nothing above what is usual in the last {window}.",
            [f"{many(len(found), 'habit')} below."],
        )
        return
    kinds = list(dict.fromkeys(WORDS[one.kind].label.lower() for one in unusual))
    worst = unusual[0]
    usually = "there is no history to compare with" if worst.usual is None else f"usually {usual_text(worst)}"
    where = f"{worst.topic}" + (f" by {worst.service}" if worst.service else "")
    sentence = f"{many(len(unusual), 'anomaly stands out', 'anomalies stand out')}: {', '.join(kinds)}."
    verdict("warn", sentence, [f"First of all {found_text(worst)} on {where}; {usually}."])


def _draw(found: list[Anomaly], now: datetime) -> None:
    chosen = st.query_params.get("anomaly", "")
    selected = next((one for one in found if key_of(one) == chosen), found[0])
    left, right = st.columns([2.3, 1], gap="small")
    with left:
        link_list(_list(found[:SHOWN], now), key="anomalies", on_pick=_pick)
        if len(found) > SHOWN:
            st.caption(f"The first {SHOWN} of {count(len(found))}.")
    with right.container(border=True, height=PANEL_HEIGHT, key="anomaly_panel"):
        _panel(selected)
    select(SCOPE, key_of(selected), key="anomaly_selection")


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["anomaly"] = id_


def _list(found: list[Anomaly], now: datetime) -> dict[str, Any]:
    columns = [
        {"text": "What"},
        {"text": "where"},
        {"text": "found", "style": "number", "width": "130px"},
        {"text": "usually", "style": "number"},
        {"text": "last", "style": "time"},
    ]
    lines = [
        {"id": key_of(one), "href": links.to_anomaly(key_of(one)), "cells": _cells(one, now)} for one in found
    ]
    return {"scope": SCOPE, "label": "Anomalies", "columns": columns, "rows": lines, "height": PANEL_HEIGHT}


def _cells(one: Anomaly, now: datetime) -> list[dict[str, Any]]:
    by = visible(one.service, 60) or "service not on the wire"
    other = f" → {visible(one.other, 90)}" if one.other and one.kind != "flow_ring" else ""
    place = visible(one.other, 160) if one.kind == "flow_ring" else visible(one.topic, 100)
    found: dict[str, Any] = {"text": count(one.found), "style": "dead" if one.unusual else ""}
    if one.total:
        share = one.found / one.total
        found |= {"under": f"{share:.1%} of {count(one.total)}", "meter": min(1.0, share)}
        found["meterStyle"] = "dead" if one.unusual else ""
    return [
        {
            "text": WORDS[one.kind].label,
            "under": _judged(one),
            "style": "strong",
        },
        {"text": place, "under": f"by {by}{other}"},
        found,
        {"text": usual_text(one), "style": "mute"},
        {"text": ago(one.last_time, now)},
    ]


def _judged(one: Anomaly) -> str:
    if one.unusual:
        return "many, without history" if one.usual is None else "above what is usual"
    return "as usual" if one.usual else "few"


def _panel(one: Anomaly) -> None:
    words = WORDS[one.kind]
    mark = '<span class="hw-badge dead">STANDS OUT</span>' if one.unusual else ""
    st.html(f'<div class="hw-title">{words.label}</div>{mark}{escaped(found_text(one))}')
    st.html(f'<div class="hw-note">{words.meaning}</div>')
    facts = [
        ("Topic", escaped(one.topic)),
        ("Service", escaped(one.service) or "not on the wire"),
        ("Other side", escaped(one.other, 400) if one.other else ""),
        ("Found", count(one.found) + (f" of {count(one.total)}" if one.total else "")),
        (
            "Usually",
            f"{usual_text(one)} in as many events" if one.usual is not None else "no history to compare with",
        ),
        ("Worst", f"{count(one.worst)} times the same" if one.worst else ""),
        ("First, last", f"{stamp(one.first_time)}<br>{stamp(one.last_time)}"),
        ("Note", escaped(one.note, 400) if one.note else ""),
    ]
    st.html(table(facts))
    if one.examples:
        st.markdown("**Examples**, each opens its cascade")
        lines = [
            {"id": str(ref), "href": links.to_event(str(ref)), "cells": [{"text": visible(str(ref), 120)}]}
            for ref in one.examples
        ]
        data = {"scope": "", "label": "Examples", "columns": [{"text": ""}], "rows": lines}
        link_list(data, key="anomaly_examples", on_pick=go_to_event)
    st.html(f"<b>What to do</b><br>{words.todo}")
    st.caption(f"How it is judged: {words.judged}")


refreshed(_body, live=heading("Anomalies"), every_s=30)
