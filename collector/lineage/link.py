"""Links what was just written: an edge is a reference that met an identity, whichever came first."""

from collector.storage.api import Store

ANSWERS_MAX = 8
"""A name that more events than this answer to is a constant, not an identity."""


def link_batch(store: Store, batch: int) -> None:
    """Write the edges that this batch of events completes. Safe to repeat."""
    store.execute("link_by_name", {"batch": batch, "answers_max": ANSWERS_MAX})
    store.execute("link_by_coordinates", {"batch": batch})
