"""What an incident was, in plain words and in order of time: the same on its page, in reports and in alerts. Pure.

Text that came from the wire (titles, names, causes) is made visible here, and nothing more: whoever shows it in HTML,
in Markdown or on a terminal escapes it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from collector.detect.causes import came_with, is_ambiguous, is_same_change
from collector.words import duration, many, visible
from schemas.incidents import Cause, Incident

Standing = Literal["open", "acknowledged", "no data", "mitigated", "resolved", "withdrawn"]
MomentKind = Literal[
    "change", "begin", "detected", "alert", "acknowledged", "mitigated", "resolved", "upstream", "note"
]

STATE_WORDS: dict[Standing, str] = {
    "open": "open",
    "acknowledged": "open, somebody is on it",
    "no data": "nothing comes any more: nobody can tell",
    "mitigated": "no longer failing, not yet proven good",
    "resolved": "over",
    "withdrawn": "withdrawn: it was none",
}
STATE_MEANINGS: dict[Standing, str] = {
    "open": "bad events still come, and nobody has said that they are on it",
    "acknowledged": "bad events still come, and somebody is on it",
    "mitigated": "no bad event since, but not yet enough good ones to be sure",
    "no data": "no event comes, good or bad: silence does not resolve it",
    "resolved": "enough good traffic came since: silence alone does not resolve",
    "withdrawn": "what arrived later shows that it was none, or was another: no figure counts it",
}
BAD_WORDS: dict[str, tuple[str, str]] = {
    "dead_letters": ("dead letter", "dead letters"),
    "retry_storm": ("retry", "retries"),
    "schema_break": ("event that could not be handled", "events that could not be handled"),
    "consumer_stalled": ("record not read", "records not read"),
    "producer_silent": ("missing event", "missing events"),
    "flow_stuck": ("event without what usually follows", "events without what usually follows"),
    "duplicates": ("duplicate", "duplicates"),
    "out_of_order": ("event out of order", "events out of order"),
}
KIND_WORDS: dict[str, str] = {
    "dead_letters": "dead letters",
    "retry_storm": "retry storm",
    "schema_break": "breaking schema change",
    "consumer_stalled": "consumer stalled",
    "producer_silent": "producer silent",
    "flow_stuck": "flow stuck",
    "duplicates": "duplicates",
    "out_of_order": "out of order",
}
CAUSE_WORDS: dict[str, str] = {
    "schema_change": "schema change",
    "deployment": "deployment",
    "upstream_incident": "incident upstream",
    "broker_change": "change of the broker",
    "consumer_change": "change of the consumer",
}
_ALMOST_AS_LIKELY = 0.15
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Blast:
    """What an incident touched, down the cascades of its bad events. `sampled`: it is at least this much."""

    events: int
    dead_letters: int
    services: tuple[str, ...]
    topics: tuple[str, ...]
    keys: int
    sampled: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """Something on the time axis of an incident; `event` is `topic/partition/offset` or empty."""

    time: datetime
    kind: MomentKind
    text: str
    event: str = ""
    likelihood: float | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """An incident told. `what`, `why`, `touched`, `over` and `left` are sentences; an empty one has nothing to say."""

    state: Standing
    what: str
    why: str
    touched: str
    over: str
    left: str
    timeline: tuple[Moment, ...]

    @property
    def paragraph(self) -> str:
        """Return the whole story as one paragraph."""
        return " ".join(filter(None, (self.what, self.why, self.touched, self.over, self.left)))


def state_of(incident: Incident) -> Standing:
    """Return how far an incident has come, as a page says it."""
    if incident.state == "open" and incident.acknowledged_time:
        return "acknowledged"
    return incident.state


def tell(
    incident: Incident,
    now: datetime,
    *,
    zone: tzinfo = UTC,
    blast: Blast | None = None,
    parent: Incident | None = None,
    children: Sequence[Incident] = (),
    changes: Sequence[Moment] = (),
) -> Story:
    """Tell an incident as of `now`. `changes` are what else changed around it, beyond the candidate causes."""
    say = _Clock(now, zone)
    return Story(
        state=state_of(incident),
        what=_what(incident, say),
        why=_why(incident, say, parent),
        touched=_touched(blast, children),
        over=_over(incident, say),
        left=_left(incident),
        timeline=_timeline(incident, parent, changes),
    )


@dataclass(frozen=True, slots=True)
class _Clock:
    now: datetime
    zone: tzinfo

    def at(self, moment: datetime) -> str:
        """Return a time of day, with the date where it is not today's, and the zone's name."""
        local, today = moment.astimezone(self.zone), self.now.astimezone(self.zone)
        text = f"{local:%H:%M}" if local.date() == today.date() else f"{local:%a %d %b %H:%M}"
        return f"{text} {local:%Z}"


def _what(incident: Incident, say: _Clock) -> str:
    title = visible(incident.title, 200).rstrip(".") or KIND_WORDS.get(incident.kind, incident.kind)
    one, several = BAD_WORDS.get(incident.kind, ("bad event", "bad events"))
    much = many(incident.bad, one, several)
    if incident.kind == "retry_storm" and incident.total:
        much += f" for {many(incident.total, 'event')}"
    elif 0 < incident.bad <= incident.total and incident.kind != "consumer_stalled":
        much += f" of {many(incident.total, 'event')} ({incident.bad / incident.total:.1%})"
    return f"{title}: {much} since {say.at(incident.impact_time)}."


def _why(incident: Incident, say: _Clock, parent: Incident | None) -> str:
    if parent is not None:
        title = visible(parent.title, 160).rstrip(".")
        return f"It follows from an incident further up: {title}, since {say.at(parent.impact_time)}."
    causes = sorted(incident.causes, key=lambda cause: cause.likelihood, reverse=True)
    if not causes:
        return "No deployment, schema change or incident upstream was seen shortly before: the cause is not known."
    first = causes[0]
    with_it = [cause for cause in causes[1:] if is_same_change(first, cause)]
    likely = sum(cause.likelihood for cause in (first, *with_it))
    said = f"{_cause(first)} at {say.at(first.time)}, {_apart(incident, first)}"
    if companion := came_with(causes):
        said += f", and with it {_cause(companion)}"
    others = [cause for cause in causes[1:] if cause not in with_it]
    if others and (is_ambiguous(causes) or likely - others[0].likelihood < _ALMOST_AS_LIKELY):
        second = others[0]
        return (
            f"Two candidates are almost as likely: {said} ({likely:.0%} likely); and {_cause(second)} at "
            f"{say.at(second.time)}, {_apart(incident, second)} ({second.likelihood:.0%})."
        )
    return f"Most likely cause: {said} ({likely:.0%} likely)."


def _cause(cause: Cause) -> str:
    said = visible(cause.text, 200).rstrip(".") or CAUSE_WORDS.get(cause.kind, cause.kind)
    by = f" by {visible(cause.service, 80)}" if cause.service and cause.service not in cause.text else ""
    return f"{said}{by}"


def _apart(incident: Incident, cause: Cause) -> str:
    away = incident.impact_time - cause.time
    if abs(away) < timedelta(seconds=1):
        return "at the same moment"
    words = duration(abs(away).total_seconds() * 1e3)
    return f"{words} before" if away > timedelta(0) else f"{words} after it began"


def _touched(blast: Blast | None, children: Sequence[Incident]) -> str:
    said = []
    if blast is not None and blast.events:
        least = "at least " if blast.sampled else ""
        where = [f"{many(len(blast.topics), 'topic')} ({_names(blast.topics)})"] if blast.topics else []
        if blast.services:
            where.append(f"{many(len(blast.services), 'service')} ({_names(blast.services)})")
        if blast.keys:
            where.append(many(blast.keys, "business key"))
        said.append(f"It touched {least}{many(blast.events, 'event')} in {_and(where)}.")
    if children:
        titles = _names([child.title.rstrip(".") for child in children])
        said.append(f"{many(len(children), 'more incident')} {_verb(children)} from it: {titles}.")
    return " ".join(said)


def _verb(items: Sequence[object]) -> str:
    return "follows" if len(items) == 1 else "follow"


def _over(incident: Incident, say: _Clock) -> str:
    if incident.state == "withdrawn":
        return "It was withdrawn: what arrived later shows that it was none, or belongs to another."
    begin = incident.impact_time
    said = [_noticed(incident, begin)]
    if incident.state == "resolved":
        end = incident.mitigated_time or incident.resolved_time or say.now
        said.append(f"It is over: the last bad moment was {say.at(end)}, {_after(begin, end)}.")
    elif incident.state == "mitigated" and incident.mitigated_time:
        since = say.at(incident.mitigated_time)
        said.append(f"Nothing bad since {since}, but not enough good traffic yet to be sure.")
    elif incident.state == "no data":
        said.append("Nothing comes any more, good or bad, so nobody can tell whether it is over.")
    else:
        said.append(f"It is still going on, {_after(begin, say.now)}.")
    if incident.reopened:
        said.append(f"It came back {many(incident.reopened, 'time')}.")
    return " ".join(filter(None, said))


def _noticed(incident: Incident, begin: datetime) -> str:
    if incident.backfilled or incident.detected_time is None:
        return "It was found in history that was read later, so nobody could have noticed it in time."
    noticed = f"It was noticed {_after(begin, incident.detected_time)}"
    if incident.acknowledged_time:
        by = f" by {visible(incident.acknowledged_by, 80)}" if incident.acknowledged_by else ""
        return f"{noticed} and acknowledged{by} {_after(incident.detected_time, incident.acknowledged_time)} more."
    if incident.state in ("open", "no data"):
        return f"{noticed}, and nobody has acknowledged it."
    return f"{noticed}."


def _after(begin: datetime, end: datetime) -> str:
    seconds = (end - begin).total_seconds()
    return "at once" if 0 <= seconds < 1 else f"after {duration(seconds * 1e3)}"


def _left(incident: Incident) -> str:
    if not incident.left_behind:
        return ""
    one, several = BAD_WORDS.get(incident.kind, ("bad event", "bad events"))
    verb = "is" if incident.left_behind == 1 else "are"
    return f"{many(incident.left_behind, one, several)} {verb} left behind and still to be put right."


def _timeline(incident: Incident, parent: Incident | None, changes: Sequence[Moment]) -> tuple[Moment, ...]:
    moments = [
        Moment(cause.time, "change", _cause(cause), cause.event, cause.likelihood)
        for cause in incident.causes
    ]
    known = {(moment.time, moment.event or moment.text) for moment in moments}
    moments += [change for change in changes if (change.time, change.event or change.text) not in known]
    if parent is not None:
        moments.append(Moment(parent.impact_time, "upstream", f"upstream: {visible(parent.title, 160)}"))
    first = incident.sample_events[0] if incident.sample_events else ""
    moments.append(Moment(incident.impact_time, "begin", "first bad moment", first))
    marks: list[tuple[datetime | None, MomentKind, str]] = [
        (incident.detected_time, "detected", "noticed by the rule"),
        (incident.acknowledged_time, "acknowledged", "acknowledged"),
        (incident.mitigated_time, "mitigated", "last bad moment"),
        (incident.resolved_time, "resolved", "enough good traffic since: over"),
    ]
    moments += [Moment(time, kind, text) for time, kind, text in marks if time]
    return tuple(sorted(moments, key=lambda moment: (moment.time, _ORDER[moment.kind])))


_ORDER: dict[MomentKind, int] = {
    "change": 0,
    "upstream": 1,
    "begin": 2,
    "detected": 3,
    "alert": 4,
    "acknowledged": 5,
    "note": 6,
    "mitigated": 7,
    "resolved": 8,
}


def _names(names: Sequence[str]) -> str:
    shown = [visible(name, 80) for name in names[:_NAMES_SHOWN]]
    more = len(names) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else _and(shown)


def _and(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
