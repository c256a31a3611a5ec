"""Which links of a graph with loops run backwards, so that the rest can be drawn from left to right. Pure."""

from collections import deque
from collections.abc import Mapping

Link = tuple[int, int]

HEAVY = 0.5  # a link of less weight has no say in what is left and what is right


def break_loops(count: int, links: list[Link], weights: Mapping[Link, float]) -> tuple[list[Link], set[Link]]:
    """Split links into those that run forward and those that close loops, light ones rather than heavy ones.

    The heavy ones are put in order greedily, after Eades, Lin and Smyth. Every other link that closes no loop after
    all is then taken in as well, the light ones last: so between the ends of a backward link there is always a
    forward way in the other direction.
    """
    heavy = [link for link in links if weights.get(link, 1.0) >= HEAVY]
    position = {node: at for at, node in enumerate(_greedy_order(count, heavy))}
    backward: set[Link] = set()
    effects: list[list[int]] = [[] for _ in range(count)]
    doubtful = []
    for cause, effect in heavy:
        if position[cause] < position[effect]:
            effects[cause].append(effect)
        else:
            doubtful.append((cause, effect))
    for cause, effect in doubtful + [link for link in links if weights.get(link, 1.0) < HEAVY]:
        if _reaches(effects, effect, cause):
            backward.add((cause, effect))
        else:
            effects[cause].append(effect)
    return [link for link in links if link not in backward], backward


def _greedy_order(count: int, links: list[Link]) -> list[int]:
    """Order nodes: sources first, sinks last, and of what is left whatever gives most more than it takes."""
    out: list[set[int]] = [set() for _ in range(count)]
    into: list[set[int]] = [set() for _ in range(count)]
    for cause, effect in links:
        out[cause].add(effect)
        into[effect].add(cause)
    left: list[int] = []
    right: list[int] = []
    rest = dict.fromkeys(range(count))
    ready = deque(node for node in rest if not out[node] or not into[node])
    while rest:
        if not ready:
            ready.append(max(rest, key=lambda node: (len(out[node]) - len(into[node]), -node)))
        node = ready.popleft()
        if node not in rest:
            continue
        del rest[node]
        (right if into[node] and not out[node] else left).append(node)
        for other in out[node]:
            into[other].discard(node)
        for other in into[node]:
            out[other].discard(node)
        ready.extend(other for other in sorted(out[node] | into[node]) if not out[other] or not into[other])
    return left + right[::-1]


def _reaches(effects: list[list[int]], start: int, goal: int) -> bool:
    seen, pending = {start}, [start]
    while pending:
        node = pending.pop()
        if node == goal:
            return True
        fresh = [effect for effect in effects[node] if effect not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return False
