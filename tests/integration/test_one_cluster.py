"""A collector that is pointed at another cluster than its store's says so and stops before it reads anything."""

import asyncio

import pytest

from collector.consume.list_topics import cluster_id
from collector.settings import load
from tests.integration.conftest import Setup
from tests.support.produce import Sent, send


def test_a_collector_refuses_the_store_of_another_cluster(any_setup: Setup) -> None:
    setup = any_setup
    send(setup.bootstrap, [Sent(setup.topic("orders"))])
    setup.collector().run_once()
    known = setup.database.rows("SELECT cluster_id FROM clusters")
    assert known == [[asyncio.run(cluster_id(load(bootstrap_servers=setup.bootstrap)))]]
    setup.database.rows("TRUNCATE TABLE clusters")
    setup.database.rows("INSERT INTO clusters VALUES ('another', now64())")

    with pytest.raises(AssertionError, match=r"ended with 1:(.|\n)*the Kafka cluster 'another'"):
        setup.collector().run_once()
