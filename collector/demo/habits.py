"""How services write headers: one habit each, as found in real companies. Pure.

A habit turns a draft and the records behind it into headers, and knows what these say about the cause:
that is the truth which tests and benchmarks compare with. Trace context is not written here: the client
library's OpenTelemetry instrumentation appends it while sending.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from collector.demo.model import Cause, Draft, Record, Stamp
from collector.demo.spring import dead_letter_headers, origin, retry_headers
from schemas.records import Evidence

Written = list[tuple[str, bytes | None]]
Causes = Sequence[Record]

MESSAGE_ID_HEADERS = ("ce_id", "message-id", "id")
CORRELATION_HEADERS = ("ce_correlationid", "correlation-id")
CONTEXT_HEADERS = ("traceparent", "tracestate", "baggage")
JSON = JSONFormat()


@dataclass(frozen=True)
class Habit:
    """How one service writes headers; `evidence` is what they say about a cause, None = nothing."""

    write: Callable[[str, Draft, Causes, Stamp], Written]
    evidence: Callable[[Record], Evidence | None]


def message_id(record: Record) -> str:
    """Return the id that the record's own headers give it, empty where they give none."""
    return record.text(*MESSAGE_ID_HEADERS)


def headers_of(service: str, habit: Habit, draft: Draft, causes: Causes, stamp: Stamp) -> Written:
    """Return the headers for `draft`: the service's habit, or those of the record that is sent again."""
    if draft.relation == "caused":
        return habit.write(service, draft, causes, stamp)
    return _headers_of_copy(service, draft, causes[0], stamp)


def causes_of(habit: Habit, draft: Draft, causes: Causes, *, spans: bool = False) -> list[Cause]:
    """Return the true causes of `draft` with what its headers say about each, or the service's `spans` instead."""
    if draft.relation == "caused":
        told: Evidence | None = "span" if spans else None
        return [Cause(record.ref, "caused", habit.evidence(record) or told) for record in causes]
    copied = causes[0]
    first = origin(copied)
    pointed_at = Cause(first, draft.relation, "provenance")
    if first == copied.ref:
        return [pointed_at]
    return [Cause(copied.ref, draft.relation, _by_id(copied)), pointed_at]


def _headers_of_copy(service: str, draft: Draft, copied: Record, stamp: Stamp) -> Written:
    """Keep what was there, say why it is sent again, and give the copy an id of its own.

    Spring alone would keep the id too; then an effect that names it could mean the copy or the original.
    """
    if draft.failure is None:
        headers = list(copied.headers)
    elif draft.failure.retryable:
        headers = retry_headers(copied, draft.failure)
    else:
        headers = dead_letter_headers(copied, draft.failure)
    own: dict[str, bytes] = {}
    for id_header in ("ce_id", "message-id"):
        if copied.header(id_header):
            prefix, source = ("ce_", f"/{service}") if id_header == "ce_id" else ("", service)
            causation = "ce_causationid" if prefix else "causation-id"
            own |= {id_header: stamp.new_id().encode(), f"{prefix}source": source.encode()}
            own[causation] = copied.text(id_header).encode()
    kept = [(key, own.pop(key, value)) for key, value in headers]
    return kept + list(own.items())


def _cloud_event(service: str, draft: Draft, causes: Causes, stamp: Stamp) -> Written:
    """CloudEvents in binary mode, by the CloudEvents SDK, with its correlation extension."""
    attributes = {
        "id": stamp.new_id(),
        "source": f"/{service}",
        "type": draft.type,
        "specversion": "1.0",
        "time": datetime.fromtimestamp(stamp.now_s, UTC),
        "datacontenttype": "application/json",
        "subject": draft.key or "none",
        "correlationid": _correlation(causes) or stamp.new_id(),
    }
    if causes and (causation := message_id(causes[0])):
        attributes["causationid"] = causation
    if draft.version:
        attributes["dataschema"] = f"https://schemas.shop.example/{draft.topic}/{draft.version}"
        attributes["serviceversion"] = draft.version
    return list(to_binary(CloudEvent(attributes, None), JSON).headers.items())


def _plain_ids(service: str, draft: Draft, causes: Causes, stamp: Stamp) -> Written:
    """Ids under plain names, as many an in-house framework writes them."""
    headers: Written = [
        ("message-id", stamp.new_id().encode()),
        ("message-type", draft.type.encode()),
        ("source", service.encode()),
        ("content-type", b"application/json"),
        ("correlation-id", (_correlation(causes) or stamp.new_id()).encode()),
    ]
    if causes and (causation := message_id(causes[0])):
        headers.append(("causation-id", causation.encode()))
    return headers


def _outbox(_service: str, draft: Draft, causes: Causes, stamp: Stamp) -> Written:
    """Debezium's outbox event router: `id` is the event's id, the key is the aggregate's.

    Two columns of the outbox table are placed as headers, as `table.fields.additional.placement` allows.
    """
    headers: Written = [("id", stamp.new_id().encode()), ("eventType", draft.type.encode())]
    if causes and (causation := message_id(causes[0])):
        headers.append(("causation-id", causation.encode()))
        headers.append(("correlation-id", _correlation(causes).encode()))
    return headers


def _nothing(_service: str, _draft: Draft, _causes: Causes, _stamp: Stamp) -> Written:
    return []


def _same_context(_service: str, _draft: Draft, causes: Causes, _stamp: Stamp) -> Written:
    """The incoming trace context, unchanged: the record looks as if the cause's producer had sent it."""
    return [(key, value) for key, value in causes[0].headers if key in CONTEXT_HEADERS]


def _same_headers(_service: str, _draft: Draft, causes: Causes, _stamp: Stamp) -> Written:
    """All incoming headers. An instrumentation that appends puts its own context behind the cause's."""
    return list(causes[0].headers)


def _correlation(causes: Causes) -> str:
    return causes[0].text(*CORRELATION_HEADERS) if causes else ""


def _by_id(cause: Record) -> Evidence | None:
    return "header" if message_id(cause) else None


def _by_context(cause: Record) -> Evidence | None:
    return "context" if cause.header("traceparent") else None


def _not_at_all(_cause: Record) -> Evidence | None:
    return None


CLOUD_EVENTS = Habit(_cloud_event, _by_id)
PLAIN_IDS = Habit(_plain_ids, _by_id)
OUTBOX = Habit(_outbox, _by_id)
TRACE_ONLY = Habit(_nothing, _not_at_all)
NO_CONTEXT = Habit(_nothing, _not_at_all)
SAME_CONTEXT = Habit(_same_context, _not_at_all)
SAME_HEADERS = Habit(_same_headers, _by_context)
