"""The flow map from counted rows."""

from typing import Any

from collector.lineage.topology import FlowMap, build_map, failing_share
from dashboard.draw_flow import around, flow_data


def _topic(topic: str, service: str, events: int, dead: int = 0) -> dict[str, Any]:
    return {"topic": topic, "service": service, "events": events, "dead_letters": dead, "copies": 0,
            "last_partition": 0, "last_offset": 1}  # fmt: skip


def _edge(cause: str, service: str, effect: str, edges: int = 10, **more: Any) -> dict[str, Any]:
    row = {"cause_topic": cause, "effect_service": service, "effect_topic": effect, "relation": "caused",
           "edges": edges, "inferred": 0, "ambiguous": 0, "mean_confidence": 1.0, "evidences": ["header"],
           "p50_ms": 5, "p95_ms": 9}  # fmt: skip
    return row | more


def _map() -> FlowMap:
    return build_map(
        [_topic("orders", "web", 100), _topic("stock", "web", 100), _topic("stock.retry", "inventory", 8),
         _topic("stock.dlq", "inventory", 5, dead=5), _topic("audit", "", 50), _topic("mail", "notifier", 40)],
        [_edge("orders", "web", "stock", 100), _edge("stock", "inventory", "stock.retry", 8, relation="retried"),
         _edge("stock.retry", "inventory", "stock.dlq", 5, relation="dead_lettered"), _edge("orders", "", "audit", 50),
         _edge("orders", "notifier", "mail", 40, inferred=40, evidences=["inferred"])],
        [{"cause_topic": "", "effect_service": "inventory", "records": 100, "p50_ms": 5, "p95_ms": 9},
         {"cause_topic": "stock", "effect_service": "inventory", "records": 100, "p50_ms": 5, "p95_ms": 9}],
    )  # fmt: skip


def test_a_known_service_stands_between_its_topics() -> None:
    flow = _map()

    assert ("topic:stock", "service:inventory") in flow.links
    assert ("service:inventory", "topic:stock.dlq") in flow.links
    assert ("topic:stock", "topic:stock.retry") not in flow.links


def test_an_unknown_service_leaves_a_direct_link_that_says_so() -> None:
    flow = _map()
    data = flow_data(flow, window_s=3_600, graph_id="g", scope="s", height=1)

    direct = next(edge for edge in data["edges"] if edge["to"] == "topic:audit")
    assert direct["from"] == "topic:orders"
    assert "not on the wire" in direct["tip"]
    assert "service:" not in flow.nodes


def test_the_way_to_the_dead_letters_goes_back_through_retries_to_the_origin() -> None:
    flow = _map()

    assert flow.hot == {
        "topic:stock.dlq",
        "service:inventory",
        "topic:stock.retry",
        "topic:stock",
        "service:web",
    }
    assert ("service:web", "topic:stock") in flow.hot_links
    assert ("service:web", "topic:orders") not in flow.hot_links
    assert failing_share(flow.nodes["service:inventory"]) == 0.05


def test_inferred_links_are_drawn_otherwise() -> None:
    data = flow_data(_map(), window_s=3_600, graph_id="g", scope="s", height=1)
    kinds = {(edge["from"], edge["to"]): edge["kind"] for edge in data["edges"]}

    assert kinds["topic:orders", "service:notifier"] == "inferred"
    assert kinds["topic:stock", "service:inventory"] == "caused"
    assert {"inferred", "hot", "topic", "service"} <= {entry["kind"] for entry in data["legend"]}


def test_a_card_tells_dead_letters_by_word_and_not_by_colour_alone() -> None:
    cards = {
        node["id"]: node
        for node in flow_data(_map(), window_s=3_600, graph_id="g", scope="s", height=1)["nodes"]
    }

    assert (cards["topic:stock.dlq"]["badge"], cards["topic:stock.dlq"]["status"]) == ("DEAD LETTERS", "dead")
    assert cards["service:inventory"]["badge"] == "FAILS 5.0%"
    assert cards["topic:mail"]["badge"] == ""


def test_numbers_change_and_nothing_moves() -> None:
    flow, later = _map(), _map()
    later.nodes["topic:mail"].events = 100_000
    places = [
        {node["id"]: (node["x"], node["y"]) for node in
         flow_data(one, window_s=3_600, graph_id="g", scope="s", height=1)["nodes"]}
        for one in (flow, later)
    ]  # fmt: skip

    assert places[0] == places[1]


def test_around_a_node_is_what_is_near_it() -> None:
    near = around(_map(), "topic:mail", steps=2)

    assert near == {"topic:mail", "service:notifier", "topic:orders"}
