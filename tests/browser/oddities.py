"""What goes wrong between services without any failure: a step that stops coming, duplicates, wrong order."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pyarrow as pa

from collector.storage.api import Store
from tests.browser.story import Seen, Story

STUCK_SINCE = timedelta(minutes=12)


def odd_flows(store: Store, story: Story, now: datetime) -> dict[str, str]:
    """Add parcels whose delivery is missing for STUCK_SINCE, points that are booked twice, and overtaken prices."""
    spans: list[dict[str, Any]] = []
    seen: Seen | None = None
    for number in range(58):
        at = now - timedelta(minutes=58 - number, seconds=7)
        key = f"parcel-{number}".encode()
        seen = story.event("parcels", "ParcelHandedOver", "courier", at, key=key)
        if now - at > STUCK_SINCE:
            done = story.event(
                "deliveries",
                "ParcelDelivered",
                "courier",
                at + timedelta(seconds=2 + number % 3),
                seen,
                key=key,
            )
            spans += _spans(seen, done)
    assert seen
    for number in range(24):
        award = story.event("points", "PointsAwarded", "loyalty", now - timedelta(minutes=20 - number / 2))
        story.event("points.booked", "PointsBooked", "bank", award.time + timedelta(milliseconds=60), award)
        if number % 6 == 0:
            twin = story.event(
                "points", "PointsAwarded", "loyalty", award.time + timedelta(seconds=1),
                message_id=story.events[-2]["message_id"],
            )  # fmt: skip
            story.event("points.booked", "PointsBooked", "bank", twin.time + timedelta(milliseconds=60), twin)
    for number in range(9):
        at = now - timedelta(minutes=9 - number)
        old = story.event("prices", "PriceSet", "pricing", at, key=b"sku-1")
        new = story.event("prices", "PriceSet", "pricing", at + timedelta(seconds=1), key=b"sku-1")
        for price in (new, old) if number % 3 == 0 else (old, new):
            story.event("shop.prices", "PriceShown", "shop", at + timedelta(seconds=2), price, key=b"sku-1")
    for number in range(7):
        story.event(
            "clicks",
            "Clicked",
            "tracker",
            now - timedelta(minutes=number),
            errors=["trace context is not valid"],
        )
    store.insert("spans", pa.Table.from_pylist(spans), token="spans")
    return {"parcel": str(seen.ref)}


def _spans(cause: Seen, effect: Seen) -> list[dict[str, Any]]:
    """Return the spans of the service that turned one event into the other: it took it, and sent."""
    took = sha256(f"took {cause.ref}".encode()).hexdigest()[:16]
    sent = sha256(f"span {effect.ref}".encode()).hexdigest()[:16]
    both = {"trace_id": effect.trace_id, "service": effect.service, "received_time": effect.time}
    waited = (effect.time - cause.time) * 0.7
    return [
        both | {"span_id": took, "parent_span_id": "", "kind": "consumer", "operation": "process",
                "topic": cause.ref.topic, "start_time": cause.time + waited},
        both | {"span_id": sent, "parent_span_id": took, "kind": "producer", "operation": "send",
                "topic": effect.ref.topic, "start_time": effect.time},
    ]  # fmt: skip
