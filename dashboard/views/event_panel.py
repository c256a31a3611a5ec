"""The facts of what is selected: an event with its edges and headers, or a folded group with its members."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from collector import links
from dashboard.component import Pick, link_list
from dashboard.draw_cascade import Picture, title_of
from dashboard.facts import code, event_facts, headers_of, headers_table
from dashboard.fold import Group
from dashboard.frame import go_to_event
from dashboard.looks import RELATION_WORDS, edge_kind, edge_reason
from dashboard.path_words import split_text
from dashboard.read import rows
from dashboard.text import count, duration, escaped, many, visible
from dashboard.trim import REST
from schemas.records import Edge, Event, EventRef

EDGES_SHOWN = 20
EDGES_EXPLAINED = 4
MEMBERS_SHOWN = 300
CANDIDATES_SHOWN = 8
SCOPE = "cascade"
_ALIKE = "Same causes, same type, same fate"


def draw_event_panel(picture: Picture, id_: str, pick: Pick) -> None:
    """Draw everything that is known of one event of the cascade."""
    event = picture.event(id_)
    if event is None:
        st.caption("This event is not part of the cascade.")
        return
    ref = event.ref
    row = next(
        iter(rows("cascades_event", topic=ref.topic, partition=ref.partition, offset=ref.offset)), None
    )
    badge = picture.badges.get(id_, "")
    tone = picture.standings[id_]
    mark = f'<span class="hw-badge {tone}">{badge}</span>' if badge else ""
    since = duration(event.time.timestamp() * 1000 - picture.start_ms)
    st.html(
        f'<div class="hw-title">{escaped(title_of(event), 160)}</div>{mark}+{since} after the first event'
    )
    if row is None:
        st.caption("The event itself is no longer stored.")
        return
    if row["exception"]:
        group = f" in {code(row['failed_group'])}" if row["failed_group"] else ""
        st.html(f'<div class="hw-note dead">Failed{group} with {code(row["exception"])}</div>')
    for error in event.errors:
        st.html(f'<div class="hw-note">{escaped(error, 200)}</div>')
    _unmet_claims(picture, event, row)
    _edges(picture, event, pick)
    st.html(event_facts(row))
    headers = headers_of(row)
    st.markdown(f"**{many(len(headers), 'header')}**, in wire order" if headers else "**No headers**")
    if headers:
        st.html(headers_table(headers))
    _shape(row)
    st.caption("Link to this event")
    st.code(links.to_event(id_), language=None, wrap_lines=True)


def _unmet_claims(picture: Picture, event: Event, row: dict[str, Any]) -> None:
    """Name causes that the event speaks of and that nobody has seen."""
    met = {edge.name for edge in picture.cascade.edges if edge.effect == event.ref}
    if event.ref not in picture.cascade.orphans and met:
        return
    claims = zip(row["reference_names"], row["reference_relations"], row["reference_evidences"], strict=False)
    for name, relation, evidence in claims:
        if name in met:
            continue
        st.html(
            f'<div class="hw-note">Says it was {escaped(RELATION_WORDS.get(relation, relation))} by {code(name)}, '
            f"which was never seen (evidence: {escaped(evidence)}).</div>"
        )


def _edges(picture: Picture, event: Event, pick: Pick) -> None:
    causes = [edge for edge in picture.cascade.edges if edge.effect == event.ref]
    effects = [edge for edge in picture.cascade.edges if edge.cause == event.ref]
    if causes:
        _edge_list(picture, "Caused by", causes, [edge.cause for edge in causes], "causes", pick)
    elif event.ref not in picture.cascade.orphans:
        st.caption("A root: it names no cause.")
    _candidates(event)
    if effects:
        _edge_list(picture, "Led to", effects, [edge.effect for edge in effects], "effects", pick)


def _candidates(event: Event) -> None:
    """List guesses that were too unsure to be drawn."""
    found = rows("cascade_candidates", **event.ref._asdict(), rows_max=CANDIDATES_SHOWN)
    if not found:
        return
    lines = []
    for row in found:
        cause = str(EventRef.of(row, "cause_"))
        why = f": {visible(row['name'], 300)}" if row["name"] else ""
        title = visible(row["cause_type"] or row["cause_topic"], 80)
        lines.append(
            {
                "id": cause,
                "href": links.to_event(cause),
                "cells": [
                    {
                        "text": title,
                        "under": f"{visible(cause, 100)}, confidence {row['confidence']:.2f}{why}",
                    },
                    {"text": duration(row["latency_ms"])},
                ],
            }
        )
    st.markdown("**Candidates for its cause**, too unsure: not drawn")
    columns = [{"text": ""}, {"text": "", "style": "number"}]
    data = {"scope": "", "label": "Candidates", "columns": columns, "rows": lines}
    link_list(data, key="candidates", on_pick=go_to_event)


def _edge_list(
    picture: Picture, title: str, edges: Sequence[Edge], others: Sequence[EventRef], key: str, pick: Pick
) -> None:
    lines = []
    for edge, other in list(zip(edges, others, strict=True))[:EDGES_SHOWN]:
        event = picture.cascade.events[other]
        sure = edge_kind(edge) == "caused"
        grade = edge.evidence if sure else f"{edge.evidence} {edge.confidence:.2f}"
        under = f"{edge.relation.replace('_', ' ')}, {grade}"
        if len(edges) <= EDGES_EXPLAINED:
            met = edge.name and edge.evidence != "inferred"
            under += f": {edge_reason(edge)}." + (f" Met by {visible(edge.name, 80)}." if met else "")
        split = split_text(picture.splits.get((edge.cause, edge.effect)))
        under += f" It {split}." if split else ""
        lines.append(
            {
                "id": str(other),
                "href": links.to_event(str(other)),
                "cells": [
                    {
                        "text": visible(title_of(event), 80),
                        "under": under,
                    },
                    {"text": duration(edge.latency_ms)},
                ],
            }
        )
    more = f", {count(len(edges) - EDGES_SHOWN)} more not listed" if len(edges) > EDGES_SHOWN else ""
    st.markdown(f"**{title}** ({count(len(edges))}{more})")
    columns = [{"text": ""}, {"text": "", "style": "number"}]
    link_list({"scope": SCOPE, "label": title, "columns": columns, "rows": lines}, key=key, on_pick=pick)


def _shape(row: dict[str, Any]) -> None:
    if not row["shape_id"]:
        return
    found = rows("cascades_shape", topic=row["topic"], shape_id=row["shape_id"])
    if found:
        st.markdown("**Structure of the value** (values are not stored)")
        paths = "".join(f"<tr><td>{code(path)}</td></tr>" for path in found[0]["paths"][:100])
        st.html(f'<table class="hw-facts">{paths}</table>')


def draw_group_panel(picture: Picture, group: Group, pick: Pick) -> None:
    """Draw the members of a folded group; picking one takes it out of the group."""
    number = count(len(group.members))
    rest = group.title == REST
    alike = "Below the card before it; too many to draw. Choose one to see the way to it." if rest else _ALIKE
    st.html(f'<div class="hw-title">{number} &times; {escaped(group.title, 160)}</div>{alike}')
    if not rest and st.button(f"Draw all {number}", key="open_group", width="stretch"):
        pick(group.id, True)
        st.rerun(scope="fragment")
    pages = -(-len(group.members) // MEMBERS_SHOWN)
    page = int(st.number_input("Page", 1, pages, key="members_page")) if pages > 1 else 1
    lines = []
    for member in group.members[(page - 1) * MEMBERS_SHOWN : page * MEMBERS_SHOWN]:
        event = picture.cascade.events[picture.refs[member]]
        since = event.time.timestamp() * 1000 - picture.start_ms
        lines.append(
            {
                "id": member,
                "href": links.to_event(member),
                "cells": [
                    {"text": visible(member, 120), "under": visible(event.key, 60) if event.key else ""},
                    {"text": f"+{duration(since)}"},
                ],
            }
        )
    columns = [{"text": "Event and key"}, {"text": "since start", "style": "number"}]
    data = {"scope": SCOPE, "label": "Members", "columns": columns, "rows": lines}
    link_list(data, key="members", on_pick=pick)
    if len(group.members) > MEMBERS_SHOWN:
        st.caption(f"{MEMBERS_SHOWN} of {number}, page {page} of {count(pages)}.")
