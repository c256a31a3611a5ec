"""The task that opens, follows and closes incidents. Whatever it needs to go on is in the store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from collector.detect.count_flow_facts import COUNTED_FROM, COUNTED_TIME
from collector.detect.incident_changes import find_deployments, read_changes, read_flow
from collector.detect.incident_facts import Scope
from collector.detect.incident_states import read_states
from collector.detect.incident_store import (
    KINDS,
    WATCHING,
    count_facts,
    read_marks,
    read_series,
    touched,
    write_deployments,
    write_incidents,
    write_marks,
)
from collector.detect.incidents import Facts, Judged, Names, judge
from collector.detect.judge_rates import Stretch
from collector.detect.read_incidents import read_incidents
from collector.detect.reconcile import ACTIVE, reconcile
from collector.detect.rules import load_rules
from collector.settings import Settings
from collector.storage.api import Store
from schemas.incidents import Incident

log = structlog.get_logger()

EVERY_S = 5.0
WARM_UP = timedelta(hours=12)
CAUSES_BEFORE = timedelta(hours=3)
STATES_EVERY = timedelta(seconds=60)
FLOWS_JUDGED = "flow facts judged"
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class JudgeIncidents:
    """Counts what arrived, judges the time that it touches, and writes what is new."""

    name = "incidents"
    every_s = EVERY_S

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._rules = load_rules(settings.rules)
        self._names = Names(settings.flows, settings.teams)
        self._states: list[tuple[Scope, Stretch]] = []
        self._states_at = _BEGIN

    def step(self, now: datetime) -> None:
        """See Task."""
        version = int(now.timestamp() * 1_000)
        marks = read_marks(self._store)
        found = touched(self._store, marks, now)
        count_facts(self._store, found.ranges, version)
        new = {name: time for name, time in found.marks.items() if time != marks.get(name)}
        if WATCHING not in marks and found.since:
            (extent,) = self._store.query("incident_extent")
            new[WATCHING] = marks[WATCHING] = extent["first_observed_time"]
        active = read_active(self._store, now)
        moments = [one.impact_time for one in active]
        if now - self._states_at >= STATES_EVERY or now < self._states_at:
            self._look_at_states(active, now, marks.get(WATCHING, now))
            moments += [_moment(stretch) for _, stretch in self._states if stretch.phase != "resolved"]
        if (counted := marks.get(COUNTED_TIME, _BEGIN)) > marks.get(FLOWS_JUDGED, _BEGIN):
            moments.append(marks[COUNTED_FROM])
            new[FLOWS_JUDGED] = counted
        if found.since:
            moments.append(found.since)
            write_deployments(self._store, find_deployments(self._store, found.since, now), now)
        if moments:
            self._judge(min(moments), now, marks.get(WATCHING, _BEGIN), version)
        write_marks(self._store, new, version)

    def _look_at_states(self, active: Sequence[Incident], now: datetime, watching: datetime) -> None:
        known = {(one.topic, one.service) for one in active if one.kind == "producer_silent"}
        since = min([now - WARM_UP, *(one.impact_time for one in active)])
        stalled = min([now - WARM_UP, *(one.impact_time for one in active if one.kind == "consumer_stalled")])
        self._states = read_states(self._store, self._rules, since, now, watching, known, stalled)
        self._states_at = now

    def _judge(self, since: datetime, now: datetime, watching: datetime, version: int) -> None:
        known = self._known(since, now)
        begin = min([since, *(one.impact_time for one in known)]) - WARM_UP
        facts = self._facts(begin, now, watching)
        judged = judge(facts, self._rules, now, self._names)
        outcome = reconcile(judged, known, now, judged_since=since - WARM_UP / 2, kinds=set(KINDS))
        incidents = [self._with_left_behind(one, now) for one in outcome.incidents]
        write_incidents(self._store, incidents, outcome.entries, version)
        for entry in outcome.entries:
            log.info("incident", change=entry.change, incident=entry.incident_id)

    def _known(self, since: datetime, now: datetime) -> Sequence[Incident]:
        return read_incidents(self._store, since=since - WARM_UP, until=now + WARM_UP)

    def _facts(self, since: datetime, now: datetime, watching: datetime) -> Facts:
        return replace(read_facts(self._store, since, now, watching), others=self._states)

    def _with_left_behind(self, incident: Incident, now: datetime) -> Incident:
        if incident.kind not in ("dead_letters", "schema_break"):
            return incident
        # What came after the last whole slot is not counted as bad yet, so it is not left behind yet either.
        return replace(incident, left_behind=min(incident.bad, left_behind(self._store, incident, now)))


def read_facts(store: Store, since: datetime, until: datetime, watching: datetime) -> Facts:
    """Return everything that judging [since, until) takes."""
    series = read_series(store, since, until)
    return Facts(
        series=series,
        changes=read_changes(store, since - CAUSES_BEFORE, until),
        flow=read_flow(store, since, until),
        watching_since_s=watching.timestamp(),
    )


def _moment(stretch: Stretch) -> datetime:
    return datetime.fromtimestamp(stretch.impact_ms / 1_000, UTC)


def read_active(store: Store, now: datetime) -> list[Incident]:
    """Return the incidents that are not over, of the year before `now`."""
    found = read_incidents(store, since=now - timedelta(days=366), until=now + timedelta(days=1))
    return [one for one in found if one.state in ACTIVE]


def replay(store: Store, settings: Settings, since: datetime, until: datetime) -> list[Judged]:
    """Return what judging [since, until] anew finds, by the rules of today; writes nothing."""
    watching = read_marks(store).get(WATCHING, _BEGIN)
    rules = load_rules(settings.rules)
    facts = read_facts(store, since - WARM_UP, until, watching)
    facts = replace(facts, others=read_states(store, rules, since, until, watching))
    judged = judge(facts, rules, until, Names(settings.flows, settings.teams))
    return [one for one in judged if (one.incident.mitigated_time or until) >= since]


def left_behind(store: Store, incident: Incident, now: datetime) -> int:
    """Return how many dead letters of an incident nobody has sent again, as of `now` where it goes on."""
    until = incident.mitigated_time or incident.resolved_time or now
    span = {"since": incident.impact_time, "until": until}
    scope = {"topic": incident.topic, "consumer_group": incident.consumer_group, "service": incident.service}
    (row,) = store.query("incident_left_behind", {**span, **scope})
    waiting: int = row["waiting"]
    return waiting
