"""Reads all that the report of a week says from the store."""

from dataclasses import replace
from datetime import datetime

from collector.report.facts import read_facts
from collector.report.follow_ups import LOOKED_BACK, read_follow_ups
from collector.report.links import Links
from collector.report.objectives import read_kept
from collector.report.period import Period
from collector.report.read_story import read_moments
from collector.report.read_traced import read_traced
from collector.report.review import Review, chosen, review, weeks_of
from collector.settings import Settings
from collector.storage.api import Store


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
    traced = {
        one.incident_id: replace(read_traced(store, one), moments=tuple(read_moments(store, one, now)))
        for one in told
    }
    return review(facts, week, traced=traced, follow_ups=follow_ups, kept=kept)
