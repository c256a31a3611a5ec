"""A bad night in a large company: 500 topics, of which a third have dead letters and some change their payload."""

from datetime import datetime, timedelta
from random import Random

from collector.detect.drift import DriftTask
from collector.storage.api import Store
from schemas import arrow
from tests.browser.story import Seen, Story, table

TOPICS = 500
AREAS = (
    "orders",
    "payments",
    "stock",
    "shipping",
    "billing",
    "search",
    "loyalty",
    "fraud",
    "catalog",
    "support",
)
EXCEPTIONS = (
    (
        "com.fasterxml.jackson.databind.exc.MismatchedInputException",
        "Missing required creator property '{name}'",
    ),
    ("org.apache.kafka.common.errors.SerializationException", "Error deserializing value at offset {number}"),
    ("java.net.SocketTimeoutException", "Read timed out after {number} ms, calling {name}"),
    ("java.sql.SQLIntegrityConstraintViolationException", "Duplicate entry '{number}' for key '{name}'"),
    ("", ""),
)
BEFORE = ["id:string", "total:number", "lines[].sku:string", "lines[].quantity:integer"]
AFTER = (
    ["id:string", "total:string", "lines[].sku:string", "lines[].quantity:integer"],
    ["id:string", "amount:number", "lines[].sku:string", "lines[].quantity:integer"],
    ["id:string", "total:number", "lines[].sku:string", "lines[].quantity:integer", "currency:string"],
    ["id:string", "total:number", "lines[].sku:string"],
)


def name_of(number: int) -> str:
    """Return the topic of this number; some names are long, as they are in large companies."""
    area = AREAS[number % len(AREAS)]
    middle = "customer-relationship-management.regional.emea" if number % 37 == 0 else f"team-{number % 23}"
    return f"{area}.{middle}.events-{number}"


def seed_failing(store: Store, now: datetime) -> dict[str, str]:
    """Insert the bad night; returns refs by name."""
    random = Random(5)
    story = Story(now, partitions=1)
    shapes = []
    for number in range(TOPICS):
        topic, service = name_of(number), f"service-{number // 4}"
        changes, fails = number % 8 == 3, number % 3 == 0 or number % 8 == 3
        shape = 10 * number + 1
        forms = [(shape, BEFORE)] + ([(shape + 1, AFTER[number // 8 % len(AFTER)])] if changes else [])
        changed = now - timedelta(minutes=random.uniform(4, 30))
        for place in range(90 if changes else 8):
            at = now - timedelta(minutes=58 - place * (56 / (90 if changes else 8)))
            is_new = changes and at > changed
            sent = story.event(
                topic, f"Type{number}", service, at, key=b"k%d" % place, shape_id=shape + is_new,
                service_version="2.0" if is_new else "1.9",
            )  # fmt: skip
            if fails and (is_new if changes else place % 3 == 0):
                _dead_letter(story, random, number, sent)
        shapes += [
            {"topic": topic, "type": f"Type{number}", "shape_id": shape_id, "paths": paths, "first_partition": 0,
             "first_offset": 0, "first_time": now, "observed_time": now}
            for shape_id, paths in forms
        ]  # fmt: skip
    store.insert("shapes", table(shapes, arrow.SHAPES), token="failing-shapes")
    story.write(store, "failing")
    DriftTask(store).step(now)
    return {}


def _dead_letter(story: Story, random: Random, number: int, sent: Seen) -> None:
    exception, message = EXCEPTIONS[number % len(EXCEPTIONS)]
    said = message.format(name=f"field_{number % 7}", number=random.randint(1_000, 99_999))
    story.event(
        f"{sent.ref.topic}-dlt", sent.type, "", sent.time + timedelta(seconds=random.uniform(1, 20)), sent,
        key=b"k", relation="dead_lettered", evidence="provenance", dead_letter=True, exception=exception,
        exception_message=said.encode(), failed_group=f"group-{number % 61}",
        observed_time=sent.time + timedelta(seconds=21),
    )  # fmt: skip
