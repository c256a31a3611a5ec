"""A day of steady, mixed, nasty traffic, and changes that are injected into it. Deterministic by seed."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

Payload = dict[str, Any]
START_S = 1_790_000_000.0


@dataclass(frozen=True)
class Habit:
    """One topic: what its records look like at a time (seconds into the day), how many a minute, how they come."""

    name: str
    payload: Callable[[Random, float], Payload]
    per_minute: float
    has_versions: bool = True
    burst: int = 1
    daily: float = 0.6
    types: tuple[str, ...] = ("",)


def _order(random: Random, _: float) -> Payload:
    """Optional fields at all shares, empty arrays, arrays of objects, nulls."""
    payload: Payload = {"id": str(random.random()), "total": random.choice([10, 10.5, 9.99]), "lines": [
        {"sku": "a", "qty": 1} | ({"gift": True} if random.random() < 0.1 else {})
        for _ in range(random.choice([0, 1, 1, 2, 3]))
    ]}  # fmt: skip
    for name, share in (
        ("coupon", 0.3),
        ("note", 0.02),
        ("referrer", 0.003),
        ("legacy_id", 0.0006),
        ("phone", 0.97),
    ):
        if random.random() < share:
            payload[name] = random.choice(["x", "y", None]) if name == "phone" else "x"
    payload["customer"] = {"id": 1, "address": None if random.random() < 0.05 else {"zip": "1"}}
    return payload


def _sales(random: Random, time_s: float) -> Payload:
    """Maps with data as keys: dates, countries, products, ids."""
    day = f"2026-11-{1 + int(time_s / 3600) % 28:02d}"
    return {
        "by_day": {day: {"sold": random.randint(0, 9)}},
        "by_country": {random.choice(_COUNTRIES): 1 for _ in range(random.randint(1, 4))},
        "by_sku": {f"item{random.randint(0, 4000)}": {"n": 1} for _ in range(random.randint(0, 3))},
        "by_id": {f"ord-{random.randint(1000, 99999)}": True},
        "total": 3,
    }


_COUNTRIES = [f"{a}{b}" for a in "ABCDEFG" for b in "ABCDEFGH"]


def _union(random: Random, _: float) -> Payload:
    """Unions, and variants of one topic without a type: some of them rare."""
    lot = random.random()
    if lot < 0.7:
        return {"kind": "a", "value": random.choice([1, "one", None, {"n": 1}, [1, "x"]]), "at": 1}
    if lot < 0.998:
        return {"kind": "b", "error": {"code": 1, "details": random.choice([[], ["x"], [{"y": 1}]])}, "at": 1}
    return {"kind": "c", "snapshot": {"rows": []}}


def _sensor(random: Random, _: float) -> Payload:
    """Numbers that are now and then whole, one that nearly always is, and a flag that is nearly always there."""
    value = round(random.gauss(20, 3), 1)
    payload: Payload = {
        "sensor": 4,
        "celsius": int(value) if value == int(value) else value,
        "battery": 100 if random.random() < 0.999 else 99.5,
        "readings": [random.choice([1, 1.5]) for _ in range(3)],
    }
    if random.random() < 0.995:
        payload["ok"] = True
    return payload


def _night(random: Random, time_s: float) -> Payload:
    """What happens by day and not by night: an optional field that follows the hours."""
    hour = time_s / 3600 % 24
    payload: Payload = {"id": 1, "name": "x"}
    if 8 <= hour < 20 and random.random() < 0.4:
        payload["agent"] = "jane"
    if random.random() < 0.2:
        payload["tags"] = random.choice([[], ["a"], None])
    return payload


def _wide(random: Random, _: float) -> Payload:
    """Thirty optional fields, each with a share of its own: nearly every record has a structure of its own."""
    return {"id": 1} | {f"field_{n}": n for n in range(30) if random.random() < (n + 1) / 31}


def _batch(random: Random, _: float) -> Payload:
    """Comes in bursts of equal records."""
    return {"job": "x", "rows": random.randint(1, 9)} | ({"warning": "w"} if random.random() < 0.05 else {})


HABITS = (
    Habit("orders", _order, 25),
    Habit("orders without versions", _order, 25, has_versions=False),
    Habit("sales", _sales, 6),
    Habit("sales without versions", _sales, 6, has_versions=False),
    Habit("union", _union, 20, has_versions=False),
    Habit("sensor", _sensor, 30, has_versions=False, daily=0.0),
    Habit("night", _night, 8, has_versions=False, daily=0.95),
    Habit("wide", _wide, 6, has_versions=False),
    Habit("batch", _batch, 6, has_versions=False, burst=40),
    Habit("quiet", _order, 0.3),
    Habit("quiet without versions", _order, 0.3, has_versions=False),
)

Edit = Callable[[Payload, Random], None]


def _rename(payload: Payload, _: Random) -> None:
    payload["identifier"] = payload.pop(next(iter(payload)))


def _retype(payload: Payload, _: Random) -> None:
    payload[next(iter(payload))] = [payload[next(iter(payload))]]


def _nest(payload: Payload, _: Random) -> None:
    payload["inner"] = {"value": payload.pop(next(iter(payload)))}


def _add(payload: Payload, _: Random) -> None:
    payload["added_field"] = 1


def _add_optional(payload: Payload, random: Random) -> None:
    if random.random() < 0.3:
        payload["added_field"] = 1


def _remove(payload: Payload, _: Random) -> None:
    payload.pop(next(iter(payload)))


def _make_optional(payload: Payload, random: Random) -> None:
    if random.random() < 0.4:
        payload.pop(next(iter(payload)))


def _make_null(payload: Payload, random: Random) -> None:
    if random.random() < 0.3:
        payload[next(iter(payload))] = None


EDITS: dict[str, Edit] = {
    "renamed": _rename, "retyped": _retype, "nested": _nest, "added": _add, "added optional": _add_optional,
    "removed": _remove, "made optional": _make_optional, "made nullable": _make_null,
}  # fmt: skip


@dataclass(frozen=True)
class Injected:
    """When it begins (seconds into the day), how long its roll-out takes, when it is undone (None: never)."""

    edit: str
    begin_s: float
    roll_out_s: float
    end_s: float | None


@dataclass(frozen=True)
class Sent:
    """One record as it was sent."""

    time_s: float
    type: str
    version: str
    payload: Payload
    is_changed: bool


def day(habit: Habit, seed: int, injected: Injected | None = None, hours: float = 24) -> Iterator[Sent]:
    """Yield the records of a day, in order of time."""
    random = Random(f"{habit.name}/{seed}")
    time_s = 0.0
    while True:
        busy = 1 + habit.daily * math.sin(time_s / 86_400 * 2 * math.pi - 2.6)
        time_s += random.expovariate(habit.per_minute * max(busy, 0.02) / habit.burst / 60)
        if time_s >= hours * 3600:
            return
        for number in range(habit.burst):
            at = time_s + number * 0.05
            payload = habit.payload(random, at)
            is_new = injected is not None and _runs_new(injected, random, at)
            before = dict(payload)
            if injected is not None and is_new:
                EDITS[injected.edit](payload, random)
            version = ("2.0" if is_new else "1.9") if habit.has_versions else ""
            yield Sent(
                START_S + at, random.choice(habit.types), version, payload, is_new and payload != before
            )


def _runs_new(injected: Injected, random: Random, at: float) -> bool:
    if at < injected.begin_s or (injected.end_s is not None and at >= injected.end_s):
        return False
    return injected.roll_out_s == 0 or random.random() < (at - injected.begin_s) / injected.roll_out_s
