"""The views that Streamlit lacks: graph, waterfall, list of links, and the selection that they share.

Plain JavaScript modules in `assets/`, served as files. Registered when first drawn, because Streamlit refuses
to register components outside of a running app; and registered here rather than found by Streamlit's scan of
installed packages, so that it works from a checkout as well.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest
from streamlit.components.v2.types import ComponentRenderer

_NAMES = ("graph", "waterfall", "list", "selection")
_registered: WeakKeyDictionary[BidiComponentManager, dict[str, ComponentRenderer]] = WeakKeyDictionary()

Pick = Callable[[str | None, bool], None]


def graph(data: Mapping[str, Any], *, key: str, on_pick: Pick) -> None:
    """Draw a graph; `data` is GraphData in assets/graph.js. `on_pick` gets an id or None, and whether to open it."""
    _draw("graph", data, key, on_pick)


def waterfall(data: Mapping[str, Any], *, key: str, on_pick: Pick) -> None:
    """Draw events on a time axis; `data` is FallData in assets/waterfall.js."""
    _draw("waterfall", data, key, on_pick)


def link_list(data: Mapping[str, Any], *, key: str, on_pick: Pick) -> None:
    """Draw rows that are links; `data` is ListData in assets/list.js."""
    _draw("list", data, key, on_pick)


def select(scope: str, id_: str | None, *, key: str) -> None:
    """Tell the views of `scope` what is selected, without sending their data again."""
    _renderers()["selection"](key=key, data={"scope": scope, "id": id_}, height=1)


def _draw(name: str, data: Mapping[str, Any], key: str, on_pick: Pick) -> None:
    def picked() -> None:
        # A click can arrive when what was clicked on has just been replaced: then there is no state, and no choice.
        choice = getattr(st.session_state.get(key), "picked", None)
        if choice is not None:
            on_pick(choice.get("id"), bool(choice.get("open")))

    _renderers()[name](key=key, data=dict(data), on_picked_change=picked)


def _renderers() -> dict[str, ComponentRenderer]:
    manager = get_bidi_component_manager()
    if manager not in _registered:
        components = [ComponentConfig(name, "assets") for name in _NAMES]
        manager.register_from_manifest(ComponentManifest("headwater", "1", components), Path(__file__).parent)
        _registered[manager] = {
            name: st.components.v2.component(f"headwater.{name}", js=f"{name}.js") for name in _NAMES
        }
    return _registered[manager]
