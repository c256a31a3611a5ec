"""A cascade as OTLP: real parsers read it, a real receiver takes it, and nothing of the cascade is lost."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from typer.testing import CliRunner

from collector.cli import app
from collector.http.read_spans import parse_json
from collector.lineage.link import link_batches
from collector.lineage.link_spans import LinkSpans
from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.contract.conftest import Ask
from tests.support.receiver import JSON, receiving
from tests.support.records import NOW_MS, Headers, Record, record_columns

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def url(database_url: Callable[[str], str]) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    yield database_url(name)
    cleaner = open_store(database_url("default"))
    cleaner.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    cleaner.close()


@pytest.fixture(scope="module")
def linked(url: str) -> Iterator[Store]:
    store = open_store(url)
    migrate(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def exported(url: str, linked: Store, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An order, two effects of it, and a shipment that names both: across two traces and without any."""
    places: list[tuple[str, Headers]] = [
        ("orders", [("message-id", b"o"), ("traceparent", f"00-{TRACE}-{SPAN}-01".encode())]),
        ("payments", [("message-id", b"p"), ("causation-id", b"o"), ("source", b"pay")]),
        ("stock", [("message-id", b"s"), ("causation-id", b"o"), ("source", b"stock")]),
        ("shipments", [("ce_causationid", b"p"), ("causation-id", b"s"), ("source", b"ship")]),
    ]
    columns = record_columns()
    for late, (topic, headers) in enumerate(places):
        columns.add(topic, 0, [Record(headers, timestamp=NOW_MS + late)], NOW_MS + 9)
    linked.insert("events", columns.table(1), token="1")
    link_batches(linked, [1])
    out = tmp_path_factory.mktemp("otlp") / "cascade.json"
    done = CliRunner().invoke(app, ["cascade", "orders/0/0", "--otlp", str(out), "--store", url])
    assert done.exit_code == 0, done.output
    assert "4 events" in done.output
    return out.read_bytes()


def spans_of(exported: bytes) -> dict[str, Span]:
    return {
        span.name.removeprefix("send "): span
        for resource in parse_json(exported).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def attributes(part: Span | Span.Link) -> dict[str, object]:
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in part.attributes}


def test_the_whole_cascade_is_one_trace_with_its_edges_as_parents_and_links(exported: bytes) -> None:
    spans = spans_of(exported)

    assert {span.trace_id for span in spans.values()} == {spans["orders"].trace_id}
    assert spans["orders"].parent_span_id == b""
    assert {spans[name].parent_span_id for name in ("payments", "stock")} == {spans["orders"].span_id}
    shipment = spans["shipments"]
    (link,) = shipment.links
    assert {shipment.parent_span_id, link.span_id} == {spans["payments"].span_id, spans["stock"].span_id}
    assert attributes(link)["headwater.evidence"] == "header"
    assert attributes(shipment)["headwater.confidence"] == 1.0
    assert attributes(shipment)["messaging.kafka.offset"] == 0
    assert [(link.trace_id.hex(), link.span_id.hex()) for link in spans["orders"].links] == [(TRACE, SPAN)]
    assert spans["orders"].end_time_unix_nano - spans["orders"].start_time_unix_nano == 2_000_000


def test_services_are_resources(exported: bytes) -> None:
    named = {
        one["resource"]["attributes"][0]["value"]["stringValue"]
        for one in json.loads(exported)["resourceSpans"]
    }

    assert named == {"unknown_service", "pay", "stock", "ship"}


def test_a_receiver_takes_it_and_makes_no_edges_of_it(exported: bytes, linked: Store, ask: Ask) -> None:
    store, edges = linked, "SELECT count() AS count FROM edges FINAL"
    before = ask(store, edges)

    with receiving(store) as address:
        reply = address.post("/v1/traces", exported, JSON)
    LinkSpans(store).step(datetime.now(UTC))

    assert (reply.status, json.loads(reply.body)) == (200, {})
    rows = ask(store, "SELECT service, topic, parent_span_id != '' AS below FROM spans FINAL ORDER BY topic")
    assert [(row["service"], row["topic"], bool(row["below"])) for row in rows] == [
        ("unknown_service", "orders", False),
        ("pay", "payments", True),
        ("ship", "shipments", True),
        ("stock", "stock", True),
    ]
    assert ask(store, edges) == before
