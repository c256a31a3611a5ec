"""Is what the other pages show complete and fresh?"""

from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from collector import links
from dashboard import charts
from dashboard.component import link_list
from dashboard.frame import age_line, go_to_event, go_to_topic, heading, no_data, refreshed, utc_now, verdict
from dashboard.read import rows
from dashboard.text import ago, count, duration, many, size, visible
from dashboard.verdict import STALE
from schemas.records import EventRef

WINDOW = timedelta(hours=1)
LAG_ROWS = 30
MEANINGS = {
    "Behind": "Records that the brokers hold and that are not in the store yet.",
    "Latest write": "How long the store took for the latest batch, of the slowest collector.",
    "Latest link pass": "How long it took to find the causes of the latest batch.",
    "Waiting to be written": "Records that were read and wait until a write is due. They are not committed yet.",
}


def _body() -> None:
    now = utc_now()
    newest = rows("overview_newest")[0]
    collectors = rows("collector_status_latest")
    lag = rows("collector_lag_total")[0]
    if not collectors and not newest["rows"]:
        no_data("No data yet: no collector has reported.")
        return
    _say(collectors, lag, now)
    age_line(now, newest["newest_time"] if newest["rows"] else None)
    if collectors:
        _numbers(collectors, lag, newest, now)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _rate(now)
        _lag(lag)
    with right:
        _errors(now)
        _sizes()


def _say(collectors: list[dict[str, Any]], lag: dict[str, Any], now: datetime) -> None:
    if not collectors:
        verdict(
            "warn",
            "No collector has reported in a day: what you see is old.",
            ["Start one with `headwater up`."],
        )
        return
    newest = max(row["observed_time"] for row in collectors)
    if now - newest > STALE:
        detail = "It has stopped, or the store does not take its reports. What is behind now is not known."
        verdict("warn", f"The collector went silent {ago(newest, now)}: what you see is old.", [detail])
        return
    odd = [row for row in collectors if row["state"] != "running" and now - row["observed_time"] <= STALE]
    if odd:
        said = ", ".join(f"{visible(row['collector'], 60)}: {visible(row['state'], 60)}" for row in odd)
        verdict("warn", f"Not all is well: {said}.", [])
        return
    alive = sum(1 for row in collectors if now - row["observed_time"] <= STALE)
    if lag["paused"]:
        verdict(
            "warn",
            f"What you see is not fresh: {many(lag['paused'], 'partition')} held back.",
            ["The store is slower than the topics. What is held back stays on the brokers and comes later."],
        )
    elif lag["lag"] >= 10_000:
        verdict(
            "warn",
            f"What you see is not fresh: {many(lag['lag'], 'record')} behind.",
            [f"In {count(lag['behind'])} of {count(lag['partitions'])} partitions; the worst stand below."],
        )
    else:
        running = f"{many(alive, 'collector')} running, {many(lag['lag'], 'record')} behind"
        verdict("good", f"What you see is complete and fresh: {running}.", [])


def _numbers(
    collectors: list[dict[str, Any]], lag: dict[str, Any], newest: dict[str, Any], now: datetime
) -> None:
    alive = [row for row in collectors if now - row["observed_time"] <= STALE]
    numbers = [
        ("Records / s", f"{sum(row['records_per_second'] for row in alive):,.0f}" if alive else "no data"),
        ("Behind", count(lag["lag"]) if alive else "no data"),
        ("Partitions", count(lag["partitions"])),
        ("Latest write", duration(max(row["flush_ms"] for row in alive)) if alive else "no data"),
        ("Latest link pass", duration(max(row["link_ms"] for row in alive)) if alive else "no data"),
        ("Memory", size(sum(row["rss_bytes"] for row in alive)) if alive else "no data"),
        (
            "Waiting to be written",
            count(sum(row["buffered_records"] for row in alive)) if alive else "no data",
        ),
        ("Newest event", ago(newest["newest_time"], now) if newest["rows"] else "none"),
    ]
    for column, (label, value) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(label, value, help=MEANINGS.get(label))


