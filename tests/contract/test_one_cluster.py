"""A database takes one cluster and refuses every other."""

from datetime import timedelta

import pytest

from collector.errors import SettingsError
from collector.storage.api import Store
from collector.storage.cluster import claim_cluster
from tests.support.rows import TIME


def test_a_second_cluster_is_refused_by_name_and_the_first_goes_on(store: Store) -> None:
    claim_cluster(store, "", TIME)  # this one cannot be checked, and takes nothing
    claim_cluster(store, "first", TIME)

    with pytest.raises(SettingsError, match=r"'first'.*'second'.*HEADWATER_STORE"):
        claim_cluster(store, "second", TIME + timedelta(days=1))

    claim_cluster(store, "first", TIME + timedelta(days=2))
    assert [row["cluster_id"] for row in store.query("cluster_known")] == ["first"]
