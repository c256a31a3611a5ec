"""How far the collector is behind what the company has sent."""

from collections.abc import Mapping

from collector.errors import StoreRejectedError
from collector.storage.api import Store

PARTITIONS_MAX = 10_000


def behind(store: Store, ends: Mapping[tuple[str, int], int], starts: Mapping[tuple[str, int], int]) -> int:
    """Return how many records the broker acknowledged that are not yet durable and linked.

    `ends` and `starts` are the next offsets per topic and partition, now and before the company's first
    record. Raises StoreUnavailableError.
    """
    try:
        rows = store.query("collector_lag", {"rows_max": PARTITIONS_MAX})
    except StoreRejectedError:  # the collector has not made the tables yet
        rows = []
    committed = {(row["topic"], row["partition"]): row["committed_offset"] for row in rows}
    return sum(
        max(0, end - max(committed.get(place, 0), starts.get(place, 0))) for place, end in ends.items()
    )
