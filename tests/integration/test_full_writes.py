"""Full writes are linked some at a time; the last of them is not left waiting for more that never comes."""

from tests.integration.conftest import Setup
from tests.integration.durability import assert_committed_is_stored
from tests.support.headwater import assert_same
from tests.support.trees import send_trees


def test_full_writes_are_linked_and_committed_although_nothing_follows(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic("full", partitions=2): 2}
    sent = send_trees(setup.bootstrap, topics, 300, seed=7)
    collector = setup.collector(batch_rows_max="1", batch_age_ms_max="30000")  # every write is full
    collector.start()

    setup.wait_until(
        lambda: setup.database.count("edges") >= len(sent.edges), what="all is linked", seconds_max=30
    )
    setup.wait_until(
        lambda: sum(setup.cluster.committed(setup.group, topics).values()) >= len(sent.refs),
        what="all is committed",
        seconds_max=30,
    )

    assert_same(setup.database.edges(), set(sent.edges), "edges")
    assert assert_committed_is_stored(setup, topics) == len(sent.refs)
