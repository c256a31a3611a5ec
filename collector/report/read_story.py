"""Reads all that is told of one incident: its page and `headwater incidents show` say the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from collector.detect.causes import Change
from collector.detect.incident_changes import read_changes
from collector.detect.read_incidents import read_incident, read_incident_changes, read_one
from collector.detect.story import Blast, Moment, Story, tell
from collector.report.read_traced import read_traced
from collector.storage.api import Store
from schemas.incidents import Cause, Incident, IncidentChange

STEPS_MAX = 120
STEPS_S = (10, 30, 60, 300, 900, 3_600, 10_800, 43_200, 86_400)
HOLDS_S = 600  # a group's progress is written every five minutes at the latest
CAUSES_DRAWN_FROM = 0.5  # of the likelihood of the likeliest: the axis reaches back to these
BEFORE_MIN = timedelta(seconds=40)
GROUPS_WITHIN = timedelta(days=1)
CHANGE_WITHIN = timedelta(minutes=10)  # what arrives late may move a change that is already named as a cause
FACTS = {
    "dead_letters": "dead_letters",
    "schema_break": "dead_letters",
    "retry_storm": "retries",
    "duplicates": "duplicates",
    "flow_stuck": "stuck",
    "out_of_order": "order",
}


@dataclass(frozen=True, slots=True)
class Course:
    """What was counted around an incident, by steps: seconds since 1970 of each step's start to a number.

    A series that is None was not counted or is not known; a step that is missing in `records`, `bad` and `sent_again`
    had none, in `lag` it is not known.
    """

    since: datetime
    until: datetime
    step_s: int
    records: Mapping[int, int] | None = None
    bad: Mapping[int, int] | None = None
    sent_again: Mapping[int, int] | None = None
    lag: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Dead letters of the incident with one reason; `waiting` were not sent again."""

    reason_id: str
    exception: str
    template: str
    dead_letters: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Told:
    """An incident with everything around it, as of `now`. `left_behind` None = no dead letter of it is stored."""

    now: datetime
    incident: Incident
    story: Story
    parent: Incident | None
    children: tuple[Incident, ...]
    diary: tuple[IncidentChange, ...]
    alerts: tuple[Mapping[str, Any], ...]
    blast: Blast | None
    groups: tuple[str, ...]
    reasons: tuple[Reason, ...]
    left_behind: int | None
    change_ids: Mapping[str, str] = field(default_factory=dict)
    course: Course | None = None

    @property
    def sample(self) -> str:
        """One of its bad events, as `topic/partition/offset`; empty where none is stored any more."""
        return self.incident.sample_events[0] if self.blast else ""

    @property
    def reason_ids(self) -> list[str]:
        """The ids of its reasons, the most frequent first."""
        return [reason.reason_id for reason in self.reasons]

    @property
    def escalated(self) -> datetime | None:
        """When it became worth waking somebody; None where it was so from the beginning, or never was."""
        return next((line.time for line in self.diary if line.change == "escalated"), None)


def read_told(store: Store, incident_id: str, now: datetime) -> Told | None:
    """Return one incident told, by its id or a unique beginning of it; None where there is no such one."""
    one = read_one(store, incident_id)
    if one is None:
        return None
    parent = read_one(store, one.parent_id) if one.parent_id else None
    rows = store.query("incident_children", {"incident_id": one.incident_id})
    children = tuple(read_incident(row) for row in rows)
    diary = tuple(read_incident_changes(store, one.incident_id))
    alerts = tuple(store.query("incident_alerts", {"incident_id": one.incident_id}))
    reasons = _reasons(store, one, now)
    left = sum(reason.waiting for reason in reasons) if reasons else None
    one = replace(one, left_behind=one.left_behind if left is None else left)
    blast = read_traced(store, one).blast
    moments = _moments(store, one, alerts, diary, now)
    return Told(
        now=now,
        incident=one,
        story=tell(one, now, blast=blast, parent=parent, children=children, changes=moments),
        parent=parent,
        children=children,
        diary=diary,
        alerts=alerts,
        blast=blast,
        groups=_groups(store, one, blast),
        reasons=reasons,
        left_behind=left,
        change_ids=_change_ids(store, one),
        course=_course(store, one, now),
    )


def read_moments(store: Store, one: Incident, now: datetime) -> list[Moment]:
    """Return what happened around an incident besides its own marks: alerts, what the diary adds, other changes."""
    alerts = store.query("incident_alerts", {"incident_id": one.incident_id})
    return _moments(store, one, alerts, read_incident_changes(store, one.incident_id), now)


def _moments(
    store: Store,
    one: Incident,
    alerts: Iterable[Mapping[str, Any]],
    diary: Iterable[IncidentChange],
    now: datetime,
) -> list[Moment]:
    return [*_alert_moments(alerts), *_diary_moments(diary), *_changes(store, one, now)]


def _end(one: Incident, now: datetime) -> datetime:
    return one.mitigated_time or one.resolved_time or now


def _scope(one: Incident) -> dict[str, str]:
    return {"topic": one.topic, "consumer_group": one.consumer_group, "service": one.service}


def _reasons(store: Store, one: Incident, now: datetime) -> tuple[Reason, ...]:
    if FACTS.get(one.kind) != "dead_letters":
        return ()
    span = {"since": one.impact_time, "until": _end(one, now)}
    rows = store.query("incident_reasons", span | _scope(one))
    return tuple(Reason(**{name: row[name] for name in Reason.__slots__}) for row in rows)


