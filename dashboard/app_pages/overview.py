"""Is anything wrong now? What, since when, how many, and where to look next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from collector import links
from collector.detect.dead_letters import over_times
from collector.detect.dead_letters_words import LIKELY_FROM, suspicion
from collector.detect.incident_words import Folded, cause_line, folded, needs_a_person, sentence
from dashboard import charts
from dashboard.changes import Change, changes
from dashboard.component import link_list
from dashboard.frame import (
    age_line,
    go_to_change,
    go_to_event,
    go_to_incident,
    heading,
    no_data,
    refreshed,
    utc_now,
    verdict,
)
from dashboard.read import dead_letters, incidents, rows, slow_rows
from dashboard.text import ago, clock, count, duration, visible
from dashboard.verdict import Facts, Failing, foremost, judge
from schemas.incidents import Incident
from schemas.records import EventRef

WINDOW = timedelta(hours=1)
STEP_S = 60
WEEK_S = 7 * 86_400  # as on the page of dead letters, so that both share one answer
CHANGES_WITHIN = timedelta(days=7)
CHANGES_MAX = 100
SETTLED = timedelta(minutes=10)
INCIDENTS_SHOWN = 3


def _facts(
    now: datetime, found_changes: list[Change], failing: list[Failing], pressing: list[Folded]
) -> Facts:
    newest = rows("overview_newest")[0]
    topics = rows("overview_topics", window_s=int(WINDOW.total_seconds()))
    collectors = rows("collector_status_latest")
    lag = rows("collector_lag_total")[0]
    return Facts(
        now=now,
        rows=newest["rows"],
        newest_observed=newest["newest_observed_time"] if newest["rows"] else None,
        events_5m=sum(row["events_5m"] for row in topics),
        topics=len(topics),
        failing=failing,
        changes=found_changes,
        heard=max((row["observed_time"] for row in collectors), default=None),
        collector_state=next((row["state"] for row in collectors if row["state"] != "running"), "running"),
        lag=int(lag["lag"]),
        suspicion=_suspicion(foremost(failing, now)),
        incident=sentence(pressing[0].incident, now) if pressing else "",
    )


def _suspicion(top: Failing | None) -> str:
    """Return what most likely made the failure that the verdict is about."""
    if top is None:
        return ""
    alike = [
        reason
        for reason in dead_letters(WEEK_S).reasons
        if reason.exception == top.reason and top.topic in reason.dead_letter_topics
    ]
    reason = max(alike, key=lambda one: one.last_15m, default=None)
    if reason is None or not reason.suspects or reason.suspects[0].likelihood < LIKELY_FROM:
        return ""
    return suspicion(reason.suspects[0])


def _failing(found: Sequence[Incident]) -> list[Failing]:
    over = over_times(found)
    return [
        Failing(
            topic=row["topic"],
            reason=row["exception"],
            failing=row["failing"],
            origin_topic=row["origin_topic"],
            last_15m=row["last_15m"],
            last_1h=row["last_1h"],
            last_24h=row["last_24h"],
            last_time=row["last_time"],
            last_event=str(EventRef(row["topic"], row["last_partition"], row["last_offset"])),
            minutes=tuple(row["minutes"]),
            over_time=over.get((row["origin_topic"], row["failing"])),
        )
        for row in rows("overview_dead_letters")
    ]


def _body() -> None:
    now = utc_now()
    since = (now - CHANGES_WITHIN).replace(second=0, microsecond=0)
    found_changes = changes(rows("schema_changes", since=since, rows_max=CHANGES_MAX))
    found_incidents = incidents(WEEK_S)
    failing = _failing(found_incidents)
    pressing = [one for one in folded(found_incidents) if needs_a_person(one)]
    facts = _facts(now, found_changes, failing, pressing)
    said = judge(facts)
    if said.level == "none":
        no_data(said.sentence, list(said.details))
        return
    verdict(said.level, said.sentence, list(said.details))
    _incidents(pressing, now)
    age_line(now, facts.newest_observed)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _rates(now, found_changes)
        _slowest()
    with right:
        _dead_letters(failing, now)
        _changes(found_changes, now)


def _incidents(pressing: list[Folded], now: datetime) -> None:
    """Lead from the verdict to the incidents that are open."""
    if not pressing:
        return
    lines = [
        {
            "id": one.incident.incident_id,
            "href": links.to_incident(one.incident.incident_id),
            "cells": [
                {
                    "text": f"Incident: {visible(one.incident.title, 120)}",
                    "under": visible(cause_line(one.incident), 220),
                    "style": "strong",
                },
                {
                    "text": "not acknowledged" if one.incident.acknowledged_time is None else "acknowledged",
                    "style": "dead" if one.incident.acknowledged_time is None else "",
                },
                {"text": f"since {clock(one.incident.impact_time, now)}"},
            ],
        }
        for one in pressing[:INCIDENTS_SHOWN]
    ]
    columns = [{"text": ""}, {"text": "", "width": "150px"}, {"text": "", "style": "time", "width": "130px"}]
    data = {"scope": "", "label": "Open incidents", "columns": columns, "rows": lines}
    link_list(data, key="open_incidents", on_pick=go_to_incident)
    if len(pressing) > INCIDENTS_SHOWN:
        st.caption(f"and {count(len(pressing) - INCIDENTS_SHOWN)} more on the page Incidents")


def _rates(now: datetime, found_changes: list[Change]) -> None:
    found = rows("overview_rates", window_s=int(WINDOW.total_seconds()), step_s=STEP_S)
    st.subheader("Events in the last hour", anchor=False)
    if not found:
        st.caption("No event in the last hour.")
        return
    marks = [
        (change.time, f"{change.topic} changed") for change in found_changes[:4] if change.time > now - WINDOW
    ]
    same: dict[str, Any] = {"now": now, "window": WINDOW, "step_s": STEP_S}
    st.vega_lite_chart(
        None,
        charts.rate_bars(found, "events", "events / min", times=False, changes=marks, height=140, **same),
        key="rates",
    )
    st.vega_lite_chart(
        None,
        charts.rate_bars(found, "dead_letters", "dead", colour=charts.RED, height=90, **same),
        key="dead_rates",
    )


def _dead_letters(failing: list[Failing], now: datetime) -> None:
    st.subheader("Dead letters", anchor=False)
    if not failing:
        st.caption("None in the last 24 hours.")
        return
    most = max((item.last_1h for item in failing), default=0) or 1
    lines = [
        {
            "id": item.last_event,
            "href": links.to_event(item.last_event),
            "cells": [
                {
                    "text": visible(item.topic, 80),
                    "under": visible(
                        " · ".join(
                            filter(
                                None,
                                [
                                    item.reason.rpartition(".")[2],
                                    f"by {item.failing}" if item.failing else "",
                                ],
                            )
                        )
                        or "no reason on the wire",
                        120,
                    ),
                    "style": "strong",
                },
                {"text": count(item.last_15m), "style": "dead" if item.last_15m else "mute"},
                {"text": count(item.last_1h), "meter": item.last_1h / most, "meterStyle": "dead"},
                {"text": ago(item.last_time, now)},
            ],
        }
        for item in failing[:8]
    ]
    columns = [
        {"text": "Topic and reason"},
        {"text": "15 min", "style": "number"},
        {"text": "1 h", "style": "number"},
        {"text": "last", "style": "time"},
    ]
    data = {"scope": "", "label": "Dead letters by topic", "columns": columns, "rows": lines}
    link_list(data, key="dead_letters", on_pick=go_to_event)
    if len(failing) > 8:
        st.caption(f"and {len(failing) - 8} more")


def _slowest() -> None:
    st.subheader("Slowest steps in the last hour", anchor=False)
    found = rows("overview_slowest_edges", window_s=int(WINDOW.total_seconds()), rows_max=8)
    if not found:
        st.caption("No event was linked to its cause in the last hour.")
        return
    most = max(row["p95_ms"] for row in found) or 1
    lines = []
    for row in found:
        event = str(EventRef(row["effect_topic"], row["slowest_partition"], row["slowest_offset"]))
        lines.append(
            {
                "id": event,
                "href": links.to_event(event),
                "cells": [
                    {
                        "text": f"{visible(row['cause_topic'], 60)} → {visible(row['effect_topic'], 60)}",
                        "under": f"by {visible(row['effect_service'], 60)}"
                        if row["effect_service"]
                        else "service not on the wire",
                    },
                    {"text": duration(row["p50_ms"])},
                    {"text": duration(row["p95_ms"]), "meter": max(0, row["p95_ms"] / most)},
                    {"text": count(row["edges"])},
                ],
            }
        )
    columns = [
        {"text": "From → to"},
        {"text": "p50", "style": "number"},
        {"text": "p95", "style": "number"},
        {"text": "count", "style": "number"},
    ]
    data = {"scope": "", "label": "Slowest steps", "columns": columns, "rows": lines}
    link_list(data, key="slowest", on_pick=go_to_event)
    st.caption(
        "From cause to effect: half of them took at most p50, 95 of 100 at most p95. A row opens the slowest."
    )


def _changes(found: list[Change], now: datetime) -> None:
    st.subheader("Newest changes", anchor=False)
    lines = []  # payloads before topics: they break things more often
    for change in found[:4]:
        more = f" and {len(change.said) - 2} more" if len(change.said) > 2 else ""
        said = visible(f"{change.topic}: {'; '.join(change.said[:2])}{more}", 200)
        by = f" by {visible(change.who, 40)}" if change.who else ""
        title = f"Payload of {visible(change.type or change.topic, 60)} changed{by}"
        lines.append(
            _change_row(change.change_id, links.to_change(change.change_id), title, said, change.time, now)
        )
    for row in slow_rows("overview_new_topics", rows_max=4):
        if row["first_time"] < row["oldest_time"] + SETTLED:
            continue  # with the first records of a store, every topic is new: that is no news
        first = str(EventRef(row["topic"], row["first_partition"], row["first_offset"]))
        title = f"New topic {visible(row['topic'], 80)}"
        lines.append(_change_row(first, links.to_event(first), title, "first record", row["first_time"], now))
    if not lines:
        st.caption("Nothing new was seen.")
        return
    columns = [{"text": "What"}, {"text": "when", "style": "time"}]
    data = {"scope": "", "label": "Newest changes", "columns": columns, "rows": lines}
    link_list(data, key="changes", on_pick=_go_to)


def _go_to(id_: str | None, _open: bool = False) -> None:
    (go_to_event if id_ and "/" in id_ else go_to_change)(id_)


def _change_row(id_: str, href: str, title: str, under: str, time: datetime, now: datetime) -> dict[str, Any]:
    return {
        "id": id_,
        "href": href,
        "cells": [{"text": title, "under": under}, {"text": ago(time, now)}],
    }


refreshed(_body, live=heading("Overview"), every_s=3)
