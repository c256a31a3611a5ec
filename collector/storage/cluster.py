"""One database, one Kafka cluster: a place on one must never meet the same place on another."""

from datetime import datetime

import pyarrow as pa

from collector.errors import SettingsError
from collector.storage.api import Store
from schemas import arrow


def claim_cluster(store: Store, cluster_id: str, now: datetime) -> None:
    """Take this database for the cluster, if it is nobody's yet. Safe to repeat.

    Of two collectors that come at once with two clusters the first one wins. Raises SettingsError where the database
    holds another cluster's events. A broker that does not tell its cluster's id (`""`) cannot be checked.
    """
    if not cluster_id:
        return
    if not store.query("cluster_known"):
        row = {"cluster_id": cluster_id, "first_time": now}
        store.insert(
            "clusters", pa.Table.from_pylist([row], schema=arrow.CLUSTERS), token=f"cluster-{cluster_id}"
        )
    known = store.query("cluster_known")[0]["cluster_id"]
    if known != cluster_id:
        raise SettingsError(
            f"This store holds events of the Kafka cluster {known!r}, and these brokers are the cluster "
            f"{cluster_id!r}. Offsets of both would be taken for each other. Give each cluster a store or a database "
            "of its own (HEADWATER_STORE). If the old cluster was made anew and its events are of no more use, begin "
            "with an empty store."
        )
