"""The numbers of a topic or service on the flow map, its neighbours, and cascades through it."""

from typing import Any

import streamlit as st

from collector import links
from collector.lineage.topology import FlowMap, Link, Node, failing_share
from collector.lineage.topology_changes import Difference
from dashboard.component import Pick, link_list
from dashboard.facts import code, table
from dashboard.frame import go_to_event
from dashboard.read import rows
from dashboard.spans import Span
from dashboard.text import count, duration, escaped, rate, visible
from schemas.records import EventRef

CASCADES_SHOWN = 8


def draw_node_panel(
    flow: FlowMap, node: Node, span: Span, pick: Pick, difference: Difference | None = None
) -> None:
    """Draw the panel of one node."""
    st.html(f'<div class="hw-title">{escaped(node.name, 160)}</div>{node.kind}')
    if difference:
        st.html(f'<div class="hw-note">{escaped(" ".join(difference.said), 400)}</div>')
    window_s = span.window_s
    st.html(table(_facts(node, window_s)))
    into = sorted(
        (link for link in flow.links.values() if link.target == node.id), key=lambda link: -link.events
    )
    out = sorted(
        (link for link in flow.links.values() if link.source == node.id), key=lambda link: -link.events
    )
    _neighbours(
        "Takes in from" if node.kind == "service" else "Written by", flow, into, "source", window_s, pick
    )
    _neighbours("Writes to" if node.kind == "service" else "Leads to", flow, out, "target", window_s, pick)
    _events(node, span)


def _facts(node: Node, window_s: int) -> list[tuple[str, str]]:
    facts = [("Events", f"{count(node.events)}, {rate(node.events * 60 / window_s)}")]
    if node.kind == "service":
        taken = f"{count(node.taken)} records" if node.taken else "nothing that is linked to what it writes"
        facts.append(("Takes in", taken))
    if node.p50_ms is not None and node.p95_ms is not None:
        facts.append(("Cause to effect", f"p50 {duration(node.p50_ms)}, p95 {duration(node.p95_ms)}"))
    if node.copies:
        facts.append(("Retries, redrives", count(node.copies)))
    if node.kind == "service" and node.dead_letters:
        facts.append(
            (
                "Dead letters",
                f"<b>{count(node.dead_letters)}</b>, {failing_share(node):.1%} of what it takes in",
            )
        )
    elif node.dead_letters:
        facts.append(("Dead letters", f"<b>{count(node.dead_letters)}</b>"))
    else:
        facts.append(("Dead letters", "none"))
    if node.last_event:
        facts.append(("Newest event", code(node.last_event)))
    return facts


def _neighbours(title: str, flow: FlowMap, found: list[Link], end: str, window_s: int, pick: Pick) -> None:
    if not found:
        return
    lines = []
    for link in found[:12]:
        other = flow.nodes[link.source if end == "source" else link.target]
        notes: list[str] = [other.kind]
        if link.p95_ms is not None:
            notes.append(f"p95 {duration(link.p95_ms)}")
        if link.linked and link.inferred:
            notes.append(f"{link.inferred / link.linked:.0%} inferred")
        if link.linked and link.ambiguous:
            notes.append(f"{link.ambiguous / link.linked:.0%} ambiguous")
        lines.append(
            {
                "id": other.id,
                "href": "?",
                "cells": [
                    {"text": visible(other.name, 80), "under": " · ".join(notes)},
                    {"text": rate(link.events * 60 / window_s), "style": "dead" if link.dead_letters else ""},
                ],
            }
        )
    st.markdown(f"**{title}**" + (f" (12 of {count(len(found))})" if len(found) > 12 else ""))
    columns = [{"text": ""}, {"text": "", "style": "number"}]
    data = {"scope": "flow", "label": title, "columns": columns, "rows": lines}
    link_list(data, key=f"near_{end}", on_pick=pick)


def _events(node: Node, span: Span) -> None:
    found = rows("flow_events", kind=node.kind, name=node.name, **span.times, rows_max=CASCADES_SHOWN)
    if not found:
        return
    st.markdown("**Cascades through it**, dead letters first")
    lines: list[dict[str, Any]] = []
    for row in found:
        ref = str(EventRef.of(row))
        dead = (
            {"text": "dead letter", "style": "dead"}
            if row["dead_letter"]
            else {"text": f"{row['time']:%H:%M:%S}"}
        )
        title = {"text": visible(row["type"] or row["topic"], 80), "under": visible(ref, 100)}
        lines.append({"id": ref, "href": links.to_event(ref), "cells": [title, dead]})
    columns = [{"text": ""}, {"text": "", "style": "time"}]
    data = {"scope": "", "label": "Cascades through it", "columns": columns, "rows": lines}
    link_list(data, key="node_events", on_pick=go_to_event)
