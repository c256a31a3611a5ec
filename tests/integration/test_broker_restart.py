"""The broker goes away and comes back: the collector waits, goes on, and has lost nothing."""

import pytest

from tests.integration.conftest import Setup
from tests.support.headwater import assert_same
from tests.support.kafka import ApacheKafka
from tests.support.processes import wait_until
from tests.support.trees import send_trees

RECORDS = 3_000


@pytest.mark.parametrize("force", [False, True], ids=["shut down", "killed"])
def test_goes_on_by_itself_after_the_broker_was(force: bool, kafka: ApacheKafka, kafka_setup: Setup) -> None:
    setup = kafka_setup
    name = "killed" if force else "stopped"
    topics = {setup.topic(f"{name}-{number}", partitions=3): 3 for number in range(2)}
    before = send_trees(setup.bootstrap, topics, RECORDS, seed=3, prefix=f"{name}-before")
    collector = setup.collector(batch_rows_max="500", include_topics=f"{setup.prefix}{name}.*")
    collector.start()
    wait_until(lambda: stored(setup, name) > 0, what="it has begun", seconds_max=30)

    kafka.restart(force=force)
    after = send_trees(setup.bootstrap, topics, RECORDS, seed=4, prefix=f"{name}-after")

    expected = before.refs | after.refs
    wait_until(lambda: stored(setup, name) >= len(expected), what="all is stored", seconds_max=60)
    assert_same([ref for ref in setup.database.events() if name in ref.topic], expected, "events")
    assert collector.running
    collector.kill()


def stored(setup: Setup, name: str) -> int:
    """Return how many events of this test's topics are stored."""
    if not setup.database.count("events"):
        return 0
    return int(setup.database.rows(f"SELECT count() FROM events FINAL WHERE topic LIKE '%{name}%'")[0][0])
