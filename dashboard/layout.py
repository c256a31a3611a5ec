"""Where the cards of a graph go. Pure: the same graph always lands in the same places.

Layered from left to right: an effect is always right of its cause. Ranks by longest path, long edges bend
around cards through way-points, barycentre sweeps remove crossings, and heights are the least-squares answer
to "stand beside your neighbours" under "never overlap" (pool adjacent violators, exact and linear per rank).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dashboard.break_loops import Link, break_loops

Point = tuple[float, float]

SWEEPS = 6
SWEEPS_WHEN_BIG = 2
BIG_NODES = 2_500
WAYPOINTS_MAX = 12_000  # beyond this, long edges are drawn straight: nobody can follow that many anyway
STRONG_PULL = 500.0  # the path to the failure is kept straight at the expense of the rest
WAYPOINT_PULL = 4.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes in pixels of a card and of the free space around it."""

    card_width: float = 168
    card_height: float = 46
    gap_x: float = 44
    gap_y: float = 18
    lane_height: float = 18
    part_gap: float = 34


@dataclass(frozen=True, slots=True)
class Placed:
    """Top left corners by id, rank by id, way-points of edges that pass ranks, and edges that run backwards.

    Way-points stand in the order in which the edge passes them, from cause to effect.
    """

    corners: dict[str, Point]
    ranks: dict[str, int]
    routes: dict[tuple[str, str], list[Point]]
    backward: set[tuple[str, str]]


@dataclass(slots=True)
class _Net:
    """One connected part: cards first, way-points after them; `layers` holds the order within each rank."""

    cards: int
    ranks: list[int]
    strong: list[bool]
    causes: list[list[int]] = field(default_factory=list)
    effects: list[list[int]] = field(default_factory=list)
    layers: list[list[int]] = field(default_factory=list)
    chains: dict[Link, list[int]] = field(default_factory=dict)


def place(
    ids: Sequence[str],
    edges: Collection[tuple[str, str]],
    *,
    strong: Collection[str] = (),
    weights: Mapping[tuple[str, str], float] | None = None,
    grid: Grid = Grid(),
) -> Placed:
    """Lay out `ids` and `edges` (cause, effect); edges to unknown ids are ignored.

    Ids in `strong` come first and are kept on a straight line where possible. Loops are broken at edges of little
    weight (1 where `weights` says nothing); those are returned in `backward` and do not count for ranks.
    """
    index = {id_: number for number, id_ in enumerate(ids)}
    known = [(index[a], index[b]) for a, b in edges if a in index and b in index and a != b]
    heavy = (
        {(index[a], index[b]): weights[a, b] for a, b in edges if a in index and b in index}
        if weights
        else {}
    )
    links, backward = break_loops(len(ids), list(dict.fromkeys(known)), heavy)
    ranks = _rank(len(ids), links)
    is_strong = [id_ in set(strong) for id_ in ids] if strong else [False] * len(ids)
    placed = Placed({}, {id_: ranks[index[id_]] for id_ in ids}, {}, {(ids[a], ids[b]) for a, b in backward})
    top = 0.0
    for part in _parts(len(ids), links, is_strong):
        top = _place_part(part, links, backward, ranks, is_strong, ids, grid, top, placed) + grid.part_gap
    return placed


def _rank(count: int, links: list[Link]) -> list[int]:
    """Longest path from a source; a source itself moves right until it stands beside its first effect."""
    effects: list[list[int]] = [[] for _ in range(count)]
    missing = [0] * count
    for cause, effect in links:
        effects[cause].append(effect)
        missing[effect] += 1
    sources = [node for node in range(count) if not missing[node]]
    ranks = [0] * count
    ready = list(sources)
    for node in ready:  # grows while it is walked: a queue
        for effect in effects[node]:
            ranks[effect] = max(ranks[effect], ranks[node] + 1)
            missing[effect] -= 1
            if not missing[effect]:
                ready.append(effect)
    for node in sources:
        if effects[node]:
            ranks[node] = min(ranks[effect] for effect in effects[node]) - 1
    return ranks


