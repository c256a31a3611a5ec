"""Past hours of the demo's company in a store, with the truth about its failures: no broker is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from collector.batch import ShapeBook
from collector.decode.shape import ShapeReader
from collector.demo.history import History, PastEvent
from collector.demo.services import PRODUCERS, is_dead_letter, topics
from collector.demo.story import Story
from collector.lineage.link import link_batches
from collector.storage.api import Store
from schemas.records import EventRef
from tests.support.records import Record, record_columns

BATCH_ROWS_MAX = 20_000
LOOK_EVERY_S = 300.0


@dataclass
class Truth:
    """What really happened: each dead letter with its origin and the service that gave it up, and all payments.

    `payments` are the records of payments with their time (s since 1970) and release, copies left out.
    """

    dead_letters: dict[EventRef, tuple[EventRef, str]] = field(default_factory=dict)
    redriven: set[EventRef] = field(default_factory=set)
    payments: list[tuple[float, EventRef, str]] = field(default_factory=list)
    events: int = 0

    def add(self, event: PastEvent) -> None:
        """Take down one event."""
        self.events += 1
        relations = {cause.relation for cause in event.causes}
        if is_dead_letter(event.ref.topic):
            self.dead_letters[event.ref] = (event.causes[-1].ref, event.service)
        elif "redriven" in relations:
            self.redriven.add(event.ref)
        elif event.ref.topic == "payments.captured":
            version = dict(event.message.headers).get("ce_serviceversion") or b""
            self.payments.append((event.time_ms / 1000, event.ref, version.decode()))


def store_past(
    store: Store,
    story: Story,
    *,
    start_s: float,
    end_s: float,
    seed: int,
    cascades_per_day: float,
    look: Callable[[datetime], None],
) -> Truth:
    """Write and link what the company sent between the two times, read the moment that it was sent.

    Every five minutes of that time, and at the end, `look` is told how late it is.
    """
    history = History(
        story, topics(), {}, start_s=start_s, end_s=end_s, seed=seed, cascades_per_day=cascades_per_day
    )
    truth = Truth()
    shapes, book = ShapeReader(), ShapeBook()
    columns, batch, rows = record_columns(producers=PRODUCERS, shapes=shapes), 1, 0
    look_s = start_s + LOOK_EVERY_S

    def write() -> None:
        nonlocal columns, batch, rows
        table = columns.table(batch)
        store.insert("events", table, token=f"past-{seed}-{batch}")
        fresh = book.new_rows(table, shapes.paths)
        store.insert("shapes", fresh, token=f"past-{seed}-{batch}-shapes")
        book.learn(fresh)
        link_batches(store, [batch])
        columns, batch, rows = record_columns(producers=PRODUCERS, shapes=shapes), batch + 1, 0

    for event in history.events():
        while event.time_ms / 1000 >= look_s:
            write()
            look(datetime.fromtimestamp(look_s, UTC))
            look_s += LOOK_EVERY_S
        message = event.message
        record = Record(
            headers=tuple(message.headers),
            value=message.value,
            key=message.key,
            offset=event.ref.offset,
            timestamp=event.time_ms,
        )
        columns.add(event.ref.topic, event.ref.partition, [record], event.time_ms + 5)
        truth.add(event)
        rows += 1
        if rows >= BATCH_ROWS_MAX:
            write()
    write()
    look(datetime.fromtimestamp(end_s, UTC))
    return truth
