"""The only place that asks the store, and the only cache. Pages share one connection and answers of two seconds."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from collector.detect.anomalies import Anomaly, find_anomalies
from collector.detect.dead_letters import Report
from collector.detect.dead_letters_read import Letter, read_effects, read_letter, read_report
from collector.detect.flow_classes import FlowClass, read_flow_classes
from collector.detect.flows import Stuck, find_stuck, read_habits
from collector.detect.read_incidents import read_incidents
from collector.lineage.blast import Started, Touched, find_start, touched
from collector.lineage.cascade import Cascade, read_cascade
from collector.lineage.find_events import Found, resolve
from collector.lineage.linkability import Linkability, read_linkability
from collector.lineage.split_latency import Split, split_latency
from collector.lineage.topology import FlowMap, read_topology
from collector.redrive.plan import Plan, Selection, make_plan
from collector.report.figures import Key
from collector.report.html import html_text
from collector.report.links import Links
from collector.report.period import Period
from collector.report.read_habits import read_habits as read_service_habits
from collector.report.read_review import read_review
from collector.report.read_story import Told, read_told
from collector.report.reliability import Reliability, judge, read_reliability
from collector.report.scorecard import Card, cards
from collector.settings import load
from collector.storage.api import Store
from collector.storage.migrate import plan
from collector.storage.open import open_store
from dashboard.draw_cascade import Picture, fall_data, graph_data, prepare
from dashboard.group_cascades import Summary, summarize
from dashboard.spans import Span
from schemas.incidents import Incident
from schemas.records import EventRef
from schemas.sql import migrations

FRESH_SECONDS = 2
EDGES_MAX = 50_000
DEAD_LETTERS_MAX = 20_000
EVENTS_MAX = 100_000
LARGE_EVENTS = 1_500
LARGE_SECONDS = 60
JUDGED_SECONDS = 30
GRADED_SECONDS = 300
SPLIT_EDGES_MAX = 2_000
DEAD_LETTERS_SECONDS = 5
PLANNED_MAX = 10_000


@st.cache_resource(show_spinner=False)
def _store() -> Store:
    return open_store(load().store.get_secret_value())


@st.cache_resource(show_spinner=False, ttl=3_600)
def _tables_are_there() -> bool:
    missing = plan(_store())
    if missing:
        raise NoTablesYetError(len(missing), of=len(migrations()))
    return True


class NoTablesYetError(Exception):
    """The store answers, but no collector of this version has made its tables yet."""

    def __init__(self, missing: int, *, of: int) -> None:
        super().__init__(f"{missing} of {of} changes of the tables are missing")
        self.missing = missing
        self.is_empty = missing == of


def rows(name: str, /, **params: Any) -> list[dict[str, Any]]:
    """Return the rows of `schemas/queries/<name>.sql`, at most FRESH_SECONDS old. Do not change them.

    Raises NoTablesYetError on an empty store, else as Store.query.
    """
    _tables_are_there()
    answer: list[dict[str, Any]] = _rows(name, tuple(sorted(params.items())))
    return answer


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=256, show_spinner=False)
def _rows(name: str, params: tuple[tuple[str, Any], ...]) -> list[dict[str, Any]]:
    return _store().query(
        name, {key: list(value) if isinstance(value, tuple) else value for key, value in params}
    )


def slow_rows(name: str, /, **params: Any) -> list[dict[str, Any]]:
    """Like `rows`, for questions that read a whole table: at most 30 seconds old."""
    _tables_are_there()
    answer: list[dict[str, Any]] = _slow_rows(name, tuple(sorted(params.items())))
    return answer


@st.cache_resource(ttl=30, max_entries=64, show_spinner=False)
def _slow_rows(name: str, params: tuple[tuple[str, Any], ...]) -> list[dict[str, Any]]:
    return _store().query(name, dict(params))


@st.cache_resource(ttl=5, max_entries=16, show_spinner=False)
def _summaries(window_s: int) -> list[Summary]:
    store = _store()
    edges = store.query_arrow("cascades_edges", {"window_s": window_s, "edges_max": EDGES_MAX})
    dead = store.query("cascades_dead_letters", {"window_s": window_s, "events_max": DEAD_LETTERS_MAX})
    return summarize(edges, {row["event"] for row in dead})


def summaries(window_s: int) -> list[Summary]:
    """Return the cascades in the newest EDGES_MAX edges of the window, in no particular order."""
    _tables_are_there()
    found: list[Summary] = _summaries(window_s)
    return found


@st.cache_resource(ttl=DEAD_LETTERS_SECONDS, max_entries=8, show_spinner=False)
def _dead_letters(window_s: int) -> Report:
    now = datetime.now(UTC)
    return read_report(_store(), now, now - timedelta(seconds=window_s))


def dead_letters(window_s: int) -> Report:
    """Return the state of dead letters in the window. Shared: do not change it."""
    _tables_are_there()
    report: Report = _dead_letters(window_s)
    return report


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=32, show_spinner=False)
def _dead_letter(ref: EventRef, origin: EventRef | None) -> tuple[Letter | None, list[dict[str, Any]]]:
    redact = re.compile(load().redact_exceptions)
    return read_letter(_store(), ref, redact), read_effects(_store(), origin) if origin else []


def dead_letter(ref: EventRef, origin: EventRef | None) -> tuple[Letter | None, list[dict[str, Any]]]:
    """Return one dead letter with its stack trace, and what its origin caused that did not fail."""
    found: tuple[Letter | None, list[dict[str, Any]]] = _dead_letter(ref, origin)
    return found


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=32, show_spinner=False)
def _redrive_plan(reason_id: str) -> Plan:
    now = datetime.now(UTC)
    selection = Selection(now - timedelta(days=7), now + timedelta(days=1), reason=reason_id)
    return make_plan(_store(), selection, records_max=PLANNED_MAX)


def redrive_plan(reason_id: str) -> Plan:
    """Return what a redrive of this reason would do; it is only ever carried out on the command line."""
    plan: Plan = _redrive_plan(reason_id)
    return plan


@st.cache_resource(ttl=DEAD_LETTERS_SECONDS, max_entries=16, show_spinner=False)
def _told(incident_id: str) -> Told | None:
    return read_told(_store(), incident_id, datetime.now(UTC))


def told_incident(incident_id: str) -> Told | None:
    """Return an incident with its story; None where there is not exactly one such. Shared: do not change it."""
    _tables_are_there()
    answer: Told | None = _told(incident_id)
    return answer


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=16, show_spinner=False)
def _found(text: str) -> Found | None:
    return resolve(_store(), text)


def found(text: str) -> Found | None:
    """Return what `text` (coordinates, trace id, message id, business key) points at; None for nothing."""
    _tables_are_there()
    answer: Found | None = _found(text)
    return answer


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=16, show_spinner=False)
def _cascade(refs: tuple[EventRef, ...]) -> Cascade:
    return read_cascade(_store(), list(refs), direction="both", events_max=EVENTS_MAX)


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=16, show_spinner=False)
def _held(refs: tuple[EventRef, ...]) -> list[Cascade]:  # noqa: ARG001 - the key of the cache
    return []


def cascade(refs: tuple[EventRef, ...]) -> Cascade:
    """Return the cascade around `refs`, with at most EVENTS_MAX events. Shared: do not change it.

    A large one takes seconds to read, so it is kept for LARGE_SECONDS instead of FRESH_SECONDS.
    """
    _tables_are_there()
    held: list[Cascade] = _held(refs)
    if held and len(held[0].events) > LARGE_EVENTS:
        return held[0]
    held[:] = [_cascade(refs)]
    return held[0]


@dataclass(frozen=True)
class Drawn:
    """A cascade with the data of its two views."""

    picture: Picture
    graph: dict[str, Any]
    fall: dict[str, Any]


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=16, show_spinner=False)
def _drawn(
    _shown: Cascade,
    version: int,  # noqa: ARG001 - the key of the cache, in place of _shown
    name: str,
    scope: str,
    opened: tuple[str, ...],
    pinned: str,
) -> Drawn:
    picture = prepare(_shown, opened=opened, pinned=[pinned] if pinned else [], splits=splits(_shown))
    graph = graph_data(picture, graph_id=name, scope=scope, height=0)
    return Drawn(picture, graph, fall_data(picture, fall_id=name, scope=scope, height=0))


def drawn(shown: Cascade, *, name: str, scope: str, opened: tuple[str, ...], pinned: str) -> Drawn:
    """Return the views of a cascade from `cascade`; computed once per cascade and folding."""
    # A cached Drawn holds its cascade, so no other can have its id meanwhile.
    answer: Drawn = _drawn(shown, id(shown), name, scope, opened, pinned)
    return answer


@st.cache_resource(
    ttl=JUDGED_SECONDS, max_entries=8, show_spinner="Counting and comparing with what is usual …"
)
def _anomalies(window_s: int) -> list[Anomaly]:
    now = datetime.now(UTC)
    return find_anomalies(_store(), now - timedelta(seconds=window_s), now)


def anomalies(window_s: int) -> list[Anomaly]:
    """Return the anomalies of the window, at most JUDGED_SECONDS old."""
    _tables_are_there()
    answer: list[Anomaly] = _anomalies(window_s)
    return answer


@st.cache_resource(ttl=JUDGED_SECONDS, max_entries=8, show_spinner="Following flows …")
def _flows(window_s: int) -> tuple[list[FlowClass], list[Stuck]]:
    now = datetime.now(UTC)
    habits = read_habits(_store(), now)
    classes = read_flow_classes(_store(), now - timedelta(seconds=window_s), now, habits=habits)
    return classes, find_stuck(_store(), now, habits=habits)


def flows(window_s: int) -> tuple[list[FlowClass], list[Stuck]]:
    """Return the kinds of flows that began in the window, and the steps that are missing."""
    _tables_are_there()
    answer: tuple[list[FlowClass], list[Stuck]] = _flows(window_s)
    return answer


@st.cache_resource(ttl=GRADED_SECONDS, max_entries=8, show_spinner="Looking for the causes of all events …")
def _linkability(window_s: int) -> list[Linkability]:
    now = datetime.now(UTC)
    return read_linkability(_store(), now - timedelta(seconds=window_s), now)


def linkability(window_s: int) -> list[Linkability]:
    """Return how well events of the window can be traced, at most GRADED_SECONDS old."""
    _tables_are_there()
    answer: list[Linkability] = _linkability(window_s)
    return answer


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=32, show_spinner=False)
def _started(_shown: Cascade, version: int, asked: EventRef) -> Started:  # noqa: ARG001 - the key of the cache
    return find_start(_store(), _shown, asked)


def started(shown: Cascade, asked: EventRef) -> Started:
    """Return where the trouble of an event of the cascade started."""
    answer: Started = _started(shown, id(shown), asked)
    return answer


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=16, show_spinner=False)
def _splits(_shown: Cascade, version: int) -> dict[tuple[EventRef, EventRef], Split]:  # noqa: ARG001
    path = set(_shown.critical_path)
    edges = [
        edge
        for edge in _shown.edges
        if len(_shown.edges) <= SPLIT_EDGES_MAX or (edge.cause in path and edge.effect in path)
    ]
    return split_latency(_store(), _shown, edges)


def splits(shown: Cascade) -> dict[tuple[EventRef, EventRef], Split]:
    """Return how the time of each step was spent, where spans tell it; of a large cascade, of its critical path."""
    answer: dict[tuple[EventRef, EventRef], Split] = _splits(shown, id(shown))
    return answer


@st.cache_resource(ttl=LARGE_SECONDS, max_entries=16, show_spinner=False)
def _touched(_shown: Cascade, version: int, origin: EventRef) -> Touched:  # noqa: ARG001
    return touched(_shown, origin)


def touched_by(shown: Cascade, origin: EventRef) -> Touched:
    """Return all that an event of the cascade led to within it."""
    answer: Touched = _touched(shown, id(shown), origin)
    return answer


@st.cache_resource(ttl=JUDGED_SECONDS, max_entries=32, show_spinner=False)
def _topology(span: Span) -> FlowMap:
    return read_topology(_store(), span.since, span.until)


def topology(span: Span) -> FlowMap:
    """Return the flow map of a span of time. Do not change it."""
    _tables_are_there()
    answer: FlowMap = _topology(span)
    return answer


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=8, show_spinner=False)
def _incidents(window_s: int) -> list[Incident]:
    now = datetime.now(UTC)
    return read_incidents(_store(), since=now - timedelta(seconds=window_s), until=now + timedelta(days=1))


def incidents(window_s: int) -> list[Incident]:
    """Return the incidents that hurt in the window, and all that are not over. Shared: do not change it."""
    _tables_are_there()
    answer: list[Incident] = _incidents(window_s)
    return answer


@st.cache_resource(ttl=JUDGED_SECONDS, max_entries=16, show_spinner="Adding up …")
def _reliability(first: date, after: date) -> Reliability:
    settings = load()
    return read_reliability(
        _store(),
        Period(first, after),
        datetime.now(UTC),
        flows=settings.flows,
        teams=settings.teams,
        objectives=settings.slos,
    )


@st.cache_resource(ttl=JUDGED_SECONDS, max_entries=16, show_spinner=False)
def _told_apart(first: date, after: date, by: Key) -> Reliability:
    found: Reliability = _reliability(first, after)
    return judge(found.facts, found.period, by=by, kept=found.kept)


def reliability(period: Period, by: Key) -> Reliability:
    """Return the figures of a period, which are told apart by flow, topic, team or service as well.

    At most twice JUDGED_SECONDS old: what was read serves all of these.
    """
    _tables_are_there()
    found: Reliability = _told_apart(period.first, period.after, by)
    return found


@st.cache_resource(ttl=GRADED_SECONDS, max_entries=8, show_spinner="Looking at the habits of services …")
def _scorecard(first: date, after: date) -> list[Card]:
    period, now = Period(first, after), datetime.now(UTC)
    facts = _reliability(first, after).facts
    habits = read_service_habits(_store(), period.start, period.end, now)
    return cards(habits, facts.incidents, facts.deployments, period.start, period.end, facts.watched(period))


def scorecard(period: Period) -> list[Card]:
    """Return what each service was seen to do in a period, at most GRADED_SECONDS old."""
    _tables_are_there()
    found: list[Card] = _scorecard(period.first, period.after)
    return found


@st.cache_resource(ttl=JUDGED_SECONDS, max_entries=4, show_spinner=False)
def _weekly(first: date, after: date) -> str:
    settings = load()
    review = read_review(_store(), Period(first, after), datetime.now(UTC), settings)
    return html_text(review, Links(settings.dashboard_url))


def weekly(week: Period) -> str:
    """Return the report of a week as an HTML file."""
    _tables_are_there()
    text: str = _weekly(week.first, week.after)
    return text
