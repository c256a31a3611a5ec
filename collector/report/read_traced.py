"""What an incident touched, from the cascades of a few of its bad events."""

from collections.abc import Sequence

from collector.detect.story import Blast
from collector.lineage.blast import touched
from collector.lineage.cascade import Cascade, read_cascade
from collector.report.pictures import tree
from collector.report.review import Traced
from collector.storage.api import Store
from schemas.incidents import Incident
from schemas.records import EventRef

_SAMPLES_MAX = 3
_EVENTS_MAX = 2_000
_COPIES = ("dead_lettered", "retried", "redriven")


def read_traced(store: Store, incident: Incident) -> Traced:
    """Return what a few bad events of an incident touched, and the cascade of the first that is still stored."""
    refs = [ref for text in incident.sample_events[:_SAMPLES_MAX] if (ref := EventRef.parse(text))]
    cascades = [
        (ref, cascade)
        for ref in refs
        if ref in (cascade := read_cascade(store, [ref], events_max=_EVENTS_MAX)).events
    ]
    if not cascades:
        return Traced(None, None)
    return Traced(blast_of(cascades, sampled=incident.bad > len(cascades)), tree(cascades[0][1]))


def blast_of(cascades: Sequence[tuple[EventRef, Cascade]], *, sampled: bool) -> Blast:
    """Return what the bad events led to, counted from what failed first: the origin of a retry or a dead letter."""
    events = {
        touch.event.ref: touch.event
        for ref, cascade in cascades
        for touch in touched(cascade, origin_of(cascade, ref)).events
    }
    return Blast(
        events=len(events),
        dead_letters=sum(event.dead_letter for event in events.values()),
        services=tuple(sorted({event.service for event in events.values() if event.service})),
        topics=tuple(sorted({ref.topic for ref in events})),
        keys=len({event.key for event in events.values() if event.key}),
        sampled=sampled or any(cascade.truncated for _, cascade in cascades),
    )


def origin_of(cascade: Cascade, ref: EventRef) -> EventRef:
    """Return the event of which `ref` is a copy, over all hops; itself where it is none."""
    above = {edge.effect: edge.cause for edge in cascade.edges if edge.relation in _COPIES}
    seen = {ref}
    while ref in above and above[ref] not in seen:
        ref = above[ref]
        seen.add(ref)
    return ref
