"""`collect --once`: reads to the present end of every topic, whatever that end is made of, and ends."""

from dataclasses import dataclass

import pytest

from schemas.records import EventRef
from tests.integration.conftest import NewSetup, Setup
from tests.support.headwater import assert_same
from tests.support.kafka import ApacheKafka
from tests.support.produce import Sent, send, send_in_transaction
from tests.support.trees import Truth, send_trees

SECONDS_MAX = 60


@dataclass(frozen=True)
class Collected:
    """A cluster before and after one run over it."""

    setup: Setup
    truth: Truth
    committed: list[EventRef]
    aborted: list[EventRef]
    before: dict[tuple[str, int], tuple[int, int]]
    output: str


@pytest.fixture(scope="module")
def collected(kafka: ApacheKafka, new_setup: NewSetup) -> Collected:
    """Topics with every kind of end, then one run of the collector."""
    setup, bootstrap = new_setup(kafka.bootstrap), kafka.bootstrap
    for name in ("ends-aborted", "only-aborted", "empty", "all-deleted", "trimmed"):
        setup.topic(name)
    mixed = setup.prefix + "ends-aborted"
    committed = send(bootstrap, [Sent(mixed)] * 3)
    aborted = send_in_transaction(bootstrap, [Sent(mixed)] * 5, name=f"{setup.prefix}a", commit=False)
    committed += send_in_transaction(bootstrap, [Sent(mixed)] * 4, name=f"{setup.prefix}b", commit=True)
    aborted += send_in_transaction(bootstrap, [Sent(mixed)] * 7, name=f"{setup.prefix}c", commit=False)
    only_aborted = [Sent(setup.prefix + "only-aborted")] * 6
    aborted += send_in_transaction(bootstrap, only_aborted, name=f"{setup.prefix}d", commit=False)
    send(bootstrap, [Sent(setup.prefix + "all-deleted")] * 10)
    setup.cluster.delete_records(setup.prefix + "all-deleted", 0, 10)
    trimmed = send(bootstrap, [Sent(setup.prefix + "trimmed")] * 10)
    setup.cluster.delete_records(setup.prefix + "trimmed", 0, 6)
    names = [setup.topic(f"trees-{number}", partitions=3) for number in range(3)]
    truth = send_trees(bootstrap, dict.fromkeys(names, 3), 3_000, seed=7)

    before = ends_of_all(setup)
    output = setup.collector().run_once(seconds_max=SECONDS_MAX)
    return Collected(setup, truth, committed + trimmed[6:], aborted, before, output)


def ends_of_all(setup: Setup) -> dict[tuple[str, int], tuple[int, int]]:
    """Return first and next offset of every partition of every topic, but those of Kafka's own bookkeeping."""
    return setup.cluster.ends(name for name in setup.cluster.topics() if not name.startswith("__"))


def test_stores_what_was_committed_and_nothing_that_was_aborted(collected: Collected) -> None:
    stored = collected.setup.database.events()

    assert len(collected.aborted) == 18
    assert_same(stored, collected.truth.refs | set(collected.committed), "events")


@pytest.mark.parametrize("table", ["edges", "edges_by_cause"])
def test_links_every_cause_to_its_effect(collected: Collected, table: str) -> None:
    assert_same(collected.setup.database.edges(table), collected.truth.edges, table)


def test_writes_nothing_to_the_cluster(collected: Collected) -> None:
    assert ends_of_all(collected.setup) == collected.before


def test_commits_the_end_of_every_partition_that_had_records(collected: Collected) -> None:
    setup = collected.setup
    with_records = {partition for partition, (first, end) in collected.before.items() if end > first}
    mine = {partition for partition in with_records if partition[0].startswith(setup.prefix)}

    committed = setup.cluster.committed(setup.group, {topic for topic, _ in mine})

    assert {partition: committed.get(partition) for partition in mine} == {
        partition: collected.before[partition][1] for partition in mine
    }


def test_a_second_run_finds_nothing_new(collected: Collected) -> None:
    setup = collected.setup
    raw_rows = setup.database.rows("SELECT count() FROM events")

    setup.collector().run_once(seconds_max=SECONDS_MAX)

    assert setup.database.rows("SELECT count() FROM events") == raw_rows


def test_says_what_it_did(collected: Collected) -> None:
    stored = len(collected.truth.refs) + len(collected.committed)

    assert f"{stored:,}" in collected.output