def _parts(count: int, links: list[Link], strong: list[bool]) -> list[list[int]]:
    """Connected parts: those with strong cards first, then in order of their first card."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for cause, effect in links:
        first, second = sorted((root(cause), root(effect)))
        parent[second] = first
    parts: dict[int, list[int]] = {}
    for node in range(count):
        parts.setdefault(root(node), []).append(node)
    return sorted(parts.values(), key=lambda part: (not any(strong[node] for node in part), part[0]))


def _place_part(
    part: list[int],
    links: list[Link],
    backward: set[Link],
    ranks: list[int],
    strong: list[bool],
    ids: Sequence[str],
    grid: Grid,
    top: float,
    placed: Placed,
) -> float:
    """Place one connected part below `top`, write it into `placed` and return its lower edge."""
    local = {node: number for number, node in enumerate(part)}
    inside = [(local[cause], local[effect]) for cause, effect in links if cause in local]
    # An edge that runs backwards needs lanes, too: they are laid out as if it ran the other way.
    turned = [(local[effect], local[cause]) for cause, effect in sorted(backward) if cause in local]
    forward = dict.fromkeys([*inside, *turned])
    inside_set = set(inside)
    net = _connect([ranks[node] for node in part], [strong[node] for node in part], list(forward))
    _order(net)
    middles = _heights(net, grid)
    shift = top - min((middles[node] - _half(net, node, grid) for node in range(len(middles))), default=0)
    step = grid.card_width + grid.gap_x
    for number, node in enumerate(part):
        placed.corners[ids[node]] = (
            ranks[node] * step,
            round(middles[number] + shift - grid.card_height / 2, 1),
        )
    for (cause, effect), chain in net.chains.items():
        route = [
            (net.ranks[way] * step + grid.card_width / 2, round(middles[way] + shift, 1)) for way in chain
        ]
        start, end = part[cause], part[effect]
        if (end, start) in backward:
            placed.routes[ids[end], ids[start]] = route[::-1]
        if (cause, effect) in inside_set:
            placed.routes[ids[start], ids[end]] = route
    return max((middles[node] + shift + _half(net, node, grid) for node in range(len(middles))), default=top)


def _connect(ranks: list[int], strong: list[bool], links: list[Link]) -> _Net:
    """Build the part with way-points, so that every link joins neighbouring ranks."""
    net = _Net(len(ranks), list(ranks), list(strong), [[] for _ in ranks], [[] for _ in ranks])
    wanted = sum(ranks[effect] - ranks[cause] - 1 for cause, effect in links)
    for cause, effect in sorted(links, key=lambda link: not (strong[link[0]] and strong[link[1]])):
        chain: list[int] = []
        if wanted <= WAYPOINTS_MAX:
            for rank in range(ranks[cause] + 1, ranks[effect]):
                chain.append(len(net.ranks))
                net.ranks.append(rank)
                net.strong.append(strong[cause] and strong[effect])
                net.causes.append([])
                net.effects.append([])
        if chain:
            net.chains[cause, effect] = chain
        stops = [cause, *chain, effect]
        for before, after in pairwise(stops):
            net.effects[before].append(after)
            net.causes[after].append(before)
    return net


def _order(net: _Net) -> None:
    """Order each rank: first as a walk finds the nodes, then by barycentres while that removes crossings."""
    net.layers = _walk_order(net)
    place_in = [0] * len(net.ranks)
    best, fewest = [list(layer) for layer in net.layers], _crossings(net, place_in)
    for sweep in range(SWEEPS if len(net.ranks) < BIG_NODES else SWEEPS_WHEN_BIG):
        if not fewest:
            break
        forward = sweep % 2 == 0
        neighbours = net.causes if forward else net.effects
        for layer in net.layers if forward else reversed(net.layers):
            weights = {
                node: sum(place_in[near] for near in neighbours[node]) / len(neighbours[node])
                if neighbours[node]
                else place_in[node]
                for node in layer
            }
            layer.sort(key=weights.__getitem__)
            for position, node in enumerate(layer):
                place_in[node] = position
        count = _crossings(net, place_in)
        if count < fewest:
            best, fewest = [list(layer) for layer in net.layers], count
    net.layers = best


def _walk_order(net: _Net) -> list[list[int]]:
    layers: list[list[int]] = [[] for _ in range(max(net.ranks, default=-1) + 1)]
    seen = [False] * len(net.ranks)
    starts = [node for node in range(len(net.ranks)) if not net.causes[node]]
    for start in sorted(starts, key=lambda node: (not net.strong[node], net.ranks[node], node)):
        stack = [start]
        while stack:
            node = stack.pop()
            if seen[node]:
                continue
            seen[node] = True
            layers[net.ranks[node]].append(node)
            stack.extend(sorted(net.effects[node], key=lambda effect: (net.strong[effect], -effect)))
    return layers


def _crossings(net: _Net, place_in: list[int]) -> int:
    """Count crossings between neighbouring ranks (a Fenwick tree per rank). Refreshes `place_in`."""
    for layer in net.layers:
        for position, node in enumerate(layer):
            place_in[node] = position
    total = 0
    for layer in net.layers:
        ends = [sorted(place_in[effect] for effect in net.effects[node]) for node in layer]
        size = max((end[-1] for end in ends if end), default=-1) + 1
        tree, placed = [0] * (size + 1), 0
        for end in ends:
            for position in end:
                at, passed = position + 1, 0
                while at:
                    passed += tree[at]
                    at &= at - 1
                total += placed - passed
            for position in end:
                at = position + 1
                while at <= size:
                    tree[at] += 1
                    at += at & -at
            placed += len(end)
    return total


def _half(net: _Net, node: int, grid: Grid) -> float:
    return (grid.card_height if node < net.cards else grid.lane_height) / 2


def _heights(net: _Net, grid: Grid) -> list[float]:
    """Return the middle of every node: sweeps of exact placements, rank by rank, until it has settled."""
    middles = [0.0] * len(net.ranks)
    offsets: list[list[float]] = []
    for layer in net.layers:
        at, row = 0.0, []
        for position, node in enumerate(layer):
            if position:
                both_ways = node >= net.cards and layer[position - 1] >= net.cards
                gap = 0 if both_ways else grid.gap_y
                at += _half(net, layer[position - 1], grid) + gap + _half(net, node, grid)
            row.append(at)
            middles[node] = at
        offsets.append(row)
    sweeps = SWEEPS if len(net.ranks) < BIG_NODES else SWEEPS_WHEN_BIG
    sides: list[tuple[bool, bool]] = [(True, False), (False, True)] * sweeps + [(True, True)] * 2
    for to_causes, to_effects in sides:
        order = range(len(net.layers)) if to_causes else range(len(net.layers) - 1, -1, -1)
        for rank in order:
            _settle(net, net.layers[rank], offsets[rank], middles, to_causes, to_effects)
    return middles


def _settle(
    net: _Net, layer: list[int], offsets: list[float], middles: list[float], to_causes: bool, to_effects: bool
) -> None:
    """Move one rank as close to its neighbours as the order and the gaps allow (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # sum of weight * wish, weight, members
    for node, offset in zip(layer, offsets, strict=True):
        total = weight = 0.0
        near_nodes = (net.causes[node] if to_causes else []) + (net.effects[node] if to_effects else [])
        for near in near_nodes:
            pull = _pull(net, node, near)
            total += pull * middles[near]
            weight += pull
        if not weight:
            weight, total = 0.05, 0.05 * middles[node]  # no neighbour on this side: stay, but give way
        block = (total - weight * offset, weight, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    position = 0
    for total, weight, members in blocks:
        for at in range(position, position + members):
            middles[layer[at]] = total / weight + offsets[at]
        position += members


def _pull(net: _Net, node: int, near: int) -> float:
    if net.strong[node] and net.strong[near]:
        return STRONG_PULL
    return WAYPOINT_PULL if node >= net.cards or near >= net.cards else 1.0
