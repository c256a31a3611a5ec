"""The broker goes away and comes back: the collector waits, goes on, and has lost nothing."""

import pytest

from tests.integration.conftest import Setup
from tests.support.headwater import assert_same
from tests.support.kafka import ApacheKafka
from tests.support.trees import send_trees

RECORDS = 3_000


@pytest.mark.parametrize("force", [False, True], ids=["shut down", "killed"])
def test_goes_on_by_itself_after_the_broker_was(force: bool, kafka: ApacheKafka, kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=3): 3 for name in ("a", "b")}
    before = send_trees(setup.bootstrap, topics, RECORDS, seed=3, prefix="before")
    setup.collector(batch_rows_max="500").start()
    setup.wait_until(lambda: setup.database.count("events") > 0, what="it has begun", seconds_max=30)

    kafka.restart(force=force)
    after = send_trees(setup.bootstrap, topics, RECORDS, seed=4, prefix="after")

    expected = before.refs | after.refs
    setup.wait_until(
        lambda: setup.database.count("events") >= len(expected), what="all is stored", seconds_max=60
    )
    assert_same(setup.database.events(), expected, "events")
