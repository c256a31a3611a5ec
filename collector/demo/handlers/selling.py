"""Orders, risk and stock. Pure."""

from collections.abc import Sequence
from typing import Any

from collector.demo.model import Draft, Record
from collector.demo.payloads import GOODS, order, timestamp
from collector.demo.story import Scene


def place_order(number: int, scene: Scene) -> list[Draft]:
    """web-checkout: a customer places an order."""
    placed = order(number, scene)
    return [Draft("shop.orders", "shop.order.placed", placed["order_id"], placed, version="7.12.0")]


def announce_delivery(number: int, scene: Scene) -> list[Draft]:
    """supplier-feed: a lorry is at the gate."""
    delivery = f"del-{5000 + number}"
    sku, name, _ = GOODS[int(scene.draw("delivered", delivery) * len(GOODS))]
    payload = {
        "delivery_id": delivery,
        "supplier": f"sup-{int(scene.draw('supplier', delivery) * 40):02d}",
        "arrived_at": timestamp(scene.now_s),
        "dock": 1 + int(scene.draw("dock", delivery) * 6),
        "carrier": {"name": "alpine-freight", "plate": f"AF-{number % 900 + 100}"},
        "items": [
            {"sku": sku, "name": name, "quantity": 20 + int(180 * scene.draw("delivered quantity", delivery))}
        ],
    }
    return [Draft("supplier.deliveries", "", sku, payload)]


def assess_risk(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """fraud: a verdict on every order."""
    order_id = records[0].payload["order_id"]
    score = round(scene.draw("risk", order_id) ** 3, 3)
    payload = {
        "order_id": order_id,
        "customer_id": records[0].payload["customer_id"],
        "score": score,
        "verdict": "review" if score > 0.6 else "pass",
        "signals": {"new_device": score > 0.4, "velocity": round(score * 7), "address_match": score < 0.7},
        "model": "gbm-2026-10",
        "assessed_at": timestamp(scene.now_s),
    }
    return [Draft("fraud.verdicts", "", order_id, payload, scene.work_s(0.12, "fraud", order_id))]


def open_case(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """risk-desk: a case for every verdict that asks for review."""
    verdict = records[0].payload
    if verdict["verdict"] != "review":
        return []
    payload = {
        "case_id": f"case-{verdict['order_id'].removeprefix('ord-')}",
        "order_id": verdict["order_id"],
        "customer_id": verdict["customer_id"],
        "score": verdict["score"],
        "opened_at": timestamp(scene.now_s),
        "model": verdict["model"],
        "queue": "high" if verdict["score"] > 0.85 else "normal",
        "due_at": timestamp(scene.now_s + 3600),
        "reasons": [name for name, value in verdict["signals"].items() if value],
    }
    return [
        Draft("fraud.cases", "", verdict["order_id"], payload, scene.work_s(0.3, "desk", verdict["order_id"]))
    ]


def manage_stock(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """inventory: reserve what was ordered, warn when little is left, book what was delivered."""
    record = records[0]
    if record.ref.topic == "supplier.deliveries":
        return _restock(record.payload, scene)
    placed = record.payload
    order_id = placed["order_id"]
    work_s = scene.work_s(0.05, "inventory", order_id)
    reserved = {
        "reservation_id": f"res-{order_id.removeprefix('ord-')}",
        "order_id": order_id,
        "customer_id": placed["customer_id"],
        "total_cents": placed["total_cents"],
        "warehouse": "LEJ1" if scene.chance(0.7, "warehouse", order_id) else "WRO2",
        "items": [{"sku": line["sku"], "quantity": line["quantity"]} for line in placed["lines"]],
        "parcels": min(3, len(placed["lines"])),
        "delivery": placed["delivery"],
        "expires_at": timestamp(scene.now_s + 900),
    }
    drafts = [Draft("inventory.reserved", "shop.stock.reserved", order_id, reserved, work_s)]
    if scene.chance(0.08, "low stock", order_id):
        sku = placed["lines"][0]["sku"]
        low = {"sku": sku, "left": int(9 * scene.draw("left", order_id)), "warehouse": reserved["warehouse"]}
        low |= {"reorder_level": 25, "reorder_quantity": 80, "supplier": "sup-07", "priority": "normal"}
        low |= {"triggered_by": order_id, "observed_at": timestamp(scene.now_s)}
        drafts.append(Draft("inventory.low-stock", "shop.stock.low", sku, low, work_s + 0.01))
    return drafts


def _restock(delivery: dict[str, Any], scene: Scene) -> list[Draft]:
    item = delivery["items"][0]
    work_s = scene.work_s(0.4, "restock", delivery["delivery_id"])
    payload = {
        "sku": item["sku"],
        "added": item["quantity"],
        "warehouse": "LEJ1",
        "delivery_id": delivery["delivery_id"],
        "supplier": delivery["supplier"],
        "quality": {"inspected": 5, "rejected": 0},
        "checked_by": f"dock-{delivery['dock']}",
        "booked_at": timestamp(scene.now_s),
    }
    return [Draft("inventory.restocked", "shop.stock.added", item["sku"], payload, work_s)]
