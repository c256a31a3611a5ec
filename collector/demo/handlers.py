"""What each service does with what it reads. Pure: records and a scene in, drafts out; no headers, no clients."""

from collections.abc import Sequence
from typing import Any

from collector.demo.model import Draft, Failure, Record
from collector.demo.payloads import GOODS, order, paid_cents, payment, strict_problem, timestamp
from collector.demo.spring import attempts, origin
from collector.demo.story import Scene
from schemas.records import Relation

RETRY_BACKOFFS_S = (1.0, 2.0)
RETRIES = ("payments.captured-retry-0", "payments.captured-retry-1")


def nothing(_input: object, _scene: Scene) -> list[Draft]:
    """Say nothing: what a service does that only reads, or only begins cascades."""
    return []


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
        low |= {"reorder_level": 25, "observed_at": timestamp(scene.now_s)}
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
        "checked_by": f"dock-{delivery['dock']}",
        "booked_at": timestamp(scene.now_s),
    }
    return [Draft("inventory.restocked", "shop.stock.added", item["sku"], payload, work_s)]


def take_payment(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """payments: capture the money, or say why not."""
    reserved = records[0].payload
    order_id = reserved["order_id"]
    work_s = scene.work_s(0.35, "payments", order_id)
    payload, version = payment(order_id, reserved, scene)
    if scene.chance(0.04, "declined", order_id):
        declined = {
            "order_id": order_id,
            "customer_id": reserved["customer_id"],
            "reason": "insufficient_funds" if scene.chance(0.6, "reason", order_id) else "card_expired",
            "method": payload["method"],
            "retry_allowed": True,
            "declined_at": timestamp(scene.now_s),
        }
        return [Draft("payments.declined", "shop.payment.declined", order_id, declined, work_s, version)]
    return [Draft("payments.captured", "shop.payment.captured", order_id, payload, work_s, version)]


def write_invoice(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """billing: an invoice for every payment. What it cannot read goes to its retry topics, then to the dead."""
    record = records[0]
    paid = record.payload
    order_id = paid["order_id"]
    problem = None if scene.billing_reads_both else strict_problem(paid)
    if problem:
        return [_failed_payment(record, problem, scene)]
    cents = paid_cents(paid)
    payload = {
        "invoice_id": f"inv-{order_id.removeprefix('ord-')}",
        "order_id": order_id,
        "customer_id": paid["customer_id"],
        "payment_id": paid["payment_id"],
        "net_cents": round(cents / 1.19),
        "vat_cents": cents - round(cents / 1.19),
        "vat_rate": 0.19,
        "country": paid["delivery"]["country"],
        "issued_at": timestamp(scene.now_s),
    }
    return [
        Draft("billing.invoices", "InvoiceIssued", order_id, payload, scene.work_s(0.08, "billing", order_id))
    ]


def _failed_payment(record: Record, problem: tuple[str, str], scene: Scene) -> Draft:
    made = attempts(record) if record.ref.topic in RETRIES else 1
    backoff_s = RETRY_BACKOFFS_S[made - 1] if made <= len(RETRIES) else 0.0
    failure = Failure("billing", *problem, retryable=True, attempts=made, retry_at_s=scene.now_s + backoff_s)
    given_up = made > len(RETRIES)
    topic = "payments.captured-dlt" if given_up else RETRIES[made - 1]
    relation: Relation = "dead_lettered" if given_up else "retried"
    return Draft(topic, "", record.key, record.payload, 0.02, relation=relation, failure=failure)


def relay_order(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """order-outbox: what the order service wrote to its outbox table when the payment came in."""
    record = records[0]
    if _sent_again_for_billing(record):
        return []
    paid = record.payload
    payload = {
        "orderId": paid["order_id"],
        "customerId": paid["customer_id"],
        "status": "PAID",
        "parcels": paid["parcels"],
        "delivery": paid["delivery"],
        "paidCents": paid_cents(paid),
        "updatedAt": timestamp(scene.now_s),
    }
    # The relay polls its table: work is what waits there.
    waits_s = scene.work_s(0.4, "outbox", paid["order_id"])
    return [Draft("outbox.event.order", "OrderPaid", paid["order_id"], payload, waits_s)]


def dispatch(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """shipping: one event per parcel."""
    paid = records[0].payload
    order_id = paid["orderId"]
    drafts = []
    for parcel in range(paid["parcels"]):
        tracking = f"{int(scene.draw(f'tracking {parcel}', order_id) * 1e12):012d}"
        payload = {
            "shipment_id": f"shp-{order_id.removeprefix('ord-')}-{parcel + 1}",
            "order_id": order_id,
            "customer_id": paid["customerId"],
            "carrier": "north-post" if scene.chance(0.5, "carrier", order_id) else "velo-express",
            "tracking_number": tracking,
            "parcel": {"number": parcel + 1, "of": paid["parcels"], "weight_g": 300 + int(tracking[-3:])},
            "destination": paid["delivery"],
            "handed_over_at": timestamp(scene.now_s),
        }
        work_s = scene.work_s(0.9, f"shipping {parcel}", order_id)
        drafts.append(Draft("shipments.dispatched", "ShipmentDispatched", order_id, payload, work_s))
    return drafts


def award_points(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """loyalty: points for every payment."""
    record = records[0]
    if _sent_again_for_billing(record):
        return []
    paid = record.payload
    points = paid_cents(paid) // 100
    payload = {
        "customer_id": paid["customer_id"],
        "order_id": paid["order_id"],
        "points": points,
        "tier": ("basecamp", "ridge", "summit")[min(2, points // 150)],
        "mail": {"opted_in": True, "template": "points-awarded", "locale": "en"},
        "awarded_at": timestamp(scene.now_s),
    }
    work_s = scene.work_s(0.06, "loyalty", paid["order_id"])
    return [Draft("loyalty.points", "", paid["customer_id"], payload, work_s)]


def notify(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """notifications: a mail for every parcel, decline and award. A mailbox that is gone is a dead letter."""
    record = records[0]
    about = record.payload
    subject = about["order_id"]
    if record.ref.topic == "loyalty.points" and scene.chance(0.03, "mailbox", subject):
        gone = Failure("notifications", "shop.mail.MailboxUnavailableException", "550 mailbox unavailable")
        topic = "loyalty.points-dlt"
        return [Draft(topic, "", record.key, about, 0.05, relation="dead_lettered", failure=gone)]
    templates = {"shipments.dispatched": "on-its-way", "payments.declined": "payment-declined"}
    payload = {
        "notification_id": f"ntf-{record.ref.topic[:3]}-{record.ref.partition}-{record.ref.offset}",
        "customer_id": about["customer_id"],
        "order_id": subject,
        "template": templates.get(record.ref.topic, "points-awarded"),
        "channel": "mail",
        "provider": "mailer-eu-1",
        "sent_at": timestamp(scene.now_s),
    }
    work_s = scene.work_s(0.2, f"mail {record.ref.topic}", subject)
    return [Draft("notifications.sent", "NotificationSent", about["customer_id"], payload, work_s)]


def book_in_erp(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """erp-bridge: a posting in the old system for every payment."""
    record = records[0]
    if _sent_again_for_billing(record):
        return []
    paid = record.payload
    payload = {
        "BELNR": f"{int(scene.draw('belnr', paid['order_id']) * 1e10):010d}",
        "BUKRS": "1000",
        "BLART": "DZ",
        "XBLNR": paid["order_id"],
        "KUNNR": paid["customer_id"],
        "WRBTR": f"{paid_cents(paid) / 100:.2f}",
        "WAERS": "EUR",
        "BUDAT": timestamp(scene.now_s)[:10],
        "lines": [{"HKONT": "113100", "SHKZG": "S"}, {"HKONT": "140000", "SHKZG": "H"}],
    }
    return [Draft("erp.documents", "", paid["order_id"], payload, scene.work_s(1.4, "erp", paid["order_id"]))]


def index_stock(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """search-index: what the shop's search shows about a product's stock."""
    change = records[0].payload
    payload = {
        "document": change["sku"],
        "fields": {"in_stock": "added" in change or change["left"] > 0, "left": change.get("left")},
        "boost": 1.0 if "added" in change else 0.6,
        "index": "products-v42",
        "indexed_at": timestamp(scene.now_s),
    }
    return [Draft("search.updates", "", change["sku"], payload, scene.work_s(0.15, "search", change["sku"]))]


def summarise_sales(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """analytics: one summary for up to twenty invoices."""
    payload = {
        "window_end": timestamp(scene.now_s),
        "invoices": len(records),
        "net_cents": sum(record.payload["net_cents"] for record in records),
        "vat_cents": sum(record.payload["vat_cents"] for record in records),
        "countries": sorted({record.payload["country"] for record in records}),
        "customers": len({record.payload["customer_id"] for record in records}),
        "job": "sales-summary",
    }
    return [Draft("analytics.sales", "", None, payload, 0.3)]


def redrive(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """dlt-redrive: sends dead letters back to where they failed, once the story says that it may work."""
    record = records[0]
    if scene.incident is None:
        return []
    ready_s = max(scene.now_s, scene.incident.redriven_s)
    # Over half of the chapter, so that the last one is billed while billing still reads it.
    spread_s = 0.5 * (scene.incident.over_s - scene.incident.redriven_s)
    wait_s = ready_s - scene.now_s + spread_s * scene.draw("redrive", str(record.ref))
    return [Draft(origin(record).topic, "", record.key, record.payload, wait_s, relation="redriven")]


def _sent_again_for_billing(record: Record) -> bool:
    """Whether the record is on the topic for the second time, for a group that failed on it: not for us."""
    return record.header("kafka_dlt-original-consumer-group") is not None
