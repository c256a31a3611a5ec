"""Links what was just written: an edge is a reference that met an identity, whichever came first."""

from collections.abc import Sequence

from collector.storage.api import Store


def link_batches(store: Store, batches: Sequence[int]) -> None:
    """Write the edges that these batches of events complete. Safe to repeat.

    A lookup reads much the same for few names as for many, so several batches together cost less than apart.
    """
    store.execute("link_by_name", {"batches": list(batches)})
    store.execute("link_by_coordinates", {"batches": list(batches)})
    # Spans that are found from now on see these events; nobody pays for them where there are none.
    if store.query("span_causes_any"):
        store.execute("link_by_span", {"batches": list(batches), "effect_names": []})
