"""What is given up, since when, how much of it, why, what did it touch, and how is it put right?"""

from datetime import timedelta

import streamlit as st

from collector import links
from collector.detect import dead_letters_words as words
from collector.detect.dead_letters import Reason, Report, foremost
from collector.detect.dead_letters_read import named
from dashboard import charts
from dashboard.component import link_list, select
from dashboard.frame import age_line, go_to_topic, heading, no_data, notice, refreshed, utc_now, verdict
from dashboard.read import dead_letters, rows
from dashboard.text import ago, clock, count, many, rate, visible
from dashboard.views.reason_panel import draw_reason

REPORT_S = 7 * 86_400  # what nobody put right a week ago is still to be put right
WINDOWS = {"1 h": 3_600, "24 h": 86_400}
STEPS_S = {"1 h": 60, "24 h": 900}
REASONS_SHOWN = 100
SCOPE = "reason"
SCOPES_SHOWN = 30
MARKS_SHOWN = 4


def _window() -> str:
    chosen = st.segmented_control(
        "Window of the chart", list(WINDOWS), default="1 h", key="window", bind="query-params",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    return chosen or "1 h"


def _body() -> None:
    newest = rows("overview_newest")[0]
    if not newest["rows"]:
        no_data("No data yet: nothing is known of dead letters.")
        return
    report = dead_letters(REPORT_S)
    said = words.headline(report, any_event=True)
    verdict(said.level, said.sentence, list(said.details))
    chosen = _chosen(report)
    # Without a reason there is nothing to tell on the right.
    left, right = st.columns([3, 2], gap="medium") if chosen else (st.container(), None)
    with left:
        head, control = st.columns([3, 2], vertical_alignment="center")
        head.subheader("Failures per minute", anchor=False)
        with control:
            window = _window()
        _rates(report, window)
        _reasons(report)
        _scopes(report)
        _redrives(report)
        _doubtful(report)
    if chosen and right:
        with right:
            draw_reason(chosen, report.now)
        select(SCOPE, chosen.reason_id, key="reason_selection")
    age_line(utc_now(), newest["newest_time"])


def _chosen(report: Report) -> Reason | None:
    """Return the reason in the address, else the one that matters most now."""
    asked = st.query_params.get("reason", "")
    found = named(report, asked) if asked else None
    if asked and found is None:
        notice("The reason in the address has not come up in seven days.")
    return found or foremost(report.reasons)


def _rates(report: Report, window: str) -> None:
    length, step_s = timedelta(seconds=WINDOWS[window]), STEPS_S[window]
    begin = (report.now - length).replace(second=0, microsecond=0)
    found = rows("dead_letters_rates_total", since=begin, until=report.now + timedelta(days=1), step_s=step_s)
    if not found:
        st.caption(f"Nothing was given up in the last {window}.")
        return
    suspects = {s.change.event or s.change.text: s.change for r in report.reasons for s in r.suspects[:1]}
    newest = sorted(suspects.values(), key=lambda change: change.time, reverse=True)
    marks = [
        (change.time, visible(f"{change.topic or change.service} changed", 60))
        for change in newest[:MARKS_SHOWN]
        if change.time > begin
    ]
    spec = charts.rate_bars(
        found, "failures", "failures / min", now=report.now, window=length, step_s=step_s,
        colour=charts.RED, height=110, changes=marks,
    )  # fmt: skip
    st.vega_lite_chart(None, spec, key="dead_letter_rates")


def _reasons(report: Report) -> None:
    st.subheader("By reason", anchor=False)
    if not report.reasons:
        st.caption("Nothing was given up in seven days.")
        return
    most = max(reason.last_1h for reason in report.reasons) or 1
    lines = [
        {
            "id": reason.reason_id,
            "href": links.to_reason(reason.reason_id),
            "cells": [
                {
                    "text": visible(words.reason_line(reason), 90),
                    "under": visible(words.who(reason), 90),
                    "style": "strong",
                },
                {"text": count(reason.last_15m), "style": "dead" if reason.last_15m else "mute"},
                {"text": count(reason.last_1h), "meter": reason.last_1h / most, "meterStyle": "dead"},
                {"text": count(reason.failures)},
                {"text": count(reason.backlog), "style": "retry" if reason.backlog else "mute"},
                {"text": clock(reason.began, report.now)},
                {"text": ago(reason.last_time, report.now)},
            ],
        }
        for reason in report.reasons[:REASONS_SHOWN]
    ]
    columns = [
        {"text": "Reason and who failed"},
        {"text": "15 min", "style": "number"},
        {"text": "1 h", "style": "number"},
        {"text": "7 days", "style": "number"},
        {"text": "waiting", "style": "number"},
        {"text": "since", "style": "time"},
        {"text": "last", "style": "time"},
    ]
    data = {
        "scope": SCOPE,
        "label": "Failures by reason",
        "columns": columns,
        "rows": lines,
        "height": 400,
    }
    link_list(data, key="reasons", on_pick=_choose)
    hidden = len(report.reasons) - len(lines)
    if hidden or report.cut:
        st.caption(f"and {'many' if report.cut else count(hidden)} more: `headwater dlq --json` has them")


def _choose(reason_id: str | None, _open: bool = False) -> None:
    if reason_id:
        st.query_params["reason"] = reason_id


def _scopes(report: Report) -> None:
    st.subheader("By topic and consumer group, 7 days", anchor=False)
    if not report.scopes:
        st.caption("No topic has failures in seven days.")
        return
    lines = []
    for scope in report.scopes[:SCOPES_SHOWN]:
        value = scope.per_1000
        lines.append(
            {
                "id": scope.topic,
                "href": links.to_topic(scope.topic),
                "cells": [
                    {
                        "text": visible(scope.topic, 80),
                        "under": visible(scope.consumer_group or "consumer not named", 80),
                    },
                    {"text": rate(scope.per_minute), "style": "dead" if scope.last_15m else "mute"},
                    {
                        "text": "not known" if value is None else f"{value:,.1f}",
                        "under": scope.base or "records not known",
                    },
                ],
            }
        )
    columns = [
        {"text": "Topic"},
        {"text": "now", "style": "number"},
        {"text": "per 1,000", "style": "number", "width": "130px"},
    ]
    data = {"scope": "", "label": "Failures by topic", "columns": columns, "rows": lines, "height": 420}
    link_list(data, key="scopes", on_pick=go_to_topic)
    if len(report.scopes) > len(lines):
        st.caption(f"and {len(report.scopes) - len(lines)} more")
    if report.groups_problem:
        st.caption(visible(report.groups_problem, 400).replace("`", "'"))


def _redrives(report: Report) -> None:
    found = rows("redrives", id="", rows_max=5)
    if not found:
        return
    st.subheader("Sent back", anchor=False)
    lines = [
        {
            "id": row["redrive_id"],
            "cells": [
                {"text": row["redrive_id"], "under": visible(f"{row['state']} · by {row['actor']}", 80)},
                {"text": f"{count(row['sent'])} of {count(row['planned'])}"},
                {"text": ago(row["created_time"], report.now)},
            ],
        }
        for row in found
    ]
    columns = [{"text": "Redrive"}, {"text": "sent", "style": "number"}, {"text": "began", "style": "time"}]
    data = {"scope": "", "label": "Redrives", "columns": columns, "rows": lines}
    link_list(data, key="redrives", on_pick=lambda _id, _open: None)


def _doubtful(report: Report) -> None:
    if report.doubtful_topics:
        shown = ", ".join(visible(topic, 60).replace("`", "'") for topic in report.doubtful_topics[:5])
        more = len(report.doubtful_topics) - 5
        st.caption(
            f"{many(len(report.doubtful_topics), 'topic')} named like dead letters, but nothing on the wire confirms "
            f"it: {shown}{f' and {more} more' if more > 0 else ''}. The setting topic_roles decides."
        )


refreshed(_body, live=heading("Dead letters"), every_s=5)
