"""Is it getting better? How fast incidents are noticed and over, how often changes fail, and which habits help."""

from datetime import datetime

import streamlit as st

from collector import links
from collector.detect.measures import DEFINITIONS
from collector.report import words
from collector.report.figures import TIMES, Key, Line
from collector.report.period import Period, last_whole_week, named
from collector.report.reliability import Reliability, csv_text
from dashboard import draw_reliability as drawn
from dashboard.component import link_list, select
from dashboard.frame import (
    age_line,
    go_to_event,
    go_to_topic,
    heading,
    no_data,
    notice,
    refreshed,
    utc_now,
    verdict,
)
from dashboard.read import reliability, rows, weekly
from dashboard.text import count, escaped, visible
from dashboard.trend_chart import trend_bars
from dashboard.views.incident_links import incident_links
from dashboard.views.scorecard import draw_scorecard

DAYS = {"7 d": 7, "28 d": 28, "90 d": 90}
BY: dict[str, Key] = {"By topic": "topic", "By service": "service", "By flow": "flow", "By team": "team"}
HEIGHT = 716


def _chosen(now: datetime) -> tuple[Period | None, Key]:
    """Draw what can be chosen; return the days (None where they cannot be read) and what figures are told apart by."""
    with st.container(horizontal=True, vertical_alignment="center"):
        days = st.segmented_control(
            "Days", list(DAYS), default="28 d", key="days", bind="query-params", label_visibility="collapsed",
            required=True,
        )  # fmt: skip
        text = st.text_input(
            "Range", key="range", bind="query-params", placeholder="2026-W47, or 2026-11-01..2026-11-22",
            width=280, label_visibility="collapsed", help="A week or days, in UTC. Empty: the last days, up to now.",
        )  # fmt: skip
        by = st.segmented_control(
            "By", list(BY), default="By topic", key="by", bind="query-params", label_visibility="collapsed",
            required=True,
        )  # fmt: skip
    return named(text or "", now, DAYS[days or "28 d"]), BY[by or "By topic"]


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: there is nothing to measure.")
        return
    now = utc_now()
    period, by = _chosen(now)
    if period is None:
        verdict(
            "none", "That is no range of days.", ["Write 2026-W47, or 2026-11-01..2026-11-22, or nothing."]
        )
        return
    found = reliability(period, by)
    verdict(*drawn.say(found))
    if found.facts.cut:
        notice("There are more incidents in this time than are counted here: choose a shorter one.")
    _figures(found)
    _trends(found)
    _parts(found, by)
    _budgets(found)
    draw_scorecard(found)
    _downloads(found, now)
    age_line(now, newest["newest_time"])


def _figures(found: Reliability) -> None:
    by_name = {line.name: line for line in found.everything.lines}
    selected = by_name.get(st.query_params.get("figure", ""), by_name["restore"])
    left, right = st.columns([2.1, 1], gap="small")
    with left:
        link_list(drawn.figure_list(found, HEIGHT), key="figures", on_pick=_pick)
        before = links.to_figures(str(found.before.first), str(found.before.last), selected.name)
        st.caption(f"Beside [the {found.period.days} days before]({before}). {words.VERDICTS_NOTE}")
    with right.container(border=True, height=HEIGHT, key="figure_panel"):
        _panel(found, selected)
    select(drawn.FIGURES, selected.name, key="figure_selection")


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["figure"] = id_


def _panel(found: Reliability, line: Line) -> None:
    st.html(
        f'<div class="hw-title">{line.title}: {words.value_text(line)}</div>{escaped(line.definition, 600)}'
    )
    if line.note:
        st.caption(line.note)
    wanted = set(line.incidents)
    incidents = {
        one.incident_id: one for one in (*found.everything.now.incidents, *found.everything.now.failing)
    }
    behind = [one for key, one in incidents.items() if key in wanted]
    if line.name == "deployment_frequency":
        _deployments(found)
    elif line.name == "dead_letter_rate":
        _dead_letters(found)
    elif behind:
        st.markdown(f"**Rests on {words.n_text(line)}, longest first**")
        incident_links(behind, found.now, height=HEIGHT - 230)
    elif line.value is None and line.name in TIMES and found.everything.now.incidents:
        st.markdown("**Not measured of any of these**")
        incident_links(found.everything.now.incidents, found.now, height=HEIGHT - 230)
    else:
        st.caption("There is no incident behind it.")


