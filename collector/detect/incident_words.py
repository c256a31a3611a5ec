"""Incidents in sentences that stand alone at 3 a.m.: what is wrong, what to do next. Pure; page and command line share
them. Names in them come from the wire: whoever shows them escapes them."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.detect.causes import is_ambiguous, is_same_change
from collector.detect.dead_letters_words import Headline
from collector.detect.reconcile import ACTIVE
from collector.detect.story import BAD_WORDS, CAUSE_WORDS
from collector.words import ago, clock, count, duration, many, visible
from schemas.incidents import Cause, Incident

STALE = timedelta(minutes=2)
QUIET = timedelta(minutes=15)  # nothing read for so long is no data, and not peace
NEED_A_PERSON = ("open", "no data")
STATES = ("all", "not over", "over")
_NAMES_MAX = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """What incidents are looked for in. None = not known.

    `since` is when the first record was read, `newest` when the last one was, `looked` when detection last ran.
    `topics` is the number of topics with records in the last hour.
    """

    records: int
    topics: int
    since: datetime | None
    newest: datetime | None
    looked: datetime | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """An incident with those that follow from it, oldest first."""

    incident: Incident
    children: tuple[Incident, ...] = ()


def is_live(one: Incident) -> bool:
    """Return whether an incident is not over."""
    return one.state in ACTIVE


def folded(incidents: Iterable[Incident]) -> list[Folded]:
    """Return incidents under their parents: what is not over first, then what pages, then the newest.

    A child whose parent is not among them stands alone. Withdrawn ones are left out: they were none.
    """
    counted = {one.incident_id: one for one in incidents if one.state != "withdrawn"}
    below: dict[str, list[Incident]] = {}
    for one in sorted(counted.values(), key=lambda one: (one.impact_time, one.incident_id)):
        below.setdefault(_root(one, counted), []).append(one)
    found = [
        Folded(counted[root], tuple(one for one in ones if one.incident_id != root))
        for root, ones in below.items()
    ]
    return sorted(found, key=_order)


def _root(one: Incident, known: Mapping[str, Incident]) -> str:
    """Return the id of the topmost incident above one; its own where the way up is a ring."""
    at, seen = one, {one.incident_id}
    while at.parent_id in known:
        at = known[at.parent_id]
        if at.incident_id in seen:
            return one.incident_id
        seen.add(at.incident_id)
    return at.incident_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty text = whatever. `state` is a key of STATES."""

    topic: str = ""
    kind: str = ""
    team: str = ""
    state: str = "all"

    def of(self, incidents: Sequence[Incident]) -> list[Incident]:
        """Return those that are wanted; a parent stays where one of its children does."""
        kept = {one.incident_id for one in incidents if self._fits(one)}
        kept |= {one.parent_id for one in incidents if one.incident_id in kept}
        return [one for one in incidents if one.incident_id in kept]

    def _fits(self, one: Incident) -> bool:
        return (
            self.topic in ("", one.topic)
            and self.kind in ("", one.kind)
            and self.team in ("", one.team)
            and (self.state == "all" or is_live(one) == (self.state == "not over"))
        )


def _order(one: Folded) -> tuple[int, int, int, float, str]:
    states = [one.incident.state, *(child.state for child in one.children)]
    standing = 0 if set(states) & set(NEED_A_PERSON) else 1 if "mitigated" in states else 2
    urgent = standing < 2 and one.incident.severity == "page"
    known = one.incident.state == "open" or standing == 2
    begin = -one.incident.impact_time.timestamp()
    return (standing, 0 if urgent else 1, 0 if known else 1, begin, one.incident.incident_id)


def headline(found: Sequence[Folded], watched: Watched, now: datetime) -> Headline:
    """Return what is to be known first: what is wrong now, or that nothing is, or that nobody can tell."""
    worries = tuple(_worries(watched, now))
    if not watched.records:
        return Headline("none", "No data yet: no record has been stored, so nothing is known of incidents.")
    live = [one for one in found if needs_a_person(one)]
    fading = [one for one in found if _order(one)[0] == 1]
    if live:
        return Headline("bad", _wrong_now(live, now), (*_first_steps(live, now), *worries))
    if watched.looked is None:
        return Headline(
            "none", "Nobody looks for incidents: that is the work of `headwater watch`.", worries[1:]
        )
    if worries:
        return Headline("warn", worries[0], worries[1:])
    if fading:
        titles = _names([visible(one.incident.title, 100) for one in fading])
        return Headline(
            "warn",
            f"Nothing fails any more, but it is not yet proven good: {titles}.",
            (_watching(watched, now),),
        )
    return _quiet(found, watched, now)


