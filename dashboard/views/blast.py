"""Where the trouble of an event started, and what it touched."""

import csv
from io import StringIO

import streamlit as st

from collector import links
from collector.lineage.blast import Touched
from collector.lineage.cascade import Cascade
from dashboard.component import link_list
from dashboard.frame import go_to_event
from dashboard.path_words import start_text, touched_text
from dashboard.read import started, touched_by
from dashboard.text import code_text, count, escaped, many, visible
from schemas.records import EventRef

SHOWN = 200


def draw_blast(shown: Cascade, asked: EventRef, time_lines: list[str]) -> None:
    """Draw where it started, what it touched and where the time went, side by side in a few lines each."""
    start = started(shown, asked)
    reach = touched_by(shown, start.origin)
    columns = st.columns(3 if time_lines else 2, gap="small")
    with columns[0]:
        _box(
            "Where it started",
            start_text(start, shown),
            str(start.origin) if start.sign else "",
            bad=bool(start.sign),
        )
    with columns[1]:
        _box("What it touched", touched_text(reach), "")
    if time_lines:
        with columns[2]:
            _box("Where the time went", time_lines, "")


def draw_touched(shown: Cascade, asked: EventRef) -> None:
    """Draw the whole list of what was touched, closed, with its export."""
    origin = started(shown, asked).origin
    reach = touched_by(shown, origin)
    called = code_text(str(origin), 100)
    with st.expander(f"All that `{called}` touched, as a list: {many(len(reach.events), 'event')}"):
        _list(reach)
        name = "touched-by-" + "".join(c if c.isalnum() else "-" for c in str(origin))[:80] + ".csv"
        st.download_button("Download as CSV", lambda: _csv(reach), name, "text/csv", key="blast_csv")
        st.caption(f"`headwater blast {called} --csv` writes the same.")


def _box(title: str, lines: list[str], event: str, *, bad: bool = False) -> None:
    said = " ".join(escaped(line, 500) for line in lines)
    link = ""
    if event:
        link = f' <a href="{escaped_address(links.to_event(event))}" target="_self">{escaped(event, 60)}</a>'
    st.html(f'<div class="hw-note hw-box{"" if bad else " calm"}"><b>{title}</b>{link}<br>{said}</div>')


def escaped_address(address: str) -> str:
    """Return an address of ours for an attribute: it is percent-encoded, so only ampersands are left."""
    return address.replace("&", "&amp;").replace('"', "%22")


def _list(reach: Touched) -> None:
    lines = [
        {
            "id": str(touch.event.ref),
            "href": links.to_event(str(touch.event.ref)),
            "cells": [
                {
                    "text": visible(touch.event.type or touch.event.ref.topic, 80),
                    "under": visible(str(touch.event.ref), 100),
                },
                {"text": visible(touch.event.service, 60) or "service not on the wire"},
                {"text": visible(touch.event.key or "none", 60)},
                {"text": f"{touch.event.time:%H:%M:%S}"},
                {"text": count(touch.hops)},
                {
                    "text": _how(touch.edge.evidence, touch.edge.confidence) if touch.edge else "the start",
                    "style": "mute",
                },
                {"text": "dead letter" if touch.event.dead_letter else "", "style": "dead"},
            ],
        }
        for touch in sorted(reach.events, key=lambda touch: not touch.event.dead_letter)[:SHOWN]
    ]
    columns = [
        {"text": "Event"},
        {"text": "by"},
        {"text": "key"},
        {"text": "UTC", "style": "time"},
        {"text": "steps on", "style": "number"},
        {"text": "evidence"},
        {"text": ""},
    ]
    data = {"scope": "", "label": "Touched", "columns": columns, "rows": lines, "height": 360}
    link_list(data, key="touched", on_pick=go_to_event)
    if len(reach.events) > SHOWN:
        st.caption(
            f"The first {SHOWN} of {count(len(reach.events))}, dead letters first; the export has all."
        )


def _how(evidence: str, confidence: float) -> str:
    return evidence if confidence >= 0.999 else f"{evidence} {confidence:.2f}"


def _csv(reach: Touched) -> str:
    """Write the rows that `headwater blast --csv` writes; text that a spreadsheet would run is made plain."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["event", "time", "service", "type", "key", "hops", "cause", "relation", "evidence", "confidence", "dead_letter"])  # fmt: skip  # noqa: E501
    for touch in reach.events:
        event, edge = touch.event, touch.edge
        found = [event.ref, event.time.isoformat(), event.service, event.type, event.key or "", touch.hops]
        known = [edge.cause, edge.relation, edge.evidence, edge.confidence] if edge else ["", "", "", ""]
        writer.writerow([_plain(str(value)) for value in [*found, *known, event.dead_letter]])
    return out.getvalue()


def _plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
