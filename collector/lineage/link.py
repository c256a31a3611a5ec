"""Links what was just written: an edge is a reference that met an identity, whichever came first."""

from collections.abc import Sequence

from collector.storage.api import Store

_EFFECTS_MAX = 20_000  # spans, at a time


def link_batches(store: Store, batches: Sequence[int]) -> None:
    """Write the edges that these batches of events complete. Safe to repeat.

    A lookup reads much the same for few names as for many, so several batches together cost less than apart.
    """
    store.execute("link_by_name", {"batches": list(batches)})
    store.execute("link_by_coordinates", {"batches": list(batches)})
    # Spans that are found from now on see these events; nobody pays for them where there are none.
    if store.query("span_causes_any"):
        touched = store.query("span_effects_touched", {"batches": list(batches)})
        link_effects(store, [row["effect_name"] for row in touched])


def link_effects(store: Store, effect_names: Sequence[str]) -> None:
    """Write the edges to the events that were sent under these spans (`span:…`). Safe to repeat."""
    for start in range(0, len(effect_names), _EFFECTS_MAX):
        store.execute("link_by_span", {"effect_names": list(effect_names[start : start + _EFFECTS_MAX])})
