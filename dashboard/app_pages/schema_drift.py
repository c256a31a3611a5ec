"""Is a payload changing now? Since when, by whom, what in it, how far, whom does it hit, and what to do."""

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from collector import links
from collector.detect.drift_findings import Finding
from collector.detect.drift_read import Drift, Failures, Told, read_drift
from collector.detect.drift_words import (
    FINDINGS,
    IN_SHORT,
    STATES,
    VERDICTS,
    advice,
    chain,
    diff_lines,
    say,
    weight,
    who_text,
)
from dashboard import charts
from dashboard.component import link_list, select
from dashboard.facts import code, table
from dashboard.frame import (
    age_line,
    go_to_event,
    go_to_reason,
    go_to_topic,
    heading,
    no_data,
    notice,
    refreshed,
    utc_now,
    verdict,
)
from dashboard.read import rows
from dashboard.text import ago, count, escaped, many, stamp, visible

WINDOWS = {"1 h": 3_600, "24 h": 86_400, "7 d": 604_800, "14 d": 1_209_600}
SCOPE = "drift"
HEIGHT = 560
SHOWN = 200
FINDINGS_SHOWN = 100
DEAD_SHOWN = 4


def _body() -> None:
    now = utc_now()
    window = st.segmented_control(
        "Window", list(WINDOWS), default="24 h", key="window", bind="query-params", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    # To the minute, so that questions repeat and are answered from the cache.
    since = (now - timedelta(seconds=WINDOWS[window or "24 h"])).replace(second=0, microsecond=0)
    drift = read_drift(rows, now.replace(second=0, microsecond=0), since)
    if not drift.records and not drift.changes:
        no_data(
            "No data: no record with a structure was seen in this time.", ["`headwater watch` counts them."]
        )
        return
    said = say(drift, now)
    verdict(said.level, said.sentence, list(said.details))
    if drift.changes:
        _draw(drift, now)
    if drift.findings:
        _findings(drift.findings)
    age_line(now, drift.newest_time)


def _draw(drift: Drift, now: datetime) -> None:
    chosen = st.query_params.get("change", "")
    selected = next((told for told in drift.changes if told.change.change_id == chosen), _first(drift))
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        link_list(_list(drift.changes[:SHOWN], now), key="changes", on_pick=_pick)
        if len(drift.changes) > SHOWN:
            st.caption(f"The newest {SHOWN} of {count(len(drift.changes))}.")
    with right.container(border=True, key="drift_panel"):
        _panel(selected, now)
    select(SCOPE, selected.change.change_id, key="drift_selection")


def _first(drift: Drift) -> Told:
    """Return what to look at first: what is going on and hurts, else the newest."""
    return max(
        drift.changes,
        key=lambda told: (told.is_going_on, *weight(told)),
    )


def _pick(id_: str | None, _open: bool) -> None:
    if id_:
        st.query_params["change"] = id_


def _list(changes: tuple[Told, ...], now: datetime) -> dict[str, Any]:
    columns = [
        {"text": "What changed"},
        {"text": "verdict", "width": "124px"},
        {"text": "new form", "style": "number", "width": "110px"},
        {"text": "dead", "style": "number"},
        {"text": "since", "style": "time"},
    ]
    lines = [
        {
            "id": told.change.change_id,
            "href": links.to_change(told.change.change_id),
            "cells": _cells(told, now),
        }
        for told in changes
    ]
    return {"scope": SCOPE, "label": "Changes", "columns": columns, "rows": lines, "height": HEIGHT}


def _cells(told: Told, now: datetime) -> list[dict[str, Any]]:
    change = told.change
    who = visible(who_text(told), 60) or "service not on the wire"
    return [
        {
            "text": visible(change.summary, 140),
            "under": f"{visible(change.topic, 80)} · by {who}",
            "style": "strong",
        },
        {
            "text": VERDICTS[change.verdict][0],
            "under": IN_SHORT[change.verdict],
            "style": "dead" if told.breaks_readers else "",
        },
        {
            "text": f"{change.new_share:.0%}",
            "under": STATES[change.state],
            "meter": change.new_share,
            "meterStyle": "dead" if told.breaks_readers and told.is_going_on else "",
        },
        {"text": count(told.failures) if told.failures else "", "style": "dead"},
        {"text": ago(change.first_time, now)},
    ]


def _panel(told: Told, now: datetime) -> None:
    change = told.change
    word, meaning = VERDICTS[change.verdict]
    dead = " dead" if told.breaks_readers else ""
    st.html(
        f'<div class="hw-title">{escaped(change.topic)} {escaped(change.type)}</div>'
        f'<span class="hw-badge{dead}">{word}</span><span class="hw-badge">{STATES[change.state].upper()}</span>'
    )
    lines = "".join(
        f'<div class="{style}">{escaped(text, 300)}</div>' for style, text in diff_lines(change.fields)
    )
    st.html(f'<div class="hw-diff">{lines or escaped(change.summary, 300)}</div>')
    notice(meaning, "dead" if told.breaks_readers else "")
    st.markdown("**Whom it hits**")
    _hit(told, now)
    st.markdown("**What to do**")
    steps = "".join(f"<li>{escaped(step, 400)}</li>" for step in advice(told))
    st.html(f"<ul>{steps}</ul>")
    _share(told, now)
    st.html(table(_facts(told)))
    first = str(change.first)
    _links(
        "First record with it, opens its cascade",
        [(first, links.to_event(first), "")],
        "drift_first",
        go_to_event,
    )


def _share(told: Told, now: datetime) -> None:
    change = told.change
    begin = change.first_time - timedelta(minutes=15)
    end = min(
        now, max(change.last_new_time, change.reverted_time or change.last_new_time) + timedelta(hours=1)
    )
    span_s = max(60.0, (end - begin).total_seconds())
    step_s = next((step for step in (60, 300, 900, 3_600, 14_400) if span_s / step <= 80), 86_400)
    found = rows(
        "drift_shares", topic=change.topic, type=change.type, service=change.service, new_shapes=change.new_shapes,
        to_schema=change.to_schema, since=begin.replace(second=0, microsecond=0),
        until=(end + timedelta(minutes=1)).replace(second=0, microsecond=0), step_s=step_s,
    )  # fmt: skip
    if found:
        st.caption(f"Records with the old and the new form, per {many(step_s // 60, 'minute')}")
        st.vega_lite_chart(None, charts.two_forms(found, step_s=step_s), key="drift_share")


def _hit(told: Told, now: datetime) -> None:
    if told.dead_letters or told.incidents:
        st.html(f'<div class="hw-line">{escaped(chain(told, now), 600)}</div>')
    found = [_dead_line(each, now) for each in told.dead_letters[:DEAD_SHOWN]]
    if found:
        _links("Dead letters with the new form", found, "drift_dead", go_to_reason)
    groups = ", ".join(f"{name} ({count(lag)} behind)" if lag else name for name, lag in told.groups[:12])
    services = ", ".join(f"{name} → {', '.join(topics[:3])}" for name, topics in told.services[:12])
    pairs = [
        ("Read by", escaped(groups, 600) if groups else "no consumer group is known to read it"),
        ("Used by", escaped(services, 800) if services else "no event is known to come of it"),
    ]
    st.html(table(pairs))


def _dead_line(each: Failures, now: datetime) -> tuple[str, str, str]:
    why = each.exception.rpartition(".")[2] or "no reason given"
    text = f"{count(each.failures)} of {each.consumer_group or 'a group that is not named'}: {why}"
    under = f"first {ago(each.first_time, now)}, last {ago(each.last_time, now)}"
    return text, links.to_reason(each.reason_id), under


def _facts(told: Told) -> list[tuple[str, str]]:
    change = told.change
    schemas = f"{escaped(change.from_schema or 'none')} → {escaped(change.to_schema or 'none')}"
    ended = {
        "complete": ("Old form ended", change.complete_time),
        "reverted": ("Rolled back", change.reverted_time),
    }
    label, at = ended.get(change.state, ("Last record of the old form", change.last_old_time))
    return [
        ("By", escaped(who_text(told)) or "service not on the wire"),
        ("First record", stamp(change.first_time)),
        (label, stamp(at) if at else "none since"),
        ("Records", f"{count(change.new_events)} new, {count(change.old_events)} old since then"),
        ("Schema", schemas if change.to_schema != change.from_schema else ""),
        ("Rule", escaped(change.verdict_rule, 400)),
        ("Evidence", escaped(change.evidence, 400)),
        ("Same as JSON", code("headwater drift --json")),
    ]  # fmt: skip


def _links(title: str, found: list[tuple[str, str, str]], key: str, on_pick: Any) -> None:
    lines = [
        {
            "id": href.rpartition("=")[2],
            "href": href,
            "cells": [{"text": visible(text, 160), "under": under}],
        }
        for text, href, under in found
    ]
    link_list(
        {"scope": "", "label": title, "columns": [{"text": title}], "rows": lines}, key=key, on_pick=on_pick
    )


def _findings(findings: tuple[Finding, ...]) -> None:
    st.subheader("Registry and formats, last 24 hours", anchor=False)
    columns = [
        {"text": "What"},
        {"text": "topic"},
        {"text": "by"},
        {"text": "records", "style": "number", "width": "130px"},
    ]
    lines = [
        {
            "id": finding.topic,
            "href": links.to_topic(finding.topic),
            "cells": [
                {"text": FINDINGS[finding.kind], "under": visible(finding.said, 200), "style": "strong"},
                {"text": visible(finding.topic, 100)},
                {"text": visible(", ".join(finding.who), 160)},
                {"text": count(finding.records), "under": f"{finding.share:.0%}", "meter": finding.share},
            ],
        }
        for finding in findings[:FINDINGS_SHOWN]
    ]  # fmt: skip
    data = {"scope": "", "label": "Registry and formats", "columns": columns, "rows": lines}
    link_list(data, key="findings", on_pick=go_to_topic)
    if len(findings) > FINDINGS_SHOWN:
        st.caption(f"and {count(len(findings) - FINDINGS_SHOWN)} more")


refreshed(_body, live=heading("Schema drift"), every_s=5)
