"""The map of a past time and what changed, on the real engine and by the command."""

import json
from datetime import timedelta

from typer.testing import CliRunner

from collector.cli import app
from collector.lineage.topology import read_topology
from collector.storage.api import Store
from tests.contract.test_anomalies import NOW, Writer
from tests.support.event_log import NOW as LOG_NOW
from tests.support.event_log import Log


def test_the_map_of_then_and_what_changed_since(store: Store, store_url: str) -> None:
    writer = Writer(store)
    hour_ms = 3_600_000
    for number in range(20):
        writer.put("orders", f"o{number}", service="shop", at_ms=-hour_ms - 60_000)
        writer.put("bills", f"b{number}", f"o{number}", at_ms=-hour_ms - 59_900)
        writer.put("orders", f"p{number}", service="shop", at_ms=-60_000)
        writer.put("mails", f"m{number}", f"p{number}", service="mailer", at_ms=-59_500)
    writer.done()
    now, then = NOW.isoformat(), (NOW.replace(hour=NOW.hour - 1)).isoformat()
    began = NOW.replace(hour=NOW.hour - 2).isoformat()

    def ask(*options: str) -> dict[str, object]:
        done = CliRunner().invoke(app, ["topology", *options, "--json", "--store", store_url])
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    past = ask("--since", began, "--until", then)
    compared = ask("--since", then, "--until", now, "--against", began)

    links = {(link["from"], link["to"]): link for link in past["links"]}  # type: ignore[attr-defined]
    assert links["topic:orders", "service:billing"]["p50_ms"] == 100
    assert ("service:mailer", "topic:mails") not in links
    told = {(one["what"], one["name"]) for one in compared["changes"]}  # type: ignore[attr-defined]
    assert {("gone", "bills"), ("gone", "billing"), ("new", "mails"), ("new", "mailer → mails")} <= told
    assert all(name != "orders" for _, name in told)


def test_a_mirror_is_fed_by_its_topic_and_what_is_written_twice_flows_nowhere(store: Store) -> None:
    log = Log(store)
    headers = [("message-id", b"b"), ("causation-id", b"a"), ("source", b"pay")]
    log.write(
        [(("orders", 0, 0), [("message-id", b"a"), ("source", b"shop")]), (("payments", 0, 0), headers)]
    )
    log.write([(("payments", 0, 1), headers), (("eu.bills", 0, 0), [("message-id", b"c")])])
    log.write([(("bills", 0, 7), [("message-id", b"c")])])
    log.look_at_names()

    found = read_topology(store, LOG_NOW - timedelta(hours=1), LOG_NOW + timedelta(hours=1))

    links = {pair for pair, link in found.links.items() if link.linked}
    assert links == {("topic:orders", "service:pay"), ("topic:bills", "topic:eu.bills")}
    assert ("topic:payments", "service:pay") not in found.links
