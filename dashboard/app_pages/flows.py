"""How do cascades of each kind usually run, and which of them do not come to their end?"""

from datetime import datetime
from typing import Any

import streamlit as st

from collector import links
from collector.detect.flow_classes import FlowClass
from collector.detect.flows import Stuck
from dashboard.component import link_list, select
from dashboard.facts import table
from dashboard.flow_words import class_key, completed_share, kind_text, step_text, stuck_text
from dashboard.frame import age_line, go_to_event, heading, no_data, refreshed, utc_now, verdict
from dashboard.read import flows, rows
from dashboard.text import ago, clock, count, duration, escaped, many, rate, visible
from dashboard.views.cascade_list import WINDOWS

SCOPE = "flows"
PANEL_HEIGHT = 520
SHOWN = 100
STUCK_SHOWN = 12


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: no cascade has begun.")
        return
    window = st.segmented_control(
        "Window", list(WINDOWS), default="1 h", key="window", bind="query-params", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    now = utc_now()
    classes, stuck = flows(WINDOWS[window or "1 h"])
    _say(classes, stuck, now, window or "1 h")
    if stuck:
        _stuck_list(stuck, now)
    if classes:
        _draw(classes)
    age_line(now, newest["newest_time"])


def _say(classes: list[FlowClass], stuck: list[Stuck], now: datetime, window: str) -> None:
    unusual = [one for one in stuck if one.unusual]
    if unusual:
        details = [stuck_text(one, now) for one in unusual[1:4]]
        verdict("bad", stuck_text(unusual[0], now), details)
    elif not classes:
        verdict("none", f"No cascade began in the last {window}.", ["Choose a longer window."])
    else:
        sentence = (
            f"Nothing is stuck: what usually follows does follow, in {many(len(classes), 'kind')} of flows."
        )
        few = [f"{many(sum(one.waiting for one in stuck), 'event')} without a usual step, as few as always."]
        verdict("good", sentence, few if stuck else [])


def _stuck_list(stuck: list[Stuck], now: datetime) -> None:
    st.subheader("Missing steps in the last two hours", anchor=False)
    lines = []
    for one in stuck[:STUCK_SHOWN]:
        ref = str(one.examples[0])
        share = one.waiting / max(1, one.due)
        lines.append(
            {
                "id": ref,
                "href": links.to_event(ref),
                "cells": [
                    {
                        "text": kind_text(one.step.effect),
                        "under": f"after {kind_text(one.step.cause)}, {_by(one.step.service)}",
                        "style": "strong",
                    },
                    {
                        "text": count(one.waiting),
                        "under": f"{share:.1%} of {count(one.due)}",
                        "style": "dead" if one.unusual else "",
                        "meter": share,
                        "meterStyle": "dead" if one.unusual else "",
                    },
                    {"text": f"{1 - one.step.share:.1%}", "style": "mute"},
                    {"text": duration(one.step.p95_ms)},
                    {"text": clock(one.first_time, now), "under": ago(one.first_time, now)},
                    {"text": clock(one.last_time, now), "under": ago(one.last_time, now)},
                ],
            }
        )
    columns = [
        {"text": "Missing step"},
        {"text": "events that wait", "style": "number", "width": "130px"},
        {"text": "usually", "style": "number"},
        {"text": "follows within", "style": "number"},
        {"text": "oldest", "style": "time"},
        {"text": "newest", "style": "time"},
    ]
    data = {"scope": "", "label": "Missing steps", "columns": columns, "rows": lines}
    link_list(data, key="stuck", on_pick=go_to_event)
    more = f"The first {STUCK_SHOWN} of {count(len(stuck))}. " if len(stuck) > STUCK_SHOWN else ""
    st.caption(
        more
        + "A step is usual where at least nine of ten events have it, as a median over five minutes; it is missing "
        "after three times the time that 99 of 100 need. A click opens the newest cascade that waits."
    )


def _by(service: str) -> str:
    return f"by {visible(service, 60)}" if service else "by a service not on the wire"


def _draw(classes: list[FlowClass]) -> None:
    st.subheader("Kinds of flows, by what they begin with", anchor=False)
    chosen = st.query_params.get("flow", "")
    selected = next((one for one in classes if class_key(one) == chosen), classes[0])
    left, right = st.columns([2.6, 1], gap="small")
    with left:
        link_list(_class_list(classes[:SHOWN]), key="flow_classes", on_pick=_pick)
        notes = []
        if len(classes) > SHOWN:
            notes.append(f"The first {SHOWN} of {count(len(classes))}.")
        if any(one.cut for one in classes):
            notes.append("Some cascades are larger than what is followed here.")
        notes.append(
            "Sizes, times and ends are those of the cascades that were followed: up to 40 of each kind. "
            "The upper number is the median, the lower one what 95 of 100 stay below. "
            "Rates are over the whole time that was chosen."
        )
        st.caption(" ".join(notes))
    with right.container(border=True, height=PANEL_HEIGHT, key="flow_panel"):
        _panel(selected)
    select(SCOPE, class_key(selected), key="flow_selection")


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["flow"] = id_


def _class_list(classes: list[FlowClass]) -> dict[str, Any]:
    columns = [
        {"text": "Begins with"},
        {"text": "rate", "style": "number"},
        {"text": "events", "style": "number"},
        {"text": "depth", "style": "number"},
        {"text": "takes", "style": "number"},
        {"text": "complete", "style": "number", "width": "100px"},
        {"text": "otherwise"},
    ]
    lines = [
        {"id": class_key(one), "href": links.to_flow_class(class_key(one)), "cells": _class_cells(one)}
        for one in classes
    ]
    return {
        "scope": SCOPE,
        "label": "Kinds of flows",
        "columns": columns,
        "rows": lines,
        "height": PANEL_HEIGHT,
    }


def _class_cells(one: FlowClass) -> list[dict[str, Any]]:
    share = completed_share(one)
    rest = []
    if one.failed:
        rest.append(many(one.failed, "with dead letters", "with dead letters"))
    if one.incomplete:
        rest.append(f"{count(one.incomplete)} incomplete")
    if one.running:
        rest.append(f"{count(one.running)} running")
    missing = f"missing {kind_text(one.missing[0][0].effect)}" if one.missing else ""
    complete: dict[str, Any] = {"text": "none ended" if share is None else f"{share:.0%}"}
    if share is not None:
        complete |= {
            "meter": share,
            "meterStyle": "dead" if one.failed else "retry" if one.incomplete else "good",
        }
    return [
        {
            "text": visible(one.type or one.topic, 90),
            "under": f"{visible(one.topic, 90)}, {_by(one.service)}",
            "style": "strong",
        },
        {"text": rate(one.per_minute), "under": many(one.roots, "cascade")},
        {"text": f"{one.events_p50:,.0f}", "under": f"95 %: {one.events_p95:,.0f}"},
        {"text": f"{one.depth_p50:,.0f}", "under": f"95 %: {one.depth_p95:,.0f}"},
        {"text": duration(one.duration_p50_ms), "under": f"95 %: {duration(one.duration_p95_ms)}"},
        complete,
        {"text": ", ".join(rest) or "nothing", "under": missing, "style": "dead" if one.failed else ""},
    ]


def _panel(one: FlowClass) -> None:
    st.html(f'<div class="hw-title">{escaped(one.type or one.topic, 160)}</div>begins the flow')
    facts = [
        ("Topic", escaped(one.topic)),
        ("Service", escaped(one.service) or "not on the wire"),
        ("Began", f"{count(one.roots)}, {rate(one.per_minute)}"),
        ("Followed", count(one.followed)),
        ("Complete", count(one.completed)),
        ("Dead letters", many(one.failed, "cascade") if one.failed else "none"),
        ("Incomplete", count(one.incomplete)),
        ("Running", count(one.running)),
    ]
    st.html(table(facts))
    if one.missing:
        st.markdown("**Missing steps**, each opens a cascade")
        lines = [
            {
                "id": str(ref),
                "href": links.to_event(str(ref)),
                "cells": [
                    {"text": kind_text(step.effect), "under": step_text(step)},
                    {"text": count(number), "style": "dead"},
                ],
            }
            for step, number, ref in one.missing
        ]
        columns = [{"text": ""}, {"text": "", "style": "number"}]
        data = {"scope": "", "label": "Missing steps", "columns": columns, "rows": lines}
        link_list(data, key="flow_missing", on_pick=go_to_event)
    st.markdown("**A cascade of this kind**")
    ref = str(one.newest)
    data = {
        "scope": "",
        "label": "Example",
        "columns": [{"text": ""}],
        "rows": [{"id": ref, "href": links.to_event(ref), "cells": [{"text": visible(ref, 120)}]}],
    }
    link_list(data, key="flow_example", on_pick=go_to_event)
    kinds = sorted(one.kinds)
    st.markdown(f"**{many(len(kinds), 'kind')} of events in it**")
    st.html("<br>".join(escaped(kind_text(kind), 120) for kind in kinds[:60]))


refreshed(_body, live=heading("Flows"), every_s=30)
