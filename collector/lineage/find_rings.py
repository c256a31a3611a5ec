"""Rings among topics: which lead back to where they began. Pure."""

from collections.abc import Iterable

import networkx as nx

RINGS_MAX = 50
RING_TOPICS_MAX = 8


def rings(links: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the rings in links of (cause topic, effect topic), shortest first, each from its first name on.

    At most RINGS_MAX of at most RING_TOPICS_MAX topics: a tangle has more rings than anybody can read.
    """
    graph: nx.DiGraph[str] = nx.DiGraph(sorted(links))
    found = []
    for part in sorted(map(sorted, nx.strongly_connected_components(graph))):
        tangle = graph.subgraph(part)
        for ring in nx.simple_cycles(tangle, length_bound=RING_TOPICS_MAX):
            found.append(_from_first(tuple(ring)))
            if len(found) >= RINGS_MAX * 4:
                break
    return sorted(found, key=lambda ring: (len(ring), ring))[:RINGS_MAX]


def _from_first(ring: tuple[str, ...]) -> tuple[str, ...]:
    start = ring.index(min(ring))
    return ring[start:] + ring[:start]
