"""What may have caused an incident: changes before it, ranked by how near they are in time and on the flow. Pure.

A likelihood is a share among the candidates and the possibility that it was something that nobody saw
(UNSEEN_WEIGHT). It is a guess by rule, not a measured probability: what was changed last, and next to where it hurts,
is likeliest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp

from schemas.incidents import Cause, CauseKind

WINDOW = timedelta(hours=2)
CLOCKS_DISAGREE = timedelta(seconds=30)
FADES_S = 1_800.0
UNSEEN_WEIGHT = 0.1
STEP_WEIGHT = 0.35
CAUSES_MAX = 5
NEARLY_EQUAL = 1.25
ONE_CHANGE = timedelta(minutes=10)
REPLACED_WEIGHT = 0.15


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed. `weight` 0..1 says how apt it is to break those it touches; `group` = only that group."""

    kind: CauseKind
    time: datetime
    text: str
    service: str = ""
    topic: str = ""
    event: str = ""
    consumer_group: str = ""
    weight: float = 0.7


@dataclass(frozen=True)
class Flow:
    """Who writes where and what leads to what: edges are (topic, service, topic)."""

    edges: Sequence[tuple[str, str, str]] = ()
    producers: Mapping[str, Sequence[str]] | None = None

    def upstream(self, topic: str, steps_max: int = 4) -> dict[str, int]:
        """Return each topic that leads to `topic`, with the steps between; itself is 0."""
        before: dict[str, set[str]] = defaultdict(set)
        for cause, _, effect in self.edges:
            before[effect].add(cause)
        found, edge = {topic: 0}, [topic]
        for step in range(1, steps_max + 1):
            edge = sorted({cause for at in edge for cause in before[at]} - found.keys())
            found |= dict.fromkeys(edge, step)
        return found

    def writers(self, topic: str) -> set[str]:
        """Return the services that write to `topic`."""
        return set((self.producers or {}).get(topic, ())) | {
            service for _, service, effect in self.edges if effect == topic and service
        }


def rank_causes(
    changes: Iterable[Change], *, impact_time: datetime, topic: str, consumer: str, service: str, flow: Flow
) -> tuple[Cause, ...]:
    """Return the likeliest causes of failures on `topic` by `consumer` (a group or service) since `impact_time`.

    A release and the change of a payload that came with it are one change: together they weigh more, and both are
    named, the release first.
    """
    distance = flow.upstream(topic)
    steps_of_service: dict[str, int] = {}
    for at, steps in sorted(distance.items(), key=lambda item: item[1]):
        for writer in flow.writers(at):
            steps_of_service.setdefault(writer, steps)
    for own in (consumer, service):
        if own:
            steps_of_service[own] = 0
    weighed = []
    changes = list(changes)
    running = _running(changes, impact_time)
    for change in changes:
        weight = _weight(change, impact_time, distance, steps_of_service, consumer)
        slack = timedelta() if change.kind == "deployment" else CLOCKS_DISAGREE
        if change.service and change.time + slack < running.get(change.service, change.time):
            weight *= REPLACED_WEIGHT  # another version ran when it began
        if weight > 0:
            weighed.append((weight, change))
    return _shared_out(_groups(weighed))


def _running(changes: Iterable[Change], impact_time: datetime) -> dict[str, datetime]:
    """Return since when the version that ran at `impact_time` did, by service."""
    found: dict[str, datetime] = {}
    for change in changes:
        if change.kind == "deployment" and change.time <= impact_time:
            found[change.service] = max(change.time, found.get(change.service, change.time))
    return found


def _weight(
    change: Change,
    impact_time: datetime,
    distance: Mapping[str, int],
    steps_of_service: Mapping[str, int],
    consumer: str,
) -> float:
    before = impact_time - change.time
    if not -CLOCKS_DISAGREE <= before <= WINDOW:
        return 0.0
    if change.consumer_group and change.consumer_group != consumer:
        return 0.0
    if change.topic:
        steps = distance.get(change.topic)
    elif change.service:
        steps = steps_of_service.get(change.service)
    else:
        steps = 0
    if steps is None:
        return 0.0
    late = 0.5 if before < timedelta() else 1.0
    fading: float = exp(-max(0.0, before.total_seconds()) / FADES_S)
    return change.weight * late * fading * STEP_WEIGHT**steps


