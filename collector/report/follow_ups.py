"""What a week leaves to be done: failures that nobody put right, drift that breaks readers, what cannot be traced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from collector.detect.dead_letters import Reason
from collector.detect.dead_letters_read import read_report
from collector.lineage.linkability import Linkability, read_linkability
from collector.report.facts import SchemaChange
from collector.report.links import Links
from collector.report.objectives import Kept
from collector.storage.api import Store
from collector.words import ago, count, many, visible
from schemas.incidents import Incident

Kind = Literal["incident", "dead letters", "drift", "budget", "not linked"]

TITLES: dict[Kind, str] = {
    "incident": "Incidents that are not over",
    "dead letters": "Dead letters that nobody has put right",
    "drift": "Changes that break readers and were not rolled back",
    "budget": "Error budgets that are used up",
    "not linked": "Services whose events cannot be traced to their causes",
}
SHOWN_MAX = 12
LOOKED_BACK = timedelta(days=28)
LINKED_OVER = timedelta(days=7)
LINKED_ENOUGH = 20_000  # events of a day say as much as those of a week
LINKED_EVENTS_MIN = 50
_POOR = ("D", "F")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing to do; names in it come from the wire. `link` is where to begin."""

    kind: Kind
    text: str
    detail: str
    link: str


def read_follow_ups(
    store: Store,
    until: datetime,
    now: datetime,
    *,
    incidents: Iterable[Incident],
    changes: Iterable[SchemaChange],
    kept: Sequence[Kept],
    links: Links,
) -> list[FollowUp]:
    """Return what is still to be done as of `now`, of what happened up to `until`, most pressing first."""
    reasons = read_report(store, now, until - LOOKED_BACK, until).reasons
    streams = read_linkability(store, _linked_since(store, until), until, compared=False)
    return [
        *(_incident(one, now, links) for one in incidents if one.resolved_time is None),
        *_dead_letters(reasons, now, links),
        *_drift(changes, now, links),
        *(
            FollowUp("budget", visible(one.objective.name, 80), "", "")
            for one in kept
            if one.budget.left is not None and one.budget.left < 0
        ),
        *_not_linked(streams, links),
    ]


def _linked_since(store: Store, until: datetime) -> datetime:
    """Return from when on causes are looked at: each event is, so of many only those of the last day."""
    day = until - timedelta(days=1)
    events = store.query("flows_size", {"since": day, "until": until})[0]["events"]
    return day if events >= LINKED_ENOUGH else until - LINKED_OVER


def _incident(one: Incident, now: datetime, links: Links) -> FollowUp:
    nobody = "" if one.acknowledged_time else ", and nobody has acknowledged it"
    began = f"It began {ago(one.impact_time, now)}{nobody}."
    return FollowUp("incident", visible(one.title, 160), began, links.incident(one.incident_id))


def _dead_letters(reasons: Iterable[Reason], now: datetime, links: Links) -> list[FollowUp]:
    left = sorted((one for one in reasons if one.backlog), key=lambda one: -one.backlog)
    return [
        FollowUp(
            "dead letters",
            f"{many(one.backlog, 'failure')} of {visible(one.failing, 60) or 'somebody unnamed'} "
            f"on {visible(one.topic, 80)}",
            " ".join(
                filter(
                    None,
                    (
                        f"{visible(one.exception_name, 80)}:" if one.exception_name else "",
                        f"{visible(one.template, 160)}." if one.template else "",
                        f"The oldest failed {ago(one.oldest_waiting, now)}." if one.oldest_waiting else "",
                        f"{count(one.failed_again)} were sent again and failed again."
                        if one.failed_again
                        else "",
                    ),
                )
            ),
            links.reason(one.reason_id),
        )
        for one in left
    ]


def _drift(changes: Iterable[SchemaChange], now: datetime, links: Links) -> list[FollowUp]:
    found = [one for one in changes if one.verdict in ("breaking", "backward") and one.state != "reverted"]
    said = {"rolling_out": "It is still being rolled out.", "complete": "All records have the new form."}
    return [
        FollowUp(
            "drift",
            f"{visible(one.topic, 80)}: {visible(one.summary, 160)}",
            f"By {visible(one.service, 60) or 'a service that is not on the wire'}, {ago(one.time, now)}. "
            + said.get(one.state, ""),
            links.change(one.change_id),
        )
        for one in found
    ]


def _not_linked(streams: Iterable[Linkability], links: Links) -> list[FollowUp]:
    poor = [one for one in streams if one.grade in _POOR and one.counts.judged >= LINKED_EVENTS_MIN]
    return [
        FollowUp(
            "not linked",
            f"{visible(one.service, 60) or 'whoever writes'} to {visible(one.topic, 80)}: "
            f"the cause of {one.counts.exact_share or 0:.0%} of its events is known exactly",
            visible(one.advice.change, 300) if one.advice else "",
            links.stream(one.topic, one.service),
        )
        for one in poor
    ]
