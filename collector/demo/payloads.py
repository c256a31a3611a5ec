"""What the company talks about: goods, customers and countries. Pure; nothing in here is a real person."""

from datetime import UTC, datetime
from typing import Any

from collector.demo.story import BROKEN_RELEASE, STABLE_RELEASE, Scene

GOODS = (
    ("SKU-1042", "Trail mug, enamel", 1495),
    ("SKU-1077", "Merino socks", 1290),
    ("SKU-2210", "Down jacket", 18900),
    ("SKU-2298", "Rain shell", 12900),
    ("SKU-3015", "Head torch", 3995),
    ("SKU-3120", "Camping stove", 5450),
    ("SKU-4006", "Two-person tent", 24900),
    ("SKU-4711", "Water filter", 4350),
    ("SKU-5250", "Climbing rope, 60 m", 13900),
)
COUNTRIES = (
    ("DE", "10115"),
    ("AT", "1010"),
    ("NL", "1011"),
    ("FR", "75011"),
    ("PL", "00-001"),
    ("IT", "20121"),
)
METHODS = ("card", "card", "card", "wallet", "bank_transfer")
FIRST_ORDER = 20_400


def timestamp(time_s: float) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def order(number: int, scene: Scene) -> dict[str, Any]:
    """Return the `number`th order."""
    order_id = f"ord-{FIRST_ORDER + number}"
    lines: list[dict[str, Any]] = []
    total_cents = 0
    for position in range(1 + int(3 * scene.draw("lines", order_id) ** 2)):
        sku, name, unit_cents = GOODS[int(scene.draw(f"goods {position}", order_id) * len(GOODS))]
        quantity = 1 + int(2 * scene.draw(f"quantity {position}", order_id) ** 4)
        total_cents += quantity * unit_cents
        lines.append({"sku": sku, "name": name, "quantity": quantity, "unit_cents": unit_cents})
    country, postal_code = COUNTRIES[int(scene.draw("country", order_id) * len(COUNTRIES))]
    return {
        "order_id": order_id,
        "customer_id": f"cus-{1000 + int(scene.draw('customer', order_id) * 9000)}",
        "placed_at": timestamp(scene.now_s),
        "total_cents": total_cents,
        "currency": "EUR",
        "lines": lines,
        "delivery": {"country": country, "postal_code": postal_code, "method": "standard"},
        "channel": "app" if scene.chance(0.4, "channel", order_id) else "web",
    }


def payment(order_id: str, reserved: dict[str, Any], scene: Scene) -> tuple[dict[str, Any], str]:
    """Return a captured payment and the release of payments that wrote it."""
    cents = reserved["total_cents"]
    payload: dict[str, Any] = {
        "payment_id": f"pay-{order_id.removeprefix('ord-')}-{int(scene.draw('payment', order_id) * 1e6):06d}",
        "order_id": order_id,
        "customer_id": reserved["customer_id"],
        "amount_cents": cents,
        "currency": "EUR",
        "method": METHODS[int(scene.draw("method", order_id) * len(METHODS))],
        "captured_at": timestamp(scene.now_s),
        "risk_checked": True,
        "parcels": reserved["parcels"],
        "delivery": reserved["delivery"],
    }
    change = scene.payments_change
    if change is None:
        return payload, STABLE_RELEASE
    del payload["amount_cents"]
    if change == "renamed":
        payload["amount"] = cents
    elif change == "retyped":
        payload["amount_cents"] = f"{cents / 100:.2f}"
    else:
        payload["amount"] = {"value_cents": cents, "currency": "EUR"}
    return payload, BROKEN_RELEASE


def paid_cents(payload: dict[str, Any]) -> int:
    """Return the amount of a payment in whichever form it was sent: what a tolerant reader does."""
    found = payload.get("amount_cents", payload.get("amount", 0))
    if isinstance(found, dict):
        found = found["value_cents"]
    return round(float(found) * 100) if isinstance(found, str) else int(found)


def strict_problem(payload: dict[str, Any]) -> tuple[str, str] | None:
    """Return exception class and message of a reader of the old form only; None where it can read this."""
    if "amount_cents" not in payload:
        seen = ", ".join(sorted(payload))
        return (
            "com.fasterxml.jackson.databind.exc.MismatchedInputException",
            f"Missing required creator property 'amount_cents' (fields seen: {seen})",
        )
    if isinstance(payload["amount_cents"], str):
        return (
            "com.fasterxml.jackson.databind.exc.InvalidFormatException",
            "Cannot deserialize value of type `int` from String: not a valid `int` (field amount_cents)",
        )
    return None
