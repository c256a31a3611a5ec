"""Reads all that the report of a week says from the store."""

from collections.abc import Sequence
from datetime import datetime

from collector.detect.story import Blast
from collector.lineage.blast import touched
from collector.lineage.cascade import Cascade, read_cascade
from collector.report.facts import read_facts
from collector.report.follow_ups import LOOKED_BACK, read_follow_ups
from collector.report.links import Links
from collector.report.objectives import read_kept
from collector.report.period import Period
from collector.report.pictures import tree
from collector.report.review import Review, Traced, chosen, review, weeks_of
from collector.settings import Settings
from collector.storage.api import Store
from schemas.incidents import Incident
from schemas.records import EventRef

_SAMPLES_MAX = 3
_EVENTS_MAX = 2_000
_COPIES = ("dead_lettered", "retried", "redriven")


def read_review(store: Store, week: Period, now: datetime, settings: Settings) -> Review:
    """Return the report of `week`, as of `now`."""
    facts = read_facts(store, weeks_of(week), now, flows=settings.flows, teams=settings.teams)
    until = min(now, week.end)
    kept = read_kept(store, settings.slos, until) if settings.slos else []
    told, _ = chosen(facts, week)
    everything = [one for one in facts.incidents if week.start <= one.impact_time < week.end]
    follow_ups = read_follow_ups(
        store,
        until,
        now,
        incidents=[one for one in everything if not one.parent_id and one.state != "withdrawn"],
        changes=[one for one in facts.changes if until - LOOKED_BACK <= one.time < until],
        kept=kept,
        links=Links(settings.dashboard_url),
    )
    traced = {one.incident_id: read_traced(store, one) for one in told}
    return review(facts, week, traced=traced, follow_ups=follow_ups, kept=kept)


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
