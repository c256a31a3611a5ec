"""What was said of the demo's past held against what really happened: dead letters, changes, and who is blamed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from collector.demo.story import BROKEN_RELEASE, CHANGES, Incident, PastStory
from collector.detect.dead_letters import Report
from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.dead_letters_read import read_report
from collector.detect.drift import DriftTask
from collector.settings import load
from collector.storage.api import Store
from schemas.drift import SchemaChange, read_change
from tests.support.past_company import Truth, store_past

PAYMENTS = "payments.captured"
CASCADES_PER_DAY = 12_000
BLAMED_FROM = 0.5  # a change is blamed where it is the likeliest cause, and likelier than not
# What is to be told of each kind of change, in the words of the page.
SAID = {
    "renamed": "amount_cents → amount (renamed?)",
    "retyped": "amount_cents: integer → string",
    "nested": "- amount_cents (integer); + amount (object",
}


def three_changes(seed: int, start_s: float, length_s: float, warm_s: float = 2_400) -> PastStory:
    """Return a story with each kind of change once, in some order, at irregular times after `warm_s`."""
    random = Random(f"{seed}/three changes")
    kinds = random.sample(CHANGES, len(CHANGES))
    turn_s = (length_s - warm_s) / len(kinds)
    incidents = []
    for number, kind in enumerate(kinds):
        released_s = start_s + warm_s + turn_s * (number + random.uniform(0.02, 0.1))
        rolled_back_s = released_s + turn_s * random.uniform(0.1, 0.25)
        fixed_s = rolled_back_s + turn_s * random.uniform(0.05, 0.15)
        redriven_s = fixed_s + turn_s * random.uniform(0.05, 0.1)
        over_s = redriven_s + turn_s * 0.25
        incidents.append(
            Incident(kind, released_s, released_s + 60, rolled_back_s, fixed_s, redriven_s, over_s)
        )
    return PastStory(incidents)


def judge(
    store: Store, story: PastStory, *, start_s: float, end_s: float, seed: int,
    cascades_per_day: float = CASCADES_PER_DAY,
) -> dict[str, Any]:  # fmt: skip
    """Store the company's past, look at it as the watcher does, and return what was right and wrong."""
    dead_letters, drift = FindDeadLetters(store, load()), DriftTask(store)
    start = datetime.fromtimestamp(start_s, UTC)
    told: dict[str, SchemaChange] = {}
    reports: list[Report] = []

    def look(now: datetime) -> None:
        dead_letters.step(now)
        drift.step(now)
        told.update({each.change_id: each for each in _changes(store, now)})
        reports.append(read_report(store, now, start))

    truth = store_past(
        store, story, start_s=start_s, end_s=end_s, seed=seed, cascades_per_day=cascades_per_day, look=look
    )
    report = reports[-1]
    firsts = _first_records(story, truth)
    return {
        "events": truth.events,
        **_letters(store, truth, report.now),
        "failures": len({(origin, group) for origin, group in truth.dead_letters.values()}),
        "failures_told": report.failures,
        **_told_changes(told.values(), firsts),
        **_blame(reports, firsts, truth),
        "redriven": len(truth.redriven),
        "redriven_recovered": sum(reason.recovered for reason in report.reasons),
    }


def _changes(store: Store, now: datetime) -> list[SchemaChange]:
    rows = store.query("schema_changes", {"since": now - timedelta(days=1), "rows_max": 1_000})
    return [read_change(row) for row in rows]


def _first_records(story: PastStory, truth: Truth) -> dict[str, Incident]:
    """Return the first record of each broken release with the incident that it began."""
    found = {}
    for incident in story.incidents:
        mine = [
            (time_s, ref)
            for time_s, ref, version in truth.payments
            if version == BROKEN_RELEASE and incident.released_s <= time_s < incident.over_s
        ]
        found[str(min(mine)[1])] = incident
    return found


