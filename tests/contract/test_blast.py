"""Root cause and blast radius on the real engine."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.lineage.blast import find_start, touched
from collector.lineage.cascade import read_cascade
from collector.lineage.split_latency import Split, split_latency
from collector.storage.api import Store
from schemas.records import EventRef
from tests.contract.test_anomalies import NOW, Writer, origin


@pytest.fixture
def writer(store: Store) -> Writer:
    return Writer(store)


def _failing(writer: Writer) -> dict[str, EventRef]:
    refs = {"order": writer.put("orders", "o", service="shop", key="ord-1")}
    refs["reserve"] = writer.put("reserve", "r", "o", service="shop", at_ms=50, key="ord-1")
    refs["mail"] = writer.put("mails", "m", "o", service="mailer", at_ms=60, key="ord-1")
    refs["retry"] = writer.put("reserve-retry", service="stock", at_ms=900, headers=origin(refs["reserve"]))
    dead = [
        ("kafka_dlt-original-topic", b"reserve"),
        ("kafka_dlt-original-partition", (0).to_bytes(4, "big")),
        ("kafka_dlt-original-offset", (0).to_bytes(8, "big")),
        ("kafka_dlt-exception-cause-fqcn", b"com.example.Broken"),
    ]
    refs["dead"] = writer.put("reserve-dlt", "d", service="stock", at_ms=3_000, key="ord-1", headers=dead)
    refs["held"] = writer.put("held", "h", "d", service="desk", at_ms=3_500, key="ord-1")
    writer.done()
    return refs


def test_trouble_is_followed_up_to_what_failed_first_and_down_from_there(
    store: Store, writer: Writer
) -> None:
    refs = _failing(writer)
    cascade = read_cascade(store, [refs["held"]])

    started = find_start(store, cascade, refs["held"])

    assert started.origin == refs["reserve"]
    assert started.sign is not None
    assert (started.sign.kind, started.sign.event) == ("failed", refs["dead"])
    assert started.sign.detail == "com.example.Broken"
    reach = touched(cascade, started.origin)
    assert {touch.event.ref for touch in reach.events} == {
        refs[n] for n in ("reserve", "retry", "dead", "held")
    }
    assert dict(reach.services) == {"stock": 2, "desk": 1, "shop": 1}
    assert reach.dead_letters == (refs["dead"],)
    assert dict(reach.keys)["ord-1"] == 3


def test_where_nothing_is_odd_it_is_counted_from_the_event(store: Store, writer: Writer) -> None:
    order = writer.put("orders", "o")
    bill = writer.put("bills", "b", "o", at_ms=5)
    writer.done()
    cascade = read_cascade(store, [bill])

    started = find_start(store, cascade, bill)

    assert (started.sign, started.origin, started.changes) == (None, bill, ())
    assert len(touched(cascade, order).events) == 2


def test_a_step_that_took_far_longer_than_usual_and_the_deployment_before_it(
    store: Store, writer: Writer
) -> None:
    for number in range(30):
        writer.put("orders", f"o{number}", service="shop", at_ms=-60_000)
        writer.put("bills", f"b{number}", f"o{number}", at_ms=-59_900)
    late = writer.put("orders", "o", service="shop")
    bill = writer.put("bills", "b", "o", at_ms=20_000)
    mail = writer.put("mails", "m", "b", at_ms=20_100)
    writer.done()
    deployed = {"service": "billing", "version": "2.0", "environment": "", "time": NOW - timedelta(minutes=5),
                "source": "webhook", "deployment_id": "", "url": "", "observed_time": NOW}  # fmt: skip
    store.insert("deployments", pa.Table.from_pylist([deployed]), token="d")
    cascade = read_cascade(store, [mail])

    started = find_start(store, cascade, mail)

    assert started.sign is not None
    assert (started.sign.kind, started.origin) == ("late", bill)
    assert "20.0 s after orders/0/30" in started.sign.detail
    assert [(change.kind, change.text) for change in started.changes] == [("deployment", "2.0")]
    assert late in cascade.events


def test_the_command_exports_what_was_touched(store: Store, store_url: str, writer: Writer) -> None:
    refs = _failing(writer)
    run = CliRunner().invoke

    as_json = json.loads(run(app, ["blast", str(refs["held"]), "--json", "--store", store_url]).stdout)
    as_csv = run(app, ["blast", str(refs["held"]), "--csv", "--from-here", "--store", store_url]).stdout
    as_text = run(app, ["blast", str(refs["held"]), "--store", store_url]).stdout

    assert as_json["started_at"] == str(refs["reserve"])
    assert as_json["touched"]["events"] == 4
    assert [row["event"] for row in csv.DictReader(StringIO(as_csv))] == [str(refs["held"])]
    assert "failed at stock: com.example.Broken" in as_text


def test_spans_split_the_latency(store: Store, writer: Writer) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    order = writer.put("orders", "o", service="shop")
    sent = [("traceparent", f"00-{trace}-00000000000000aa-01".encode())]
    bill = writer.put("bills", "b", "o", at_ms=500, headers=sent)
    mail = writer.put("mails", "m", "b", at_ms=900)
    writer.done()
    spans = [
        {"trace_id": trace, "span_id": "00000000000000aa", "parent_span_id": "00000000000000bb", "kind": "producer",
         "start_time": NOW + timedelta(milliseconds=490)},
        {"trace_id": trace, "span_id": "00000000000000bb", "parent_span_id": "00000000000000cc", "kind": "consumer",
         "operation": "process", "topic": "orders", "start_time": NOW + timedelta(milliseconds=350)},
    ]  # fmt: skip
    rows = [
        {"operation": "", "topic": "", "service": "billing", "received_time": NOW, **span} for span in spans
    ]
    store.insert("spans", pa.Table.from_pylist(rows), token="s")
    cascade = read_cascade(store, [mail])

    split = split_latency(store, cascade, cascade.edges)

    assert split == {(order, bill): Split(350, 150)}
