"""`start = latest`: what was there before the very first start is left out, and nothing else ever is."""

from schemas.records import EventRef
from tests.integration.conftest import Setup
from tests.support.produce import Sent, send


def test_leaves_out_what_was_there_before_its_first_start_only(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topic = setup.topic("old", partitions=2)
    send(setup.bootstrap, [Sent(topic, partition=number % 2) for number in range(10)])
    first = setup.collector(start="latest")
    first.start()
    setup.wait_until(
        lambda: setup.database.count("collector_partitions") > 0,
        what="the collector is at the end",
        seconds_max=40,
    )
    new = send(setup.bootstrap, [Sent(topic, partition=number % 2) for number in range(6)])
    setup.wait_until(lambda: stored(setup) == set(new), what="new records are read", seconds_max=20)
    assert first.stop() == 0

    # What comes while no collector runs is not skipped: neither on this topic nor on one that is created now.
    missed = send(setup.bootstrap, [Sent(topic), Sent(setup.topic("later"))])
    setup.collector(start="latest").run_once()

    assert stored(setup) == set(new) | set(missed)


def stored(setup: Setup) -> set[EventRef]:
    """Return what has been stored so far."""
    return set(setup.database.events()) if setup.database.count("events") else set()
