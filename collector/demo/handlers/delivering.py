"""From the paid order to the mail about the parcel. Pure."""

from collections.abc import Sequence

from collector.demo.handlers.ignoring import sent_again_for_somebody_else
from collector.demo.model import Draft, Failure, Record
from collector.demo.payloads import paid_cents, timestamp
from collector.demo.story import Scene


def relay_order(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """order-outbox: what the order service wrote to its outbox table when the payment came in."""
    record = records[0]
    if sent_again_for_somebody_else(record):
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


def notify(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """notifications: a mail for every parcel, decline and award. A mailbox that is gone is a dead letter."""
    record = records[0]
    about = record.payload
    subject = about["order_id"]
    if record.ref.topic == "loyalty.points" and scene.chance(0.01, "mailbox", subject):
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
        "provider": {"name": "mailer-eu-1", "pool": "transactional"},
        "locale": "en",
        "sent_at": timestamp(scene.now_s),
    }
    work_s = scene.work_s(0.2, f"mail {record.ref.topic}", subject)
    return [Draft("notifications.sent", "NotificationSent", about["customer_id"], payload, work_s)]
