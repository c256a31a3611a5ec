"""Topics created while a collector runs are read from their first record, and soon."""

from schemas.records import EventRef
from tests.integration.conftest import Setup
from tests.support.produce import Sent, send

PROMISED_SECONDS = 10


def test_reads_a_later_topic_from_its_first_record_within_ten_seconds(any_setup: Setup) -> None:
    setup = any_setup
    first = send(setup.bootstrap, [Sent(setup.topic("first"))])
    collector = setup.collector()
    collector.start()
    setup.wait_until(lambda: stored(setup) >= set(first), what="the first topic is read", seconds_max=30)

    later = setup.topic("later", partitions=3)
    sent = send(setup.bootstrap, [Sent(later, partition=number % 3) for number in range(30)])

    setup.wait_until(
        lambda: stored(setup) >= set(sent), what="the new topic is read", seconds_max=PROMISED_SECONDS
    )
    assert {ref for ref in stored(setup) if ref.topic == later} == set(sent)


def stored(setup: Setup) -> set[EventRef]:
    """Return what has been stored so far."""
    return set(setup.database.events()) if setup.database.count("events") else set()
