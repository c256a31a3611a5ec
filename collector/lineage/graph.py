"""A cascade as a NetworkX graph. Pure; linear in events and edges."""

from collections.abc import Mapping, Sequence

import networkx as nx

from schemas.records import Edge, Event, EventRef

Graph = "nx.DiGraph[EventRef]"


def build_graph(events: Mapping[EventRef, Event], edges: Sequence[Edge]) -> "nx.DiGraph[EventRef]":
    """Return the DAG of `edges` over all of `events`; each edge holds its Edge under the key `edge`.

    Between two events the surest edge counts. Where edges form a ring (clocks and ids lie), the least sure of
    the ring, or the one that goes back in time, is left out and marked in `graph.graph["loops"]`.
    """
    graph: nx.DiGraph[EventRef] = nx.DiGraph()
    graph.add_nodes_from(events)
    for edge in sorted(edges, key=lambda edge: edge.confidence):
        if edge.cause != edge.effect:
            graph.add_edge(edge.cause, edge.effect, edge=edge)
    graph.graph["loops"] = _break_loops(graph, events)
    return graph


def _break_loops(graph: "nx.DiGraph[EventRef]", events: Mapping[EventRef, Event]) -> list[Edge]:
    broken: list[Edge] = []
    pending = [set(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    while pending:
        part = graph.subgraph(pending.pop())
        weakest = min(
            (data["edge"] for _, _, data in part.edges(data=True)),
            key=lambda edge: (
                edge.confidence,
                events[edge.effect].time - events[edge.cause].time,
                edge.cause,
            ),
        )
        graph.remove_edge(weakest.cause, weakest.effect)
        broken.append(weakest)
        pending.extend(set(rest) for rest in nx.strongly_connected_components(part) if len(rest) > 1)
    return broken


def depths(graph: "nx.DiGraph[EventRef]") -> dict[EventRef, int]:
    """Return for each event the hops of its longest way from a root; roots have 0."""
    found: dict[EventRef, int] = {}
    for node in nx.topological_sort(graph):
        found[node] = max((found[cause] + 1 for cause in graph.predecessors(node)), default=0)
    return found


def critical_path(graph: "nx.DiGraph[EventRef]", events: Mapping[EventRef, Event]) -> list[EventRef]:
    """Return the chain that decided when the cascade ended: from the last event back, each time by the cause
    that came last, to a root. Empty for an empty graph.
    """
    if not events:
        return []
    node = max(graph.nodes, key=lambda ref: (events[ref].time, len(list(graph.predecessors(ref))) > 0, ref))
    path = [node]
    while causes := list(graph.predecessors(node)):
        node = max(causes, key=lambda ref: (events[ref].time, ref))
        path.append(node)
    return path[::-1]


def fan_out(graph: "nx.DiGraph[EventRef]") -> tuple[int, EventRef | None]:
    """Return the largest number of direct effects and the event that had them; (0, None) for an empty graph."""
    if not graph:
        return 0, None
    node, effects = max(graph.out_degree(), key=lambda pair: (pair[1], pair[0]))
    return effects, node
