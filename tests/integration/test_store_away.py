"""The store is slow or away: the collector holds back, stays small, commits nothing, and goes on after."""

import time

import pytest

from tests.bench.prefill import prefill
from tests.integration.conftest import Setup
from tests.integration.durability import assert_committed_is_stored
from tests.support.headwater import StoreProcess, assert_same
from tests.support.processes import wait_until
from tests.support.proxy import Proxy
from tests.support.trees import send_trees

BYTES_MAX = 400 * 2**20
AWAY_SECONDS = 8


def test_stays_small_and_commits_nothing_while_the_store_hangs(
    kafka_setup: Setup, store_process: StoreProcess
) -> None:
    setup, partitions = kafka_setup, 4
    topic = setup.topic("hangs", partitions=partitions)
    prefill(setup.bootstrap, topic, 200_000, partitions=partitions)
    collector = setup.collector(batch_rows_max="5000", include_topics=topic)
    collector.start()
    wait_until(lambda: setup.database.count("events") > 0, what="it has begun", seconds_max=30)

    store_process.freeze()
    try:
        time.sleep(1)
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
    assert sum(committed_at_last.values()) < 200_000, "the store was frozen too late to prove anything"
    wait_until(lambda: setup.database.count("events") >= 200_000, what="all is stored", seconds_max=60)
    assert setup.database.count("events") == 200_000
    collector.kill()


@pytest.mark.parametrize("fault", ["refuses", "loses the answer"])
def test_loses_and_repeats_nothing_when_the_connection_to_the_store(fault: str, kafka_setup: Setup) -> None:
    setup = kafka_setup
    name = fault.split(maxsplit=1)[0]
    topics = {setup.topic(f"{name}-{number}", partitions=2): 2 for number in range(2)}
    truth = send_trees(setup.bootstrap, topics, 20_000, seed=5, prefix=name)
    expected = truth.refs
    with Proxy(setup.database.store.port) as proxy:
        collector = setup.collector(
            store_port=proxy.port,
            batch_rows_max="1000",
            include_topics=f"{setup.prefix}{name}.*",
            group_id=setup.group + name,
        )
        if fault == "loses the answer":
            proxy.lose_answers(b"INSERT+INTO", every=3)
        collector.start()
        wait_until(lambda: stored(setup, name) > 0, what="it has begun", seconds_max=30)
        if fault == "refuses":
            proxy.go_away()
            time.sleep(AWAY_SECONDS / 2)
            assert stored(setup, name) < len(expected), "the store went away too late to prove anything"
            proxy.come_back()
        wait_until(lambda: stored(setup, name) >= len(expected), what="all is stored", seconds_max=60)
        proxy.lose_answers(b"", every=0)

        assert_same([ref for ref in setup.database.events() if name in ref.topic], expected, "events")
        assert proxy.answers_lost > 0 or fault == "refuses"
        assert collector.running
        collector.kill()


def test_never_commits_before_the_rows_are_durable(kafka_setup: Setup) -> None:
    setup = kafka_setup
    topics = {setup.topic(f"watched-{number}", partitions=2): 2 for number in range(2)}
    collector = setup.collector(batch_rows_max="500", include_topics=f"{setup.prefix}watched.*")
    collector.start()
    seen = set()
    for seed in range(5):
        send_trees(setup.bootstrap, topics, 5_000, seed=seed, prefix=f"watched-{seed}")
        for _ in range(5):
            seen.add(assert_committed_is_stored(setup, topics) if setup.database.count("events") else 0)
    wait_until(
        lambda: assert_committed_is_stored(setup, topics) == 25_000, what="all is committed", seconds_max=40
    )

    assert len(seen) > 2, "it was always looked at in the same moment"


def stored(setup: Setup, name: str) -> int:
    """Return how many events of this test's topics are stored."""
    if not setup.database.count("events"):
        return 0
    return int(setup.database.rows(f"SELECT count() FROM events FINAL WHERE topic LIKE '%{name}%'")[0][0])
