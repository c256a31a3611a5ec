"""Colours of services and words for evidence, the same on every page. Pure."""

from zlib import crc32

from dashboard.text import visible
from schemas.records import Edge

UNKNOWN_COLOUR = "#8a8f98"
PALETTE = (
    "#4f83cc", "#2a9d8f", "#8e6bbf", "#c77d3a", "#5f9e4a", "#b8577f",
    "#3f9fb5", "#8a8f3c", "#7a7fd1", "#a36a52", "#5b8a72", "#9b6fa8",
)  # fmt: skip

RELATION_WORDS = {
    "caused": "caused",
    "dead_lettered": "given up into a dead letter",
    "retried": "sent again as a retry",
    "redriven": "sent again from a dead letter",
    "mirrored": "copied to another topic",
    "duplicated": "written twice",
}
EVIDENCE_WORDS = {
    "header": "the effect names its cause in a header",
    "provenance": "the copy says in its headers where it came from",
    "span": "the producer's span leads to the cause",
    "context": "the trace context on the record leads to it",
    "inferred": "nothing on the wire says so; concluded from trace, time and the usual flow",
}


def service_colour(service: str) -> str:
    """Return the colour of a service: the same wherever and whenever it is drawn."""
    return (
        PALETTE[crc32(service.encode("utf-8", "surrogatepass")) % len(PALETTE)] if service else UNKNOWN_COLOUR
    )


def edge_kind(edge: Edge) -> str:
    """Return how an edge is drawn: certain, one of several candidates, or concluded."""
    if edge.evidence == "inferred":
        return "inferred"
    return "caused" if edge.confidence >= 0.999 else "ambiguous"


def edge_reason(edge: Edge) -> str:
    """Return in one sentence why the edge is believed."""
    said = EVIDENCE_WORDS.get(edge.evidence, edge.evidence)
    if edge.evidence == "inferred" and edge.name:
        return f"nothing on the wire says so; concluded, because {visible(edge.name, 300)}"
    if edge_kind(edge) == "ambiguous":
        said += f"; {round(1 / max(edge.confidence, 0.01))} events answer to that name, this is one of them"
    return said
