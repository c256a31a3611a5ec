"""100,000 records, and the collector is killed five times on the way."""

import os
import random
import time

import pytest

from tests.integration.conftest import Setup
from tests.integration.durability import assert_committed_is_stored
from tests.support.headwater import assert_same
from tests.support.trees import send_trees

RECORDS = 100_000
KILLS = 5
SEED = int(os.environ.get("TEST_SEED", "2026"))  # another one kills at other moments


@pytest.mark.slow
def test_every_record_and_every_edge_is_there_once_after_five_kills(kafka_setup: Setup) -> None:
    setup, chance = kafka_setup, random.Random(SEED)
    topics = {setup.topic(name, partitions=3): 3 for name in ("a", "b", "c", "d")}
    truth = send_trees(setup.bootstrap, topics, RECORDS, seed=SEED)
    left_at_kill = []
    for share in sorted(chance.uniform(0.02, 0.7) for _ in range(KILLS)):
        collector = setup.collector(batch_rows_max="2000", batch_age_ms_max="100")
        collector.start()
        goal = int(share * RECORDS)
        setup.wait_until(
            lambda goal=goal: setup.database.count("events") >= goal,  # type: ignore[misc]
            what=f"{goal} records are stored",
            seconds_max=60,
            pause_seconds=0.05,
        )
        time.sleep(chance.uniform(0, 0.2))
        collector.kill()
        left_at_kill.append(RECORDS - setup.database.count("events"))
        assert_committed_is_stored(setup, topics)

    setup.collector(batch_rows_max="2000", batch_age_ms_max="100").run_once()

    assert sum(left > 0 for left in left_at_kill) >= KILLS - 1, (
        f"kills came too late: {left_at_kill} were left"
    )
    assert_same(setup.database.events(), truth.refs, "events")
    for table in ("edges", "edges_by_cause"):
        assert_same(setup.database.edges(table), truth.edges, table)
