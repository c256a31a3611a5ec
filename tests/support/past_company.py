"""Past hours of the demo's company in a store, with the truth about its failures: no broker is needed."""

from dataclasses import dataclass, field

from collector.batch import ShapeBook
from collector.decode.shape import ShapeReader
from collector.demo.history import History
from collector.demo.services import PRODUCERS, is_dead_letter, topics
from collector.demo.story import Story
from collector.lineage.link import link_batches
from collector.storage.api import Store
from schemas.records import EventRef
from tests.support.records import Record, record_columns

BATCH_ROWS = 20_000


@dataclass
class Truth:
    """What really happened: each dead letter with its origin and the service that gave it up."""

    dead_letters: dict[EventRef, tuple[EventRef, str]] = field(default_factory=dict)
    redriven: set[EventRef] = field(default_factory=set)
    events: int = 0


def store_past(
    store: Store, story: Story, *, start_s: float, end_s: float, seed: int, cascades_per_day: float
) -> Truth:
    """Write and link what the company sent between the two times, read the moment that it was sent."""
    history = History(
        story, topics(), {}, start_s=start_s, end_s=end_s, seed=seed, cascades_per_day=cascades_per_day
    )
    truth = Truth()
    shapes, book = ShapeReader(), ShapeBook()
    columns, batch, rows = record_columns(producers=PRODUCERS, shapes=shapes), 1, 0

    def write() -> None:
        table = columns.table(batch)
        store.insert("events", table, token=f"past-{seed}-{batch}")
        fresh = book.new_rows(table, shapes.paths)
        store.insert("shapes", fresh, token=f"past-{seed}-{batch}-shapes")
        book.learn(fresh)
        link_batches(store, [batch])

    for event in history.events():
        message = event.message
        record = Record(
            headers=tuple(message.headers),
            value=message.value,
            key=message.key,
            offset=event.ref.offset,
            timestamp=event.time_ms,
        )
        columns.add(event.ref.topic, event.ref.partition, [record], event.time_ms + 5)
        truth.events += 1
        relations = {cause.relation for cause in event.causes}
        if is_dead_letter(event.ref.topic):
            truth.dead_letters[event.ref] = (event.causes[-1].ref, event.service)
        elif "redriven" in relations:
            truth.redriven.add(event.ref)
        rows += 1
        if rows >= BATCH_ROWS:
            write()
            columns, batch, rows = record_columns(producers=PRODUCERS, shapes=shapes), batch + 1, 0
    write()
    return truth