def _groups(weighed: Sequence[tuple[float, Change]]) -> list[list[tuple[float, Change]]]:
    """Put together what is one change: a release and the payload that changed with it. No group has two releases."""
    groups: list[list[tuple[float, Change]]] = []
    for weight, change in sorted(weighed, key=lambda one: (-one[0], one[1].time, one[1].text)):
        home = next((group for group in groups if _belongs(change, [other for _, other in group])), None)
        if home is None:
            groups.append([(weight, change)])
        else:
            home.append((weight, change))
    return groups


def _belongs(change: Change, group: Sequence[Change]) -> bool:
    is_taken = change.kind == "deployment" and any(other.kind == "deployment" for other in group)
    return not is_taken and any(_is_one(change, other) for other in group)


def _is_one(one: Change, other: Change) -> bool:
    kinds = {one.kind, other.kind}
    return (
        bool(one.service)
        and one.service == other.service
        and kinds <= {"deployment", "schema_change"}
        and abs(one.time - other.time) <= ONE_CHANGE
        and (one.kind != other.kind or one.kind == "schema_change")
    )


def _shared_out(groups: Sequence[Sequence[tuple[float, Change]]]) -> tuple[Cause, ...]:
    totals = [1 - _product(1 - min(weight, 0.99) for weight, _ in group) for group in groups]
    everything = sum(totals) + UNSEEN_WEIGHT
    causes: list[Cause] = []
    for total, group in sorted(zip(totals, groups, strict=True), key=lambda one: -one[0]):
        ordered = sorted(group, key=lambda one: (one[1].kind != "deployment", -one[0]))
        # The release speaks for its whole group, so it weighs no less than any of it.
        weights = [weight for weight, _ in ordered]
        weights[0] = max(weights)
        for weight, (_, change) in zip(weights, ordered, strict=True):
            causes.append(_cause(change, total / everything * weight / sum(weights)))
    return tuple(causes[:CAUSES_MAX])


def _cause(change: Change, likelihood: float) -> Cause:
    return Cause(
        kind=change.kind,
        time=change.time,
        text=change.text,
        likelihood=round(likelihood, 3),
        service=change.service,
        topic=change.topic,
        event=change.event,
    )


def _product(numbers: Iterable[float]) -> float:
    found = 1.0
    for number in numbers:
        found *= number
    return found


def is_same_change(one: Cause, other: Cause) -> bool:
    """Return whether two causes are one change: a release and the payload that came with it, or the same told twice."""
    if (one.kind, one.service, one.topic, one.text) == (other.kind, other.service, other.topic, other.text):
        return abs(one.time - other.time) <= ONE_CHANGE
    return _is_one(
        Change(one.kind, one.time, one.text, one.service, one.topic),
        Change(other.kind, other.time, other.text, other.service, other.topic),
    )


def came_with(causes: Sequence[Cause]) -> Cause | None:
    """Return what is one change with the likeliest cause and says something else than it; None where nothing is."""
    return next(
        (one for one in causes[1:] if is_same_change(causes[0], one) and one.text != causes[0].text), None
    )


def is_ambiguous(causes: Sequence[Cause]) -> bool:
    """Return whether another change is about as likely as the likeliest one."""
    if not causes:
        return False
    first = sum(
        cause.likelihood for cause in causes if cause is causes[0] or is_same_change(causes[0], cause)
    )
    others = [cause for cause in causes[1:] if not is_same_change(causes[0], cause)]
    if not others:
        return False
    second = sum(
        cause.likelihood for cause in others if cause is others[0] or is_same_change(others[0], cause)
    )
    return first < NEARLY_EQUAL * second


def with_upstream(causes: Sequence[Cause], parent: Cause) -> tuple[Cause, ...]:
    """Put an incident further up before everything else: what caused that one caused this one."""
    rest = [
        replace(cause, likelihood=round(cause.likelihood * (1 - parent.likelihood), 3)) for cause in causes
    ]
    return (parent, *rest)[:CAUSES_MAX]