def _letters(store: Store, truth: Truth, now: datetime) -> dict[str, Any]:
    anything = {"topic": "", "group": "", "reason": "", "exception": "", "events": [], "rows_max": 100_000}
    span = {"since": now - timedelta(days=1), "until": now + timedelta(days=1)}
    found = {
        event: row for row in store.query("dead_letters_failures", span | anything) for event in row["events"]
    }
    wanted = {str(ref): (str(origin), group) for ref, (origin, group) in truth.dead_letters.items()}
    met = found.keys() & wanted.keys()
    return {
        "dead_letters": len(wanted),
        "dead_letters_found": len(met),
        "dead_letters_false": len(found.keys() - wanted.keys()),
        "wrong_origin": sum(found[event]["origin_event"] != wanted[event][0] for event in met),
        "wrong_group": sum(found[event]["consumer_group"] != wanted[event][1] for event in met),
    }


def _told_changes(told: Iterable[SchemaChange], firsts: dict[str, Incident]) -> dict[str, Any]:
    right: dict[str, SchemaChange] = {}
    false = []
    for change in told:
        incident = _incident_of(change, firsts)
        if incident is None or incident.change in right:
            false.append(f"{change.topic}: {change.summary} | {change.evidence}")
        else:
            right[incident.change] = change
    return {
        "changes": len(firsts),
        "changes_found": len(right),
        "first_record_exact": sum(str(change.first) in firsts for change in right.values()),
        "changes_false": len(false),
        "false": false,
        "said": {kind: f"{each.summary} [{each.verdict}, {each.state}]" for kind, each in right.items()},
    }


def _incident_of(change: SchemaChange, firsts: dict[str, Incident]) -> Incident | None:
    if (change.topic, change.service, change.service_version) != (PAYMENTS, "payments", BROKEN_RELEASE):
        return None
    for incident in firsts.values():
        in_time = incident.released_s <= change.first_time.timestamp() < incident.over_s
        if in_time and SAID[incident.change] in change.summary:
            return incident
    return None


def _blame(reports: Iterable[Report], firsts: dict[str, Incident], truth: Truth) -> dict[str, Any]:
    """Count who was blamed at each look: failures of billing on the release that made them, those of others on nothing.

    Nobody is blamed before a change is found: a look seconds after the first failure may come too early.
    """
    sent = {str(ref): time_s for time_s, ref, _ in truth.payments}
    found: dict[str, Any] = {
        "asked": 0,
        "blamed_right": 0,
        "blamed_nobody": 0,
        "blamed_wrong": 0,
        "wrong": [],
    }
    early_s = []
    for report in reports:
        for reason in report.reasons:
            if not reason.last_15m:
                continue
            blamed = [suspect for suspect in reason.suspects[:1] if suspect.likelihood >= BLAMED_FROM]
            event = blamed[0].change.event if blamed else ""
            guilty = _guilty(sent.get(reason.sample_origin), firsts)
            found["asked"] += 1
            if event == guilty:
                found["blamed_right"] += 1
            elif not blamed:
                found["blamed_nobody"] += 1
                early_s.append(round((report.now - reason.began).total_seconds()))
            else:
                found["blamed_wrong"] += 1
                suspects = [
                    f"{each.likelihood:.0%} {each.change.event} ({each.why})" for each in reason.suspects
                ]
                found["wrong"].append(
                    f"{report.now} {reason.consumer_group}: {guilty} is to blame; began {reason.began}; {suspects}"
                )
    return {**found, "blamed_nobody_yet_after_s": early_s}


def _guilty(sent_s: float | None, firsts: dict[str, Incident]) -> str:
    """Return the first record of the release that a payment was sent under; empty = none, or it is no payment."""
    if sent_s is None:
        return ""
    begun = [
        (incident.released_s, first) for first, incident in firsts.items() if incident.released_s <= sent_s
    ]
    return max(begun)[1] if begun else ""
