"""Believable rows for the dashboard's tests and pictures: a small company, a big one, and a hostile one.

Everything is deterministic but for the moment that `now` gives. The story: a release changes the payload of
orders, twelve minutes ago; inventory begins to fail on it, retries, and gives up into a dead letter topic.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from collector.detect.drift import DriftTask
from collector.storage.api import Store
from schemas import arrow
from tests.browser.oddities import odd_flows
from tests.browser.story import Seen, Story, table

HOSTILE = [
    "<script>window.__hacked=1</script>",
    '"><img src=x onerror="window.__hacked=1">',
    "\x1b[31mred\x1b[0m\x07\r\nforged line",
    "\u202egnirts desrever\u202c",
    "שלום-عالم",
    "n" * 300,
    "**bold** [link](javascript:window.__hacked=1) :red[x] $x^2$ `code`",
    "'; DROP TABLE events; --",
]
SHAPE_BEFORE = ["customer:string", "items[].qty:integer", "items[].sku:string", "total:number"]
SHAPE_AFTER = [
    *SHAPE_BEFORE[:1],
    "items[].qty:string",
    "items[].sku:string",
    "items[].warehouse_id:null",
    "total:number",
]


def seed_company(store: Store, now: datetime, *, oddities: bool = True) -> dict[str, str]:
    """Insert the small company, with hostile and unlinked events unless told otherwise; returns refs by name."""
    random = Random(7)
    story = Story(now)
    at = now - timedelta(minutes=58)
    failing: Seen | None = None
    healthy: Seen | None = None
    number = 20_000
    while at < now - timedelta(seconds=20):
        number += 1
        fails = at > now - timedelta(minutes=11) and random.random() < 0.3
        root, dead = _order(story, random, at, f"ord-{number}", fails)
        failing, healthy = dead or failing, (root if not dead else healthy)
        at += timedelta(seconds=random.uniform(9, 24))
    assert failing
    assert healthy
    refs = {"dead": str(failing.ref), "healthy": str(healthy.ref)}
    refs |= _campaign(story, random, now - timedelta(minutes=6))
    if oddities:
        refs |= _oddities(story, now - timedelta(minutes=4))
        refs |= odd_flows(store, story, now)
    story.write(store, "company")
    _shapes(store, now)
    DriftTask(store).step(now)
    _collector(store, story, now)
    return refs


def _order(story: Story, random: Random, at: datetime, order: str, fails: bool) -> tuple[Seen, Seen | None]:
    """One order through the company: fan-out, fan-in, an inferred webhook; or retries and a dead letter."""
    key = order.encode()

    def after(seen: Seen, ms: float) -> datetime:
        return seen.time + timedelta(milliseconds=ms * random.uniform(0.6, 1.6))

    trace = sha256(order.encode()).hexdigest()[:32]
    placed = story.event(
        "orders",
        "OrderPlaced",
        "web-checkout",
        at,
        key=key,
        trace_id=trace,
        correlation_id=order,
        shape_id=4 if at > story.now - timedelta(minutes=12) else 1,
    )
    pay = story.event("payments.requests", "PaymentRequested", "payments", after(placed, 40), placed, key=key)
    check = story.event("fraud.scores", "FraudScored", "fraud", after(placed, 110), placed, key=key)
    paid = story.event("payments", "PaymentAuthorized", "payments", after(check, 230), pay, check, key=key)
    story.event(
        "ledger.entries", "LedgerEntryPosted", "ledger", after(paid, 30), paid, key=key, evidence="span"
    )
    invoice = story.event("invoices", "InvoiceIssued", "billing", after(paid, 55), paid, key=key)
    story.event("emails", "InvoiceEmailed", "notifier", after(invoice, 180), invoice, key=key)
    story.event("analytics.events", "OrderIngested", "", after(placed, 200), placed, key=key)
    reserve = story.event(
        "stock.reserve", "StockReserveRequested", "web-checkout", after(placed, 48), placed, key=key
    )
    if fails:
        return placed, _failure(story, reserve, key, after)
    for line in range(random.randint(2, 4)):
        story.event(
            "stock.reserved", "StockReserved", "inventory", after(reserve, 40 + line * 9), reserve, key=key
        )
    reserved = story.event(
        "stock.reserved", "StockReserved", "inventory", after(reserve, 90), reserve, key=key
    )
    planned = story.event("shipments", "ShipmentPlanned", "shipping", after(reserved, 90), reserved, key=key)
    label = story.event("labels", "LabelPrinted", "shipping", after(planned, 420), planned, key=key)
    hook = story.event(
        "carrier.webhooks", "CarrierWebhook", "shipping", after(label, 900), label,
        key=key, evidence="inferred", confidence=0.84, trace_id=sha256(key + b"hook").hexdigest()[:32],
    )  # fmt: skip
    story.event("emails", "TrackingEmailed", "notifier", after(hook, 160), hook, key=key)
    return placed, None


def _failure(story: Story, reserve: Seen, key: bytes, after: Any) -> Seen:
    first = story.event(
        "stock.reserve.retry", "StockReserveRequested", "inventory", after(reserve, 900), reserve,
        key=key, relation="retried", evidence="provenance",
    )  # fmt: skip
    second = story.event(
        "stock.reserve.retry", "StockReserveRequested", "inventory", after(first, 2100), first,
        key=key, relation="retried", evidence="provenance",
    )  # fmt: skip
    dead = story.event(
        "stock.reserve.dlq", "StockReserveRequested", "inventory", after(second, 4000), second,
        key=key, relation="dead_lettered", evidence="provenance", dead_letter=True,
        exception="com.example.inventory.SchemaMismatch", failed_group="inventory",
        headers=[
            (b"kafka_dlt-original-topic", b"stock.reserve"),
            (b"kafka_dlt-original-partition", b"\x00\x00\x00\x02"),
            (b"kafka_dlt-original-offset", b"\x00\x00\x00\x00\x00\x00\xff\xfe"),
            (b"kafka_dlt-exception-cause-fqcn", b"com.example.inventory.SchemaMismatch"),
            (b"kafka_dlt-exception-message", b"warehouse_id: expected string, found null"),
            (b"traceparent", f"00-{reserve.trace_id}-00f067aa0ba902b7-01".encode()),
        ],
    )  # fmt: skip
    held = story.event(
        "orders.held", "OrderHeld", "web-checkout", after(dead, 180), dead,
        key=key, evidence="inferred", confidence=0.5,
    )  # fmt: skip
    story.event("emails", "DelayNoticeSent", "notifier", after(held, 200), held, key=key)
    return dead


def _campaign(story: Story, random: Random, at: datetime) -> dict[str, str]:
    """A fan-out of 412 of which 7 die, and a batch that collects 40 of them."""
    root = story.event("campaigns", "CampaignStarted", "marketing", at, key=b"spring")
    sent = []
    for number in range(412):
        key = f"customer-{number}".encode()
        queued = story.event(
            "emails.queue",
            "EmailQueued",
            "marketing",
            at + timedelta(milliseconds=80 + number * 3),
            root,
            key=key,
        )
        later = queued.time + timedelta(milliseconds=random.uniform(80, 900))
        if number % 59 == 5:
            story.event(
                "emails.dlq", "EmailQueued", "notifier", later, queued, key=key, relation="dead_lettered",
                evidence="provenance", dead_letter=True, exception="smtplib.SMTPRecipientsRefused",
            )  # fmt: skip
        else:
            sent.append(story.event("emails", "EmailSent", "notifier", later, queued, key=key))
    summary = story.event(
        "campaigns", "CampaignCounted", "analytics", max(seen.time for seen in sent) + timedelta(milliseconds=700),
        *sent[:40], key=b"spring",
    )  # fmt: skip
    return {"campaign": str(root.ref), "campaign_end": str(summary.ref)}


def _oddities(story: Story, at: datetime) -> dict[str, str]:
    """What the wire can hold: hostile text, bytes that are no text, a cause that was never seen, an unlinked trace."""
    root = story.event("orders", HOSTILE[0], HOSTILE[1], at, key=HOSTILE[2].encode(), headers=[
        (b"plain", b"text"), (b"plain", b"twice"), (b"binary", b"\xff\xfe\x00\x01"), (b"empty", b""), (b"null", None),
        (b"authorization", b"***"), *[(f"hostile-{n}".encode(), text.encode()) for n, text in enumerate(HOSTILE)],
        (b"\xff\xfebad-name", b"x"),
    ], errors=["header name is not UTF-8"])  # fmt: skip
    for number, text in enumerate(HOSTILE):
        story.event(
            "hostile." + "t" * 190,
            text,
            HOSTILE[-1 - number],
            at + timedelta(milliseconds=40 + number * 17),
            root,
        )
    orphan = story.event(
        "payments", "RefundIssued", "payments", at + timedelta(seconds=3), key=b"ord-7", trace_id=root.trace_id,
        reference_names=["id:never-seen-<b>4711</b>"], reference_relations=["caused"], reference_evidences=["header"],
    )  # fmt: skip
    story.event("emails", "RefundEmailed", "notifier", orphan.time + timedelta(milliseconds=240), orphan)
    for number in range(3):
        story.event(
            "legacy.audit", "", "", at + timedelta(seconds=5, milliseconds=number), trace_id=root.trace_id, key=b"a",
            headers=[], message_id="",
        )  # fmt: skip
    return {"hostile": str(root.ref), "orphan": str(orphan.ref)}


def _shapes(store: Store, now: datetime) -> None:
    rows = []
    for number, (topic, type_, paths, age_min) in enumerate(
        [
            ("orders", "OrderPlaced", SHAPE_BEFORE, 58),
            ("payments", "PaymentAuthorized", ["amount:number", "currency:string"], 58),
            ("stock.reserve", "StockReserveRequested", ["items[].sku:string"], 57),
            ("orders", "OrderPlaced", SHAPE_AFTER, 12),
            ("orders", HOSTILE[0], ["<b>path</b>:string"], 4),
        ],
        start=1,
    ):
        seen = now - timedelta(minutes=age_min)
        rows.append(
            {"topic": topic, "type": type_, "shape_id": number, "paths": paths, "first_partition": 0,
             "first_offset": number, "first_time": seen, "observed_time": seen}
        )  # fmt: skip
    store.insert("shapes", table(rows, arrow.SHAPES), token="shapes")


def _collector(store: Store, story: Story, now: datetime) -> None:
    partitions = [
        {"topic": topic, "partition": partition, "observed_time": now, "collector": "collector-1",
         "committed_offset": offset, "end_offset": offset + (48_210 if topic == "emails" and not partition else partition),  # noqa: E501 - data
         "paused": False}
        for (topic, partition), offset in sorted(story.next_offset.items())
    ]  # fmt: skip
    store.insert("collector_partitions", table(partitions, arrow.COLLECTOR_PARTITIONS), token="partitions")
    status = [
        {"collector": "collector-1", "observed_time": now - timedelta(seconds=5 * age),
         "started_time": now - timedelta(hours=1), "records_total": 90_000 - age * 60, "bytes_total": 10**8,
         "edges_total": 80_000, "errors_total": 3, "records_per_second": 12 + 5 * ((age // 12) % 5), "flush_ms": 18.5,
         "link_ms": 44.0 + age % 9, "buffered_records": 12, "buffered_bytes": 40_000, "assigned_partitions": 40,
         "rss_bytes": 210 * 2**20, "state": "running"}
        for age in range(700)
    ]  # fmt: skip
    store.insert("collector_status", table(status, arrow.COLLECTOR_STATUS), token="status")
    errors = [
        {"observed_time": now - timedelta(minutes=minutes), "collector": "collector-1", "topic": topic, "partition": 0,
         "offset": offset, "kind": kind, "message": message}
        for minutes, topic, offset, kind, message in [
            (4, "orders", 3, "header_name", "A header name is not UTF-8; it is kept as raw bytes."),
            (9, "orders", 2, "broken_json", "The value is not JSON although it says so, so it has no shape."),
            (30, "payments", 1, "broken_json", f"The value is not JSON: {HOSTILE[1]}"),
        ]
    ]  # fmt: skip
    store.insert("collector_errors", table(errors, arrow.COLLECTOR_ERRORS), token="errors")


def seed_big(store: Store, now: datetime, topics: int = 500, cascade_events: int = 10_000) -> dict[str, str]:
    """Insert a landscape of `topics` topics and one cascade of `cascade_events` events that hardly folds."""
    random = Random(11)
    story = Story(now, partitions=1)
    start = now - timedelta(minutes=20)
    for number in range(topics):
        parent = story.event(
            f"area-{number % 23}.topic-{number}", f"Type{number}", f"service-{number // 4}", start
        )
        for _ in range(random.randint(1, 2)):
            other = random.randrange(number, topics)
            story.event(
                f"area-{other % 23}.topic-{other}", f"Type{other}", f"service-{other // 4}",
                start + timedelta(milliseconds=random.uniform(5, 4000)), parent,
            )  # fmt: skip
    nodes = [story.event("area-0.topic-0", "Root", "service-0", now - timedelta(minutes=10))]
    for number in range(1, cascade_events):
        cause = nodes[int(len(nodes) * random.random() ** 1.4)]
        dead = number == cascade_events - 5
        nodes.append(
            story.event(
                "area-1.dlq" if dead else f"area-{number % 97 % 23}.topic-{number % 97}",
                f"Step{number % 997}",
                f"service-{number % 97 // 4}",
                cause.time + timedelta(milliseconds=random.uniform(2, 400)),
                cause,
                dead_letter=dead,
                relation="dead_lettered" if dead else "caused",
            )
        )
    story.write(store, "big")
    return {"root": str(nodes[0].ref), "dead": str(nodes[cascade_events - 5].ref)}
