"""Recordings in a store, as a collector would have written them."""

from collections.abc import Sequence

from collector.lineage.link import link_batches
from collector.storage.api import Store
from tests.support.recordings import read_recording
from tests.support.records import NOW_MS, record_columns

_HEADER_VALUE_BYTES_MAX = 1_048_576


def store_recording(store: Store, producers: Sequence[str]) -> None:
    """Write and link the records of these recordings, one batch a producer."""
    for batch, producer in enumerate(producers, 1):
        columns = record_columns(header_value_bytes_max=_HEADER_VALUE_BYTES_MAX)
        for found in read_recording(producer):
            columns.add(found.topic, found.partition, [found.record], NOW_MS)
        store.insert("events", columns.table(batch), token=f"recording-{batch}")
        link_batches(store, [batch])