def _alert_moments(alerts: Iterable[Mapping[str, Any]]) -> Iterable[Moment]:
    for row in alerts:
        if row["sent_time"]:
            yield Moment(row["sent_time"], "alert", f"told {row['channel']}: {row['transition']}")


def _diary_moments(diary: Iterable[IncidentChange]) -> Iterable[Moment]:
    words = {"escalated": "escalated: worth waking somebody", "reopened": "came back"}
    for line in diary:
        if line.change in words:
            yield Moment(line.time, "note", words[line.change])


def _changes(store: Store, one: Incident, now: datetime) -> Iterable[Moment]:
    """Yield what else changed of those that are involved, until it was over: a rollback or a fix among them."""
    services = {one.service, one.consumer_group, *(cause.service for cause in one.causes)} - {""}
    topics = {one.topic, *(cause.topic for cause in one.causes)} - {""}
    until = min(now, max(_end(one, now), one.resolved_time or _end(one, now)) + timedelta(minutes=5))
    for change in read_changes(store, one.impact_time - timedelta(minutes=30), until):
        involved = services & {change.service, change.consumer_group} or change.topic in topics
        if involved and not any(_is_told(change, cause) for cause in one.causes):
            yield Moment(change.time, "change", change.text, change.event)


def _is_told(change: Change, cause: Cause) -> bool:
    if change.event and change.event == cause.event:
        return True
    return change.text == cause.text and abs(change.time - cause.time) < timedelta(seconds=1)


def _groups(store: Store, one: Incident, blast: Blast | None) -> tuple[str, ...]:
    topics = sorted({one.topic, *(blast.topics if blast else ())} - {""})
    rows = store.query("drift_readers", {"topics": topics, "since": one.impact_time - GROUPS_WITHIN})
    return tuple(sorted({row["consumer_group"] for row in rows}))


def _change_ids(store: Store, one: Incident) -> dict[str, str]:
    events = [cause for cause in one.causes if cause.kind == "schema_change" and cause.event]
    if not events:
        return {}
    span = {
        "since": min(cause.time for cause in events) - CHANGE_WITHIN,
        "until": max(cause.time for cause in events) + CHANGE_WITHIN,
    }
    rows = store.query("incident_drift", span | {"topics": sorted({cause.topic for cause in events})})
    return {row["event"]: row["change_id"] for row in rows}


def _course(store: Store, one: Incident, now: datetime) -> Course:
    since, until, step_s = extent(one, now)
    span = {"since": since, "until": until, "step_s": step_s}
    fact = FACTS.get(one.kind, "")
    rows = store.query("incident_counts", span | _scope(one) | {"kind": fact or "traffic"})
    records = {int(row["step"]): row["total"] for row in rows if row["kind"] == "traffic" and row["total"]}
    bad = {int(row["step"]): row["bad"] for row in rows if row["kind"] == fact and row["bad"]}
    sent: dict[int, int] = {}
    if fact == "dead_letters":
        failed = _scope(one) | {"since": one.impact_time, "until": _end(one, now)}
        again = store.query("incident_sent_again", failed | {"seen_until": until, "step_s": step_s})
        sent = {int(row["step"]): row["sent"] for row in again}
    group = one.consumer_group or one.service
    asked = span | {"topic": one.topic, "consumer_group": group, "holds_s": HOLDS_S}
    lag = filled(store.query("incident_lag", asked), since, until, step_s) if group else {}
    return Course(since, until, step_s, records or None, bad or None, sent or None, lag or None)


def extent(one: Incident, now: datetime) -> tuple[datetime, datetime, int]:
    """Return from when to when the time of an incident is drawn, and in steps of how many seconds.

    From its likely causes to its end or now, with a margin; both ends lie on steps.
    """
    least = CAUSES_DRAWN_FROM * max((cause.likelihood for cause in one.causes), default=0.0)
    likely = [cause.time for cause in one.causes if cause.likelihood >= least]
    begin = min([one.impact_time, *likely])
    marks = [one.detected_time, one.acknowledged_time, one.mitigated_time, one.resolved_time]
    end = max([one.impact_time, *(mark for mark in marks if mark)])
    if one.state not in ("resolved", "withdrawn"):
        end = max(end, now)
    margin = max((end - begin) * 0.08, BEFORE_MIN)
    since_s, until_s = (begin - margin).timestamp(), min(end + margin, max(now, end)).timestamp()
    step_s = next((step for step in STEPS_S if (until_s - since_s) / step <= STEPS_MAX), STEPS_S[-1])
    first, last = int(since_s // step_s) * step_s, -int(-until_s // step_s) * step_s
    zone = one.impact_time.tzinfo
    return datetime.fromtimestamp(first, zone), datetime.fromtimestamp(last, zone), step_s


def filled(
    rows: Iterable[Mapping[str, Any]], since: datetime, until: datetime, step_s: int
) -> dict[int, int]:
    """Return the lag of all partitions by step: a word on a partition holds until the next, for HOLDS_S at most."""
    said: dict[int, dict[int, int]] = {}
    for row in rows:
        said.setdefault(row["partition"], {})[int(row["step"])] = row["lag"]
    found: dict[int, int] = {}
    for steps in said.values():
        at_s, lag = -HOLDS_S, 0
        begin = min(int(since.timestamp()), *steps) if steps else int(since.timestamp())
        for step in range(begin, int(until.timestamp()), step_s):
            if step in steps:
                at_s, lag = step, steps[step]
            if step - at_s <= max(HOLDS_S, step_s) and step >= since.timestamp():
                found[step] = found.get(step, 0) + lag
    return found
