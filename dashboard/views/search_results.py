"""Events in which a searched text occurs, where it is no id and no key."""

import streamlit as st

from collector import links
from dashboard.component import link_list
from dashboard.frame import go_to_event, utc_now
from dashboard.read import rows
from dashboard.text import ago, many, stamp, visible
from schemas.records import EventRef

WINDOW_S = 7 * 86_400
SHOWN = 50


def draw_matches(text: str) -> None:
    """List events of the last seven days that contain `text`; say so where there is none."""
    found = rows("cascades_text", text=text, window_s=WINDOW_S, rows_max=SHOWN + 1)
    shown = visible(text, 80)
    if not found:
        st.subheader("Nothing found", anchor=False)
        st.text(
            f"No event of this store carries “{shown}” as coordinates, trace id, message id, correlation id or key, "
            "and none of the last seven days contains it in topic, type, service, source, ids or key."
        )
        st.caption("Values are not stored, so they cannot be searched.")
        return
    some = "more than " if len(found) > SHOWN else ""
    st.text(
        f"No id or key, but {some}{many(min(len(found), SHOWN), 'event')} with “{shown}” in the last seven days. "
        "Each opens its cascade:"
    )
    lines, now = [], utc_now()
    for row in found[:SHOWN]:
        ref = str(EventRef.of(row))
        lines.append(
            {
                "id": ref,
                "href": links.to_event(ref),
                "cells": [
                    {
                        "text": visible(row["type"] or row["topic"], 100),
                        "under": visible(ref, 120),
                        "style": "strong",
                    },
                    {"text": visible(row["service"], 60) or "service not on the wire"},
                    {"text": stamp(row["time"]), "under": ago(row["time"], now)},
                    {
                        "text": "dead letter" if row["dead_letter"] else "no dead letter",
                        "style": "dead" if row["dead_letter"] else "mute",
                    },
                ],
            }
        )
    columns = [
        {"text": "Event"},
        {"text": "by", "width": "220px"},
        {"text": "time", "style": "time", "width": "240px"},
        {"text": "outcome", "width": "130px"},
    ]
    data = {"scope": "", "label": "Events found", "columns": columns, "rows": lines}
    link_list(data, key="matches", on_pick=go_to_event)
    if len(found) > SHOWN:
        st.caption(f"The newest {SHOWN}.")
