"""Keep the picture of a very large cascade within what a browser draws and a person follows. Pure.

What matters (ways to failures, the critical path, what is selected) and all that leads to it stays, then what is
nearest to the roots. All that hangs below a kept card and does not fit is one card, "4,210 more events".
"""

import hashlib
from collections.abc import Iterable, Mapping

from dashboard.fold import GROUP_PREFIX, Folded, Group, Standing

CARDS_MAX = 2_500
REST = "more events"
_WORST: dict[Standing, int] = {"ok": 0, "retry": 1, "dead": 2}


def trim(
    folded: Folded, standings: Mapping[str, Standing], *, first: Iterable[str], cards_max: int = CARDS_MAX
) -> Folded:
    """Return the picture with at most about `cards_max` cards; `first` names drawn ids in order of importance."""
    if len(folded.ids) <= cards_max:
        return folded
    causes, effects = _neighbours(folded)
    kept = _keep(folded, causes, effects, first, cards_max)
    owner = _owners(folded, kept, effects)
    members: dict[str, list[str]] = {}
    for id_ in folded.ids:
        if id_ not in kept:
            inside = folded.groups[id_].members if id_ in folded.groups else (id_,)
            members.setdefault(owner[id_], []).extend(inside)
    groups = {id_: group for id_, group in folded.groups.items() if id_ in kept}
    card_of: dict[str, str] = {}
    for above, below in members.items():
        card = _rest(above, below, standings)
        groups[card.id] = card
        card_of[above] = card.id
    drawn = {id_: id_ if id_ in kept else card_of[owner[id_]] for id_ in folded.ids}
    links: dict[tuple[str, str], int] = {}
    for (cause, effect), number in folded.links.items():
        # Between what is not drawn there may be anything: only what leads there is shown.
        if cause in kept and (effect in kept or owner[effect] == cause):
            link = (cause, drawn[effect])
            links[link] = links.get(link, 0) + number
    return Folded(
        ids=tuple(dict.fromkeys(drawn[id_] for id_ in folded.ids)),
        groups=groups,
        links=links,
        drawn_as={event: drawn[id_] for event, id_ in folded.drawn_as.items()},
    )


def _neighbours(folded: Folded) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    causes: dict[str, list[str]] = {}
    effects: dict[str, list[str]] = {}
    for cause, effect in folded.links:
        causes.setdefault(effect, []).append(cause)
        effects.setdefault(cause, []).append(effect)
    return causes, effects


def _keep(
    folded: Folded,
    causes: Mapping[str, list[str]],
    effects: Mapping[str, list[str]],
    first: Iterable[str],
    cards_max: int,
) -> set[str]:
    kept: set[str] = set()
    for id_ in first:
        pending = [id_]
        while pending and len(kept) < cards_max // 2:
            node = pending.pop()
            if node not in kept:
                kept.add(node)
                pending.extend(causes.get(node, ()))
    queue = [id_ for id_ in folded.ids if id_ not in causes]
    seen = set(queue)
    for node in queue:  # grows while it is walked: a queue, nearest to the roots first
        if len(kept) >= cards_max:
            break
        kept.add(node)
        fresh = [effect for effect in effects.get(node, ()) if effect not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    return kept


def _owners(folded: Folded, kept: set[str], effects: Mapping[str, list[str]]) -> dict[str, str]:
    """Return for each card that is left out the kept one above it; empty for those that have none."""
    owner: dict[str, str] = {}
    for start in folded.ids:
        if start not in kept:
            continue
        pending = [start]
        while pending:
            for effect in effects.get(pending.pop(), ()):
                if effect not in kept and effect not in owner:
                    owner[effect] = start
                    pending.append(effect)
    return {id_: owner.get(id_, "") for id_ in folded.ids if id_ not in kept}


def _rest(above: str, members: list[str], standings: Mapping[str, Standing]) -> Group:
    worst = max((standings[member] for member in members), key=_WORST.__getitem__)
    name = GROUP_PREFIX + "rest-" + hashlib.sha256(above.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return Group(name, REST, worst, worst, tuple(members))
