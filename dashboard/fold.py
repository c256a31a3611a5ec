"""Fold wide fan-outs into one card, 412 times EmailQueued. Pure.

Events fold together when they have the same causes, the same title and the same standing. An event that is in
trouble, or leads to trouble, has another standing than its healthy siblings: it stays visible beside them.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

Standing = Literal["ok", "retry", "dead"]
_ORDER: dict[Standing, int] = {"ok": 0, "retry": 1, "dead": 2}
FOLD_FROM = 5
GROUP_PREFIX = "g-"
_Class = tuple[frozenset[str], str, Standing, Standing]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One event as folding sees it; `standing` is its own, not that of what it led to."""

    id: str
    title: str
    standing: Standing = "ok"


@dataclass(frozen=True, slots=True)
class Group:
    """Events drawn as one card. `leads_to` is the worst standing among them and all that they led to."""

    id: str
    title: str
    standing: Standing
    leads_to: Standing
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """What is drawn: ids of events and groups in input order, links between them with how many edges each is."""

    ids: tuple[str, ...]
    groups: dict[str, Group]
    links: dict[tuple[str, str], int]
    drawn_as: dict[str, str] = field(default_factory=dict)


def fold(
    leaves: Sequence[Leaf],
    edges: Collection[tuple[str, str]],
    *,
    opened: Collection[str] = (),
    pinned: Collection[str] = (),
    fold_from: int = FOLD_FROM,
) -> Folded:
    """Fold siblings from `fold_from` on. Groups in `opened` are drawn in full; events in `pinned` never fold.

    Group ids depend only on what the members have in common, so they stay the same while a fan-out grows.
    """
    by_id = {leaf.id: leaf for leaf in leaves}
    known = [(cause, effect) for cause, effect in edges if cause in by_id and effect in by_id]
    causes: dict[str, list[str]] = {}
    effects: dict[str, list[str]] = {}
    for cause, effect in known:
        causes.setdefault(effect, []).append(cause)
        effects.setdefault(cause, []).append(effect)
    order = _causes_first(leaves, causes, effects)
    leads_to = _worst_ahead(by_id, order, effects)
    drawn_as: dict[str, str] = {}
    groups: dict[str, Group] = {}
    for level in _levels(order, causes):
        classes: dict[_Class, list[str]] = {}
        for id_ in level:
            drawn_causes = frozenset(drawn_as.get(cause, cause) for cause in causes.get(id_, ()))
            if id_ in pinned or not drawn_causes:
                drawn_as[id_] = id_
                continue
            leaf = by_id[id_]
            classes.setdefault((drawn_causes, leaf.title, leaf.standing, leads_to[id_]), []).append(id_)
        for key, members in classes.items():
            group_id = _group_id(key)
            if len(members) < fold_from or group_id in opened:
                drawn_as.update((id_, id_) for id_ in members)
                continue
            first = by_id[members[0]]
            groups[group_id] = Group(
                group_id, first.title, first.standing, leads_to[members[0]], tuple(members)
            )
            drawn_as.update((id_, group_id) for id_ in members)
    links: dict[tuple[str, str], int] = {}
    for cause, effect in known:
        link = (drawn_as[cause], drawn_as[effect])
        links[link] = links.get(link, 0) + 1
    ids = tuple(dict.fromkeys(drawn_as[leaf.id] for leaf in leaves))
    return Folded(ids, groups, links, drawn_as)


def _causes_first(
    leaves: Sequence[Leaf], causes: dict[str, list[str]], effects: dict[str, list[str]]
) -> list[str]:
    """Order causes before effects; what stands in a loop comes last, in input order."""
    missing = {leaf.id: len(causes.get(leaf.id, ())) for leaf in leaves}
    order = [leaf.id for leaf in leaves if not missing[leaf.id]]
    for id_ in order:  # grows while it is walked: a queue
        for effect in effects.get(id_, ()):
            missing[effect] -= 1
            if not missing[effect]:
                order.append(effect)
    done = set(order)
    return order + [leaf.id for leaf in leaves if leaf.id not in done]


def _worst_ahead(
    by_id: dict[str, Leaf], order: list[str], effects: dict[str, list[str]]
) -> dict[str, Standing]:
    worst: dict[str, Standing] = {id_: leaf.standing for id_, leaf in by_id.items()}
    for id_ in reversed(order):
        for effect in effects.get(id_, ()):
            if _ORDER[worst[effect]] > _ORDER[worst[id_]]:
                worst[id_] = worst[effect]
    return worst


def _levels(order: list[str], causes: dict[str, list[str]]) -> list[list[str]]:
    """Split into levels whose members have all their causes in earlier levels (loops excepted)."""
    depth: dict[str, int] = {}
    levels: list[list[str]] = []
    for id_ in order:
        depth[id_] = 1 + max((depth.get(cause, -1) for cause in causes.get(id_, ())), default=-1)
        while len(levels) <= depth[id_]:
            levels.append([])
        levels[depth[id_]].append(id_)
    return levels


def _group_id(key: _Class) -> str:
    drawn_causes, *rest = key
    text = "\x00".join([*sorted(drawn_causes), *rest])
    return GROUP_PREFIX + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
