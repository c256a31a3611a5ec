"""The store is slow or away: the collector holds back, stays small, commits nothing, and goes on after."""

import time

from tests.bench.prefill import prefill
from tests.integration.conftest import Setup
from tests.integration.durability import assert_committed_is_stored
from tests.support.headwater import StoreProcess, assert_same
from tests.support.proxy import Proxy
from tests.support.trees import send_trees

BYTES_MAX = 400 * 2**20
AWAY_SECONDS = 6
RECORDS = 200_000


def test_stays_small_and_commits_nothing_while_the_store_hangs(
    kafka_setup: Setup, store_process: StoreProcess
) -> None:
    setup, topic = kafka_setup, kafka_setup.topic("many", partitions=4)
    prefill(setup.bootstrap, topic, RECORDS, partitions=4)
    collector = setup.collector()
    collector.start()
    setup.wait_until(lambda: setup.database.count("events") > 0, what="it has begun", seconds_max=30)

    store_process.freeze()
    try:
        time.sleep(1)  # an answer may have been on its way
        committed_at_first = setup.cluster.committed(setup.group, [topic])
        sizes = []
        for _ in range(AWAY_SECONDS):
            time.sleep(1)
            sizes.append(collector.rss_bytes())
        committed_at_last = setup.cluster.committed(setup.group, [topic])
    finally:
        store_process.thaw()

    assert max(sizes) < BYTES_MAX
    assert committed_at_last == committed_at_first
    assert sum(committed_at_last.values()) < RECORDS, "the store was frozen too late to prove anything"
    setup.wait_until(lambda: setup.database.count("events") >= RECORDS, what="all is stored", seconds_max=60)
    assert setup.database.count("events") == RECORDS


def test_goes_on_where_it_was_when_the_store_refuses_connections_for_a_while(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=2): 2 for name in ("a", "b")}
    before = send_trees(setup.bootstrap, topics, 10_000, seed=5, prefix="before")
    with Proxy(setup.database.store.port) as proxy:
        setup.collector(store_port=proxy.port, batch_rows_max="1000").start()
        setup.wait_until(
            lambda: setup.database.count("edges") >= len(before.edges), what="it has begun", seconds_max=30
        )
        proxy.go_away_before(b"insert_deduplication_token", nth=1)
        after = send_trees(setup.bootstrap, topics, 10_000, seed=6, prefix="after")
        setup.wait_until(lambda: proxy.is_away, what="the store is away", seconds_max=30)
        time.sleep(AWAY_SECONDS / 2)
        assert setup.database.count("events") == len(before.refs)
        assert_committed_is_stored(setup, topics)
        proxy.come_back()

        edges = before.edges | after.edges
        setup.wait_until(
            lambda: setup.database.count("edges") >= len(edges), what="all is linked", seconds_max=60
        )
        assert_same(setup.database.events(), before.refs | after.refs, "events")
        assert_same(setup.database.edges(), edges, "edges")


def test_loses_nothing_when_the_store_is_killed_and_started_again(
    kafka_setup: Setup, store_process: StoreProcess
) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=2): 2 for name in ("a", "b")}
    truth = send_trees(setup.bootstrap, topics, 20_000, seed=8)
    setup.collector(batch_rows_max="1000").start()
    setup.wait_until(lambda: setup.database.count("events") > 0, what="it has begun", seconds_max=30)

    store_process.kill()
    store_process.start()

    assert_committed_is_stored(setup, topics)
    setup.wait_until(
        lambda: setup.database.count("edges") >= len(truth.edges), what="all is linked", seconds_max=60
    )
    assert_same(setup.database.events(), truth.refs, "events")
    assert_same(setup.database.edges(), truth.edges, "edges")
    assert_same(setup.database.edges("edges_by_cause"), truth.edges, "edges_by_cause")


def test_repeats_nothing_when_the_stores_answers_are_lost(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=2): 2 for name in ("a", "b")}
    truth = send_trees(setup.bootstrap, topics, 10_000, seed=6)
    with Proxy(setup.database.store.port) as proxy:
        proxy.lose_answers(b"insert_deduplication_token", every=5)
        setup.collector(store_port=proxy.port, batch_rows_max="1000").run_once()

        assert proxy.answers_lost > 0
    assert_same(setup.database.events(), truth.refs, "events")
    assert_same(setup.database.edges(), truth.edges, "edges")
    assert_same(setup.database.edges("edges_by_cause"), truth.edges, "edges_by_cause")


def test_never_commits_before_the_rows_are_durable(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(name, partitions=2): 2 for name in ("a", "b")}
    setup.collector(batch_rows_max="500").start()
    setup.wait_until(lambda: setup.cluster.members(setup.group) == [4], what="it reads", seconds_max=30)
    seen = set()
    for seed in range(10):
        send_trees(setup.bootstrap, topics, 2_000, seed=seed, prefix=f"{seed}")
        seen |= {assert_committed_is_stored(setup, topics) for _ in range(5)}
    setup.wait_until(
        lambda: assert_committed_is_stored(setup, topics) == 20_000, what="all is committed", seconds_max=40
    )

    assert len(seen) > 2, "it was always looked at in the same moment"
