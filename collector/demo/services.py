"""The company: one row per service. To add a service, write its handler in `handlers/` and copy a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.demo.habits import (
    CLOUD_EVENTS,
    NO_CONTEXT,
    OUTBOX,
    PLAIN_IDS,
    SAME_CONTEXT,
    SAME_HEADERS,
    TRACE_ONLY,
    Habit,
)
from collector.demo.handlers import delivering, following, paying, selling
from collector.demo.handlers.ignoring import nothing
from collector.demo.handlers.paying import DEAD_LETTERS, RETRIES
from collector.demo.model import Draft, Record
from collector.demo.story import Scene

Client = Literal["aiokafka", "confluent-kafka", "kafka-python"]
Tracing = Literal["none", "instrumented", "continued"]


@dataclass(frozen=True)
class Batch:
    """A service that waits for up to `records_max` records, live at most `wait_s` from the first."""

    records_max: int
    wait_s: float


@dataclass(frozen=True)
class Service:
    """One service. `tracing`: with its client's OpenTelemetry instrumentation (`instrumented`: every send
    starts a new trace, as the Python instrumentations do), or with an application that also continues the
    trace of what it read (`continued`). `starts` begins a cascade, `starts_share` of the demo's rate."""

    name: str
    client: Client
    tracing: Tracing
    habit: Habit
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    handle: Callable[[Sequence[Record], Scene], list[Draft]]
    batch: Batch = Batch(1, 0.0)
    starts: Callable[[int, Scene], list[Draft]] = nothing
    starts_share: float = 0.0


# fmt: off
COMPANY: tuple[Service, ...] = (
    Service("web-checkout", "confluent-kafka", "instrumented", CLOUD_EVENTS,
            (), ("shop.orders",), nothing, starts=selling.place_order, starts_share=0.95),
    Service("supplier-feed", "kafka-python", "none", NO_CONTEXT,
            (), ("supplier.deliveries",), nothing, starts=selling.announce_delivery, starts_share=0.05),
    Service("fraud", "aiokafka", "continued", TRACE_ONLY,
            ("shop.orders",), ("fraud.verdicts",), selling.assess_risk),
    Service("risk-desk", "aiokafka", "continued", SAME_HEADERS,
            ("fraud.verdicts",), ("fraud.cases",), selling.open_case),
    Service("inventory", "aiokafka", "none", CLOUD_EVENTS,
            ("shop.orders", "supplier.deliveries"),
            ("inventory.reserved", "inventory.low-stock", "inventory.restocked"), selling.manage_stock),
    Service("payments", "aiokafka", "instrumented", CLOUD_EVENTS,
            ("inventory.reserved",), ("payments.captured", "payments.declined"), paying.take_payment),
    Service("billing", "confluent-kafka", "none", PLAIN_IDS,
            ("payments.captured", *RETRIES),
            ("billing.invoices", *RETRIES, DEAD_LETTERS), paying.write_invoice),
    Service("order-outbox", "kafka-python", "none", OUTBOX,
            ("payments.captured",), ("outbox.event.order",), delivering.relay_order),
    Service("shipping", "aiokafka", "none", PLAIN_IDS,
            ("outbox.event.order",), ("shipments.dispatched",), delivering.dispatch),
    Service("loyalty", "kafka-python", "instrumented", TRACE_ONLY,
            ("payments.captured",), ("loyalty.points",), following.award_points),
    Service("notifications", "confluent-kafka", "none", PLAIN_IDS,
            ("shipments.dispatched", "payments.declined", "loyalty.points"),
            ("notifications.sent", "loyalty.points-dlt"), delivering.notify),
    Service("erp-bridge", "kafka-python", "none", SAME_CONTEXT,
            ("payments.captured",), ("erp.documents",), following.book_in_erp),
    Service("search-index", "aiokafka", "none", NO_CONTEXT,
            ("inventory.low-stock", "inventory.restocked"), ("search.updates",), following.index_stock),
    Service("analytics", "confluent-kafka", "instrumented", TRACE_ONLY,
            ("billing.invoices",), ("analytics.sales",), following.summarise_sales, Batch(20, 5.0)),
    Service("dlt-redrive", "aiokafka", "none", NO_CONTEXT,
            (DEAD_LETTERS,), ("payments.captured",), paying.redrive),
)
# fmt: on

PARTITIONS: dict[str, int] = {"shop.orders": 3, "inventory.reserved": 3, "payments.captured": 3}

# Topics whose records do not name the service that sent them: the collector gets this as a setting.
PRODUCERS: dict[str, str] = {
    "fraud.verdicts": "fraud",
    "fraud.cases": "risk-desk",
    "supplier.deliveries": "supplier-feed",
    "outbox.event.order": "order-outbox",
    "loyalty.points": "loyalty",
    "loyalty.points-dlt": "notifications",
    "erp.documents": "erp-bridge",
    "search.updates": "search-index",
    "analytics.sales": "analytics",
}


def topics() -> dict[str, int]:
    """Return every topic of the company with its number of partitions.

    Retry and dead-letter topics have as many as their main topic: Spring keeps the partition number.
    """
    names = {topic for service in COMPANY for topic in (*service.reads, *service.writes)}
    return {name: PARTITIONS.get(main_topic(name), 1) for name in sorted(names)}


def main_topic(topic: str) -> str:
    """Return the topic that a retry or dead-letter topic belongs to, itself where it is neither."""
    return topic.removesuffix("-dlt").partition("-retry-")[0]


def is_dead_letter(topic: str) -> bool:
    """Whether records on this topic have been given up."""
    return topic.endswith("-dlt")


def is_retry_or_dead_letter(topic: str) -> bool:
    """Whether the topic holds copies of what failed on another one."""
    return main_topic(topic) != topic


def readers() -> dict[str, list[Service]]:
    """Return the services that read each topic."""
    found: dict[str, list[Service]] = {name: [] for name in topics()}
    for service in COMPANY:
        for topic in service.reads:
            found[topic].append(service)
    return found
