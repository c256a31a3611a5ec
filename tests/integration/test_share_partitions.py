"""Several collectors of one group share the partitions and take over from each other."""

from tests.integration.conftest import Setup
from tests.integration.durability import assert_committed_is_stored
from tests.support.headwater import assert_same
from tests.support.trees import send_trees

RECORDS = 4_000
PARTITIONS = 6


def test_a_killed_collectors_partitions_go_to_the_other_and_nothing_is_lost(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=PARTITIONS): PARTITIONS for name in ("orders", "payments")}
    one, other = setup.collector(), setup.collector()
    one.start()
    other.start()
    setup.wait_until(
        lambda: sorted(setup.cluster.members(setup.group)) == [6, 6], what="both read", seconds_max=40
    )
    before = send_trees(setup.bootstrap, topics, RECORDS, seed=1, prefix="before")
    setup.wait_until(lambda: sharing(setup) == 2, what="both have stored records", seconds_max=40)

    one.kill()
    after = send_trees(setup.bootstrap, topics, RECORDS, seed=2, prefix="after")

    expected = before.refs | after.refs
    setup.wait_until(
        lambda: setup.database.count("events") >= len(expected), what="all is stored", seconds_max=40
    )
    assert_same(setup.database.events(), expected, "events")
    edges = before.edges | after.edges
    setup.wait_until(
        lambda: setup.database.count("edges") >= len(edges), what="all is linked", seconds_max=20
    )
    assert_same(setup.database.edges(), edges, "edges")


def sharing(setup: Setup) -> int:
    """Return how many collectors have said that they hold partitions."""
    sql = "SELECT uniqExact(collector) FROM collector_partitions FINAL"
    return int(setup.database.rows(sql)[0][0])


def test_a_collector_that_leaves_in_order_hands_over_what_it_holds(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=PARTITIONS): PARTITIONS for name in ("orders", "payments")}
    truth = send_trees(setup.bootstrap, topics, 30_000, seed=3)
    one, other = setup.collector(batch_rows_max="1000"), setup.collector(batch_rows_max="1000")
    one.start()
    setup.wait_until(lambda: setup.database.count("events") > 0, what="the first has begun", seconds_max=40)
    other.start()
    setup.wait_until(
        lambda: sorted(setup.cluster.members(setup.group)) == [6, 6], what="they share", seconds_max=40
    )

    assert one.stop() == 0, one.tail()

    setup.wait_until(
        lambda: setup.database.count("edges") >= len(truth.edges), what="all is linked", seconds_max=60
    )
    assert_committed_is_stored(setup, topics)
    assert_same(setup.database.events(), truth.refs, "events")
    assert_same(setup.database.edges(), truth.edges, "edges")
