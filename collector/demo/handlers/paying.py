"""Payments and invoices, and what becomes of payments that nobody can read. Pure."""

from collections.abc import Sequence

from collector.demo.model import Draft, Failure, Record
from collector.demo.payloads import paid_cents, payment, strict_problem, timestamp
from collector.demo.spring import attempts, origin
from collector.demo.story import Scene
from schemas.records import Relation

RETRY_BACKOFFS_S = (1.0, 2.0)
RETRIES = ("payments.captured-retry-0", "payments.captured-retry-1")
DEAD_LETTERS = "payments.captured-dlt"


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
            "amount_due_cents": reserved["total_cents"],
            "currency": "EUR",
            "retry_allowed": True,
            "retry_until": timestamp(scene.now_s + 900),
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
