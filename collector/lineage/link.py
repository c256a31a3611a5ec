"""Links what was just written: an edge is a reference that met an identity, whichever came first."""

from collector.storage.api import Store


def link_batch(store: Store, batch: int) -> None:
    """Write the edges that this batch of events completes. Safe to repeat."""
    store.execute("link_by_name", {"batch": batch})
    store.execute("link_by_coordinates", {"batch": batch})
