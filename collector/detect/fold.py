"""Folds incidents that are one failure: several sides of it, what hangs below it, what the same change broke. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from collector.detect.causes import Flow, is_same_change, with_upstream
from schemas.incidents import Cause, Incident, IncidentKind

TOGETHER = timedelta(minutes=15)
AT_ONCE = timedelta(minutes=1)  # sides of one failure; what was over before it began is another one
SURE = 0.4
STEPS_MAX = 6
UPSTREAM_LIKELIHOOD = 0.8

# Of several sides of one failure the one that says most about it is the parent.
_RANK: Mapping[IncidentKind, int] = {
    "schema_break": 0,
    "dead_letters": 1,
    "consumer_stalled": 2,
    "producer_silent": 3,
    "retry_storm": 4,
    "flow_stuck": 5,
    "out_of_order": 6,
    "duplicates": 7,
}
_STARVED: frozenset[IncidentKind] = frozenset({"producer_silent", "flow_stuck"})
_STARVING: frozenset[IncidentKind] = frozenset(
    {"schema_break", "dead_letters", "consumer_stalled", "producer_silent"}
)
_OF_READERS: frozenset[IncidentKind] = frozenset(
    {"schema_break", "dead_letters", "consumer_stalled", "retry_storm"}
)


def fold(incidents: Sequence[Incident], flow: Flow) -> dict[str, Incident]:
    """Return the incidents by id, each with its parent, if any: a parent has none itself.

    A child names its parent as its likeliest cause.
    """
    ordered = sorted(incidents, key=lambda one: (one.impact_time, _RANK[one.kind], one.incident_id))
    parents: dict[str, Incident] = {}
    for child in ordered:
        candidates = [one for one in ordered if one is not child and _explains(one, child, flow)]
        if candidates:
            parents[child.incident_id] = min(candidates, key=partial(_farness, child))
    found = {}
    for one in ordered:
        root = _root(one, parents)
        found[one.incident_id] = one if root is one else _child(one, root)
    return found


def _farness(child: Incident, parent: Incident) -> tuple[int, timedelta, str]:
    """Return what orders possible parents: what fails again a few minutes later is a parent of its own sides."""
    return _RANK[parent.kind], abs(parent.impact_time - child.impact_time), parent.incident_id


def _root(one: Incident, parents: Mapping[str, Incident]) -> Incident:
    seen = {one.incident_id}
    while (parent := parents.get(one.incident_id)) and parent.incident_id not in seen:
        one = parent
        seen.add(one.incident_id)
    return one


def _child(one: Incident, root: Incident) -> Incident:
    cause = Cause(
        "upstream_incident",
        root.impact_time,
        root.title,
        UPSTREAM_LIKELIHOOD,
        service=root.service,
        topic=root.topic,
        event=root.incident_id,
    )
    return replace(one, parent_id=root.incident_id, causes=with_upstream(one.causes, cause))


def _explains(parent: Incident, child: Incident, flow: Flow) -> bool:
    """Return whether `child` is a side or a consequence of `parent`. Never both ways round."""
    if not _overlap(parent, child, TOGETHER):
        return False
    if _who(parent) == _who(child) and parent.topic == child.topic:
        return _RANK[parent.kind] < _RANK[child.kind] and _overlap(parent, child, AT_ONCE)
    if child.kind == "flow_stuck" and parent.kind in _OF_READERS and _may_be_its_reader(parent, child, flow):
        return _overlap(parent, child, AT_ONCE)
    first = (parent.impact_time, parent.incident_id) < (child.impact_time, child.incident_id)
    if child.kind in _STARVED and parent.kind in _STARVING and _is_downstream(parent, child, flow):
        return first or parent.kind not in _STARVED
    return first and _shares_the_change(parent, child)


def _overlap(parent: Incident, child: Incident, slack: timedelta) -> bool:
    ends = [one.mitigated_time for one in (parent, child)]
    return (ends[0] is None or ends[0] >= child.impact_time - slack) and (
        ends[1] is None or ends[1] >= parent.impact_time - slack
    )


def _who(incident: Incident) -> str:
    return incident.consumer_group or incident.service


def _is_downstream(parent: Incident, child: Incident, flow: Flow) -> bool:
    """Return whether what the parent's consumer writes leads to the child's topic."""
    distance = flow.upstream(child.topic, STEPS_MAX)
    if parent.kind == "producer_silent":
        return parent.topic in distance and parent.topic != child.topic
    own = [
        effect
        for cause, service, effect in flow.edges
        if cause == parent.topic and (service == _who(parent) or service == parent.service)
    ]
    return any(effect in distance for effect in own)


def _may_be_its_reader(parent: Incident, child: Incident, flow: Flow) -> bool:
    """Return whether the parent's group may be the service that does not answer: groups are often named otherwise."""
    known = {service for cause, service, _ in flow.edges if cause == parent.topic}
    return parent.topic == child.topic and _who(parent) not in known


def _shares_the_change(parent: Incident, child: Incident) -> bool:
    if not parent.causes or not child.causes:
        return False
    sure = min(_sum(parent), _sum(child)) >= SURE
    return sure and is_same_change(parent.causes[0], child.causes[0])


def _sum(incident: Incident) -> float:
    first = incident.causes[0]
    return sum(
        cause.likelihood for cause in incident.causes if cause is first or is_same_change(first, cause)
    )