def _rate(now: datetime) -> None:
    st.subheader("Records per second, last hour", anchor=False)
    found = rows("collector_rates", window_s=int(WINDOW.total_seconds()), step_s=30)
    if not found:
        st.caption("No collector reported in the last hour.")
        return
    spec = charts.line(found, "records_per_second", "records / s", now=now, window=WINDOW)
    st.vega_lite_chart(None, spec, key="collector_rate")


def _lag(total: dict[str, Any]) -> None:
    st.subheader("Lag per partition, worst first", anchor=False)
    found = rows("collector_lag", rows_max=LAG_ROWS)
    if not found:
        st.caption("No partition is assigned to a collector yet.")
        return
    most = max(row["lag"] for row in found) or 1
    lines = [
        {
            "id": row["topic"],
            "href": links.to_topic(row["topic"]),
            "cells": [
                {"text": visible(row["topic"], 100), "style": "strong"},
                {"text": str(row["partition"])},
                {
                    "text": count(row["lag"]),
                    "meter": row["lag"] / most,
                    "meterStyle": "retry" if row["lag"] >= 10_000 else "",
                },
                {"text": f"{count(row['committed_offset'])} / {count(row['end_offset'])}", "style": "mute"},
                {"text": "held back" if row["paused"] else "", "style": "retry"},
                {"text": ago(row["observed_time"], row["now"])},
            ],
        }
        for row in found
    ]
    columns = [
        {"text": "Topic"},
        {"text": "partition", "style": "number"},
        {"text": "behind", "style": "number", "width": "120px"},
        {"text": "stored / on the broker", "style": "number"},
        {"text": ""},
        {"text": "reported", "style": "time"},
    ]
    data = {"scope": "", "label": "Lag per partition", "columns": columns, "rows": lines, "height": 420}
    link_list(data, key="lag", on_pick=go_to_topic)
    if total["partitions"] > len(found):
        st.caption(f"The {len(found)} furthest behind of {count(total['partitions'])} partitions.")


def _errors(now: datetime) -> None:
    st.subheader("Errors in 7 days, by kind", anchor=False)
    kinds = rows("collector_errors_by_kind")
    if not kinds:
        st.caption("None: every record was understood.")
        return
    samples: dict[str, list[dict[str, Any]]] = {}
    for row in rows("collector_errors_samples", kind="", per_kind=3):
        samples.setdefault(row["kind"], []).append(row)
    st.caption("The records themselves are kept. Click one to see it.")
    lines = []
    for kind in kinds:
        for sample in samples.get(kind["kind"], [])[:3]:
            ref = str(EventRef(sample["topic"], sample["partition"], sample["offset"]))
            lines.append(
                {
                    "id": ref,
                    "href": links.to_event(ref),
                    "cells": [
                        {
                            "text": visible(sample["message"], 160),
                            "under": f"{kind['kind']} · {visible(ref, 100)}",
                        },
                        {"text": count(kind["errors"])},
                        {"text": ago(sample["observed_time"], now)},
                    ],
                }
            )
    columns = [
        {"text": "Sample"},
        {"text": "of this kind", "style": "number"},
        {"text": "when", "style": "time"},
    ]
    data = {"scope": "", "label": "Errors", "columns": columns, "rows": lines, "height": 420}
    link_list(data, key="errors", on_pick=go_to_event)


def _sizes() -> None:
    st.subheader("Store", anchor=False)
    found = rows("collector_sizes")
    if not found:
        st.caption("The store holds nothing yet.")
        return
    most = max(row["bytes"] for row in found) or 1
    lines = [
        {
            "id": row["table"],
            "cells": [
                {"text": row["table"]},
                {"text": count(row["rows"])},
                {"text": size(row["bytes"]), "meter": row["bytes"] / most},
            ],
        }
        for row in found
    ]
    columns = [{"text": "Table"}, {"text": "rows", "style": "number"}, {"text": "on disk", "style": "number"}]
    data = {"scope": "", "label": "Store", "columns": columns, "rows": lines, "height": 380}
    link_list(data, key="sizes", on_pick=lambda _id, _open: None)
    st.caption(f"{size(sum(row['bytes'] for row in found))} on disk in all.")


refreshed(_body, live=heading("Collector"), every_s=5)
