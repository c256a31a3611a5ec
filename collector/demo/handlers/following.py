"""Who reads along: loyalty points, the old system, search, sales figures. Pure."""

from collections.abc import Sequence

from collector.demo.handlers.ignoring import sent_again_for_somebody_else
from collector.demo.model import Draft, Record
from collector.demo.payloads import paid_cents, timestamp
from collector.demo.story import Scene


def award_points(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """loyalty: points for every payment."""
    record = records[0]
    if sent_again_for_somebody_else(record):
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


def book_in_erp(records: Sequence[Record], scene: Scene) -> list[Draft]:
    """erp-bridge: a posting in the old system for every payment."""
    record = records[0]
    if sent_again_for_somebody_else(record):
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
        "routing": {"shard": len(change["sku"]) % 4, "refresh": "wait_for"},
        "source": {"system": "inventory", "version": 3},
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
        "job": {"name": "sales-summary", "version": "5.2"},
        "currency": "EUR",
    }
    return [Draft("analytics.sales", "", None, payload, 0.3)]