def _deployments(found: Reliability) -> None:
    deployed = found.everything.now.deployments
    lines = [
        {
            "id": str(number),
            "cells": [
                {"text": f"{one.service} {one.version}"[:120], "style": "strong"},
                {"text": f"{one.time:%d %b %H:%M}"},
                {
                    "text": {"webhook": "told", "span": "seen on spans", "header": "seen on events"}[
                        one.source
                    ]
                },
            ],
        }
        for number, one in enumerate(reversed(deployed[-200:]))
    ]
    columns = [{"text": "Deployment"}, {"text": "at", "style": "time"}, {"text": "how it is known"}]
    if lines:
        data = {"scope": "", "label": "Deployments", "columns": columns, "rows": lines}
        link_list(data, key="deployments", on_pick=lambda _id, _open: None)
    else:
        st.caption(
            "None is known. `POST /api/deployments` tells of one; versions on events and spans are seen."
        )


def _dead_letters(found: Reliability) -> None:
    steps = found.facts.steps_in(found.period)
    by_source: dict[tuple[str, str], tuple[int, str]] = {}
    for one in found.facts.dead_letters:
        if one.step in steps:
            key = (one.topic, one.consumer_group)
            before, _ = by_source.get(key, (0, ""))
            by_source[key] = (before + one.dead_letters, one.last_event)
    lines = [
        {
            "id": event,
            "href": links.to_event(event),
            "cells": [
                {"text": visible(topic, 80), "under": visible(group, 80), "style": "strong"},
                {"text": count(number), "style": "dead"},
            ],
        }
        for (topic, group), (number, event) in sorted(by_source.items(), key=lambda item: -item[1][0])
    ]
    columns = [{"text": "From topic, given up by"}, {"text": "dead letters", "style": "number"}]
    if lines:
        st.markdown("**Where they came from**, each opens the latest")
        data = {"scope": "", "label": "Dead letters", "columns": columns, "rows": lines[:100]}
        link_list(data, key="sources", on_pick=go_to_event)


def _trends(found: Reliability) -> None:
    st.subheader("Is it getting better?", anchor=False)
    left, middle, right = st.columns(3, gap="medium")
    for column, figure, title, unit in (
        (left, "restore", "Time to restore, median", "seconds"),
        (middle, "drift_incidents", "Schema drift incidents", "incidents"),
        (right, "dead_letter_rate", "Dead letters per 1,000 records", "dead letters"),
    ):
        with column:
            st.markdown(f"**{title}**")
            points = drawn.points(found, figure)
            if any(point.value is not None for point in points):
                st.vega_lite_chart(None, trend_bars(points, unit), key=f"trend_{figure}")
            else:
                st.caption("No data: nothing was measured.")
    step = "day" if found.period.days <= 14 else "week"
    st.caption(
        f"A bar per {step}; pale is the time before, hollow rests on fewer than five. No bar: nothing was measured."
    )


def _parts(found: Reliability, by: Key) -> None:
    st.subheader(f"By {by}, longest impact first", anchor=False)
    if not found.parts:
        said = "No incident in this time names one."
        if by in ("flow", "team"):
            said += f" Declare some in `headwater.toml` under `[{by}s]`: a name and a pattern of topics."
        st.caption(said)
        return
    link_list(
        drawn.part_list(found, by, 420),
        key=f"parts_{by}",
        on_pick=go_to_topic if by == "topic" else lambda _id, _open: None,
    )
    st.caption(
        "Times are medians with their 90th percentile; grey ones rest on fewer than five. *Lasted together* adds up "
        "all incidents. Deployments of a topic or flow are those of services that write to it or failed on it."
    )


def _budgets(found: Reliability) -> None:
    st.subheader("Error budgets", anchor=False)
    if not found.kept:
        st.caption(
            "No objective is declared. In `headwater.toml`: `[[slos]]` with `name`, `objective = 0.999`, `topic`, "
            "`consumer_group` and `window_days`."
        )
        return
    link_list(drawn.kept_list(found.kept), key="kept", on_pick=lambda _id, _open: None)
    st.caption(f"{DEFINITIONS['error_budget'].text} Windows end with the days above, or now.")


def _downloads(found: Reliability, now: datetime) -> None:
    st.subheader("Take it along", anchor=False)
    week = found.period if found.period.name.partition("-W")[2] else last_whole_week(now)
    with st.container(horizontal=True):
        st.download_button(
            "These figures as CSV",
            csv_text(found),
            file_name=f"reliability_{found.period.first}_{found.period.last}.csv",
            mime="text/csv",
        )
        st.download_button(
            f"The report of {week.name}",
            lambda: weekly(week),
            file_name=f"weekly_{week.name}.html",
            mime="text/html",
            help="What broke and why, trends, and what is still to be done, in one file. `headwater report` writes it, "
            "as PDF or Markdown too.",
        )


refreshed(_body, live=heading("Reliability"), every_s=60)
