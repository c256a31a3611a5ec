"""A topic is deleted and made anew under the eyes of a collector, and while none runs: old and new stay apart."""

from schemas.records import EventRef
from tests.integration.conftest import Setup
from tests.support.produce import Sent, send


def headers(own: str) -> list[tuple[str, bytes | None]]:
    return [("message-id", own.encode())]


def test_the_new_topic_is_read_from_its_beginning_and_the_old_one_is_kept(any_setup: Setup) -> None:
    setup = any_setup
    topic = setup.topic("orders")
    send(setup.bootstrap, [Sent(topic, headers=headers(f"old-{number}")) for number in range(3)])
    collector = setup.collector()
    collector.start()
    setup.wait_until(lambda: len(stored(setup)) == 3, what="the topic is read", seconds_max=40)
    # What is read between two looks at the ids, two seconds apart, may be of either topic and is dropped.
    setup.wait_until(lambda: went_on_s(setup) > 3, what="its id was seen after that", seconds_max=20)

    renew(setup, topic)
    send(setup.bootstrap, [Sent(topic, headers=headers(f"new-{number}")) for number in range(7)])
    setup.wait_until(lambda: len(stored(setup)) == 10, what="the new topic is read", seconds_max=40)
    assert by_offset(setup, topic) == [f"new-{number}" for number in range(7)]
    assert collector.stop() == 0

    renew(setup, topic)
    send(setup.bootstrap, [Sent(topic, headers=headers("newest"))])
    setup.collector().run_once()

    assert by_offset(setup, topic) == ["newest"]
    assert {name for name in stored(setup) if name.startswith("old-")} == {"old-0", "old-1", "old-2"}
    assert {place.topic.partition("~")[0] for place in stored(setup).values()} == {topic}


def renew(setup: Setup, topic: str) -> None:
    setup.cluster.delete_topic(topic)
    setup.wait_until(lambda: topic not in setup.cluster.topics(), what="the topic is gone", seconds_max=20)
    setup.cluster.create_topic(topic)


def went_on_s(setup: Setup) -> float:
    """Return for how long the collector has gone on after it stored the last event."""
    last = "(SELECT max(observed_time) FROM events)"
    ((seconds,),) = setup.database.rows(
        f"SELECT dateDiff('millisecond', {last}, max(observed_time)) / 1000 FROM collector_status"
    )
    return float(seconds)


def stored(setup: Setup) -> dict[str, EventRef]:
    """Return where each message is."""
    if not setup.database.count("events"):
        return {}
    rows = setup.database.rows("SELECT message_id, topic, partition, offset FROM events FINAL")
    return {name: EventRef(*place) for name, *place in rows}


def by_offset(setup: Setup, topic: str) -> list[str]:
    found = {place.offset: name for name, place in stored(setup).items() if place.topic == topic}
    return [found[offset] for offset in sorted(found)]