def _quiet(found: Sequence[Folded], watched: Watched, now: datetime) -> Headline:
    """Return that no incident is open; where nothing is read any more, that this proves nothing."""
    last = max((one.incident.mitigated_time or one.incident.impact_time for one in found), default=None)
    said = f" The last bad moment of any was {ago(last, now)}." if last else ""
    if watched.newest and now - watched.newest > QUIET:
        silent = f"the newest record was read {ago(watched.newest, now)}"
        sentence = f"No incident is open, but {silent}: nobody can tell whether all is well.{said}"
        return Headline("warn", sentence, (_watching(watched, now),))
    return Headline("good", f"All quiet: no incident is open.{said}", (_watching(watched, now),))


def needs_a_person(one: Folded) -> bool:
    """Return whether it, or what follows from it, goes on, as far as anybody can tell."""
    return _order(one)[0] == 0


def sentence(one: Incident, now: datetime) -> str:
    """Return what is wrong and since when."""
    return f"{visible(one.title, 140).rstrip('.')}, since {clock(one.impact_time, now)} UTC."


def _wrong_now(live: Sequence[Folded], now: datetime) -> str:
    said = sentence(live[0].incident, now)
    return said if len(live) == 1 else f"{many(len(live), 'incident')} open. The first to look at: {said}"


def _first_steps(live: Sequence[Folded], now: datetime) -> list[str]:
    one = live[0].incident
    said = [f"{much(one)}. {cause_line(one)}"]
    if one.state == "no data":
        said.append("Nothing comes any more, good or bad: nobody can tell whether it is over.")
    waiting = [each for each in live if each.incident.acknowledged_time is None]
    if waiting:
        of = "it" if len(live) == 1 else f"{count(len(waiting))} of {count(len(live))}"
        said.append(f"Nobody has acknowledged {of}, {duration(_ms(now - one.impact_time))} in.")
    return said


def _worries(watched: Watched, now: datetime) -> list[str]:
    said = []
    if watched.looked is None or now - watched.looked > STALE:
        when = f": last {ago(watched.looked, now)}" if watched.looked else ""
        said.append(f"Nobody looks for incidents now{when}. Is `headwater watch` running?")
    elif watched.problem:
        said.append(f"The last look for incidents failed: {visible(watched.problem, 200)}")
    return said


def _watching(watched: Watched, now: datetime) -> str:
    since = f" since {clock(watched.since, now)} UTC" if watched.since else ""
    newest = f"; the newest record was read {ago(watched.newest, now)}" if watched.newest else ""
    return f"Watched{since}: {many(watched.topics, 'topic')} with records in the last hour{newest}."


def much(one: Incident) -> str:
    """Return how much is bad, of how many where that is known."""
    return " ".join(filter(None, (bad_text(one), share_text(one))))


def bad_text(one: Incident) -> str:
    """Return how much is bad."""
    if one.kind == "producer_silent" and not one.bad:
        return "records are missing, how many is not known"
    return many(one.bad, *BAD_WORDS.get(one.kind, ("bad event", "bad events")))


def share_text(one: Incident) -> str:
    """Return of how many; empty where that is not known."""
    if one.kind == "consumer_stalled" or not 0 < one.bad <= one.total:
        return ""
    return f"of {count(one.total)} records ({one.bad / one.total:.1%})"


def left_text(one: Incident) -> str:
    """Return what is still to be put right; empty where nothing is, as far as known."""
    if not one.left_behind:
        return ""
    return f"{count(one.left_behind)} {'not sent again' if 'dead' in bad_text(one) else 'left behind'}"


def cause_line(one: Incident) -> str:
    """Return the likely cause in one sentence, doubt included."""
    if not one.causes:
        return "Cause not known: nothing that was seen changed shortly before."
    first = one.causes[0]
    if is_ambiguous(one.causes):
        other = next(cause for cause in one.causes[1:] if not is_same_change(first, cause))
        return f"Not clear why: {cause_text(first)} or {cause_text(other)}."
    return (
        f"Likely cause: {cause_text(first)}, {away(one, first)} ({likelihood(one.causes, first):.0%} likely)."
    )


def cause_text(cause: Cause) -> str:
    """Return a candidate in words."""
    return visible(cause.text, 160).rstrip(".") or CAUSE_WORDS.get(cause.kind, cause.kind)


def likelihood(causes: Sequence[Cause], cause: Cause) -> float:
    """Return how likely a change is, with what is told of it a second time (a release and its payload are one)."""
    return min(1.0, sum(one.likelihood for one in causes if one is cause or is_same_change(cause, one)))


def away(one: Incident, cause: Cause) -> str:
    """Return how long before the first bad moment a candidate was."""
    before = _ms(one.impact_time - cause.time)
    if abs(before) < 1_000:
        return "at the same moment"
    return f"{duration(before)} before it" if before > 0 else f"{duration(-before)} after it began"


def _ms(span: timedelta) -> float:
    return span.total_seconds() * 1e3


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMES_MAX
    return ", ".join(names[:_NAMES_MAX]) + (f" and {more} more" if more > 0 else "")


def ack_command(one: Incident) -> str:
    """Return the command by which a person takes an incident on."""
    return f"headwater incidents ack {shlex.quote(one.incident_id)} --by YOUR-NAME"
