"""From a cascade to the pictures of it: cards and links, and rows on a time axis. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from collector.lineage.cascade import Cascade
from collector.lineage.split_latency import Split
from dashboard.fold import Folded, Group, Leaf, Standing, fold
from dashboard.layout import Grid, place
from dashboard.looks import RELATION_WORDS, edge_kind, edge_reason, service_colour
from dashboard.path_words import Splits, split_text
from dashboard.text import duration, visible
from dashboard.trim import REST, trim
from schemas.records import Edge, Event, EventRef

GRID = Grid()
TIMES = "\N{MULTIPLICATION SIGN}"
TIP_TITLE_CHARACTERS = 120
_COPIES = {"redriven": "REDRIVEN", "mirrored": "MIRRORED", "duplicated": "COPY"}


@dataclass(frozen=True)
class Picture:
    """What is drawn of one cascade. `hot` is on the way to a dead letter, `critical` decided when it ended."""

    cascade: Cascade
    folded: Folded
    refs: dict[str, EventRef]
    start_ms: float
    standings: dict[str, Standing]
    badges: dict[str, str]
    hot: frozenset[str]
    hot_links: frozenset[tuple[str, str]]
    critical: frozenset[str]
    critical_links: frozenset[tuple[str, str]]
    splits: Splits

    def event(self, id_: str) -> Event | None:
        """Return the event that is drawn under this id, None for a group."""
        ref = self.refs.get(id_)
        return self.cascade.events[ref] if ref else None


def prepare(
    cascade: Cascade,
    *,
    opened: Collection[str] = (),
    pinned: Collection[str] = (),
    splits: Splits | None = None,
) -> Picture:
    """Fold the cascade and find its paths to failure and its critical path."""
    incoming: dict[EventRef, list[Edge]] = {}
    for edge in cascade.edges:
        incoming.setdefault(edge.effect, []).append(edge)
    standings = {str(ref): _standing(event, incoming.get(ref, ())) for ref, event in cascade.events.items()}
    leaves = [Leaf(str(ref), title_of(event), standings[str(ref)]) for ref, event in cascade.events.items()]
    links = [(str(cause), str(effect)) for cause, effect in cascade.graph.edges]
    folded = fold(leaves, links, opened=opened, pinned=pinned)
    failure_links = _failure_links(cascade)
    path = [str(ref) for ref in cascade.critical_path]
    ends = [
        id_
        for id_ in (*pinned, *(effect for _, effect in failure_links), *reversed(path))
        if id_ in standings
    ]
    folded = trim(folded, standings, first=[folded.drawn_as[id_] for id_ in ends])
    hot = _drawn_path(folded, failure_links)
    critical = _drawn_path(folded, pairwise(path))
    return Picture(
        cascade=cascade,
        folded=folded,
        refs={str(ref): ref for ref in cascade.events},
        start_ms=min((_ms(event) for event in cascade.events.values()), default=0),
        standings=standings,
        badges=_badges(cascade, incoming, standings),
        hot=frozenset(id_ for link in hot for id_ in link),
        hot_links=hot,
        critical=frozenset(id_ for link in critical for id_ in link),
        critical_links=critical,
        splits=splits or {},
    )


def title_of(event: Event) -> str:
    """Return what an event is called: its type, else its topic."""
    return event.type or event.ref.topic


def _ms(event: Event) -> float:
    return event.time.timestamp() * 1000


def _standing(event: Event, incoming: Iterable[Edge]) -> Standing:
    if event.dead_letter:
        return "dead"
    return "retry" if any(edge.relation == "retried" for edge in incoming) else "ok"


def _failure_links(cascade: Cascade) -> list[tuple[str, str]]:
    """Return the way to each dead letter, from the root: at each step back the cause that came last."""
    links: dict[tuple[str, str], None] = {}
    for ref, event in cascade.events.items():
        if not event.dead_letter:
            continue
        node = ref
        while causes := list(cascade.graph.predecessors(node)):
            cause = max(causes, key=lambda ref: (cascade.events[ref].time, ref))
            link = (str(cause), str(node))
            if link in links:
                break
            links[link] = None
            node = cause
    return list(links)


def _drawn_path(folded: Folded, links: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((folded.drawn_as[cause], folded.drawn_as[effect]) for cause, effect in links)


def _badges(
    cascade: Cascade, incoming: dict[EventRef, list[Edge]], standings: dict[str, Standing]
) -> dict[str, str]:
    badges: dict[str, str] = {}
    attempts: dict[EventRef, int] = {}
    for ref in sorted(cascade.events, key=lambda ref: cascade.depths.get(ref, 0)):
        edges = incoming.get(ref, ())
        before = max((attempts.get(edge.cause, 0) for edge in edges), default=0)
        retried = any(edge.relation == "retried" for edge in edges)
        attempts[ref] = before + 1 if retried else 0
        copies = [_COPIES[edge.relation] for edge in edges if edge.relation in _COPIES]
        if standings[str(ref)] == "dead":
            badges[str(ref)] = "DEAD LETTER"
        elif retried:
            badges[str(ref)] = f"RETRY {attempts[ref]}"
        elif copies:
            badges[str(ref)] = copies[0]
    badges.update((str(ref), "CAUSE NOT SEEN") for ref in cascade.orphans if str(ref) not in badges)
    return badges


def graph_data(picture: Picture, *, graph_id: str, scope: str, height: int) -> dict[str, Any]:
    """Return GraphData (dashboard/component/assets/graph.js)."""
    folded = picture.folded
    strong = picture.hot or picture.critical
    placed = place(folded.ids, folded.links.keys(), strong=strong, grid=GRID)
    nodes = []
    for id_ in folded.ids:
        x, y = placed.corners[id_]
        card = _group_card(picture, folded.groups[id_]) if id_ in folded.groups else _event_card(picture, id_)
        box = {"x": x, "y": y, "w": GRID.card_width, "h": GRID.card_height}
        marks = {"hot": id_ in picture.hot, "critical": not picture.hot and id_ in picture.critical}
        nodes.append(card | box | marks)
    edges = _links(picture, placed.routes)
    return {
        "id": graph_id,
        "scope": scope,
        "label": f"Cascade of {len(picture.cascade.events)} events, {len(nodes)} cards. Arrow keys move along it.",
        "height": height,
        "zoom": 0.74,
        "nodes": nodes,
        "edges": edges,
        "legend": _legend(picture, edges),
    }


def _event_card(picture: Picture, id_: str) -> dict[str, Any]:
    event = picture.cascade.events[picture.refs[id_]]
    since = f"+{duration(_ms(event) - picture.start_ms)}"
    title = visible(title_of(event), TIP_TITLE_CHARACTERS)
    where = visible(event.service or event.ref.topic, 60)
    lines = [
        title,
        visible(str(event.ref)),
        f"by {visible(event.service, 60)}" if event.service else "service not on the wire",
    ]
    lines.append(f"{since} after the first event")
    return {
        "id": id_,
        "kind": "event",
        "title": title,
        "sub": f"{since} · {where}",
        "badge": picture.badges.get(id_, ""),
        "status": picture.standings[id_],
        "colour": service_colour(event.service),
        "tip": "\n".join(lines),
    }


def _group_card(picture: Picture, group: Group) -> dict[str, Any]:
    events = [event for id_ in group.members if (event := picture.event(id_))]
    first, last = min(map(_ms, events)), max(map(_ms, events))
    number = len(group.members)
    title = visible(group.title, TIP_TITLE_CHARACTERS)
    badge = {"dead": f"{number:,} DEAD LETTERS", "retry": "RETRIES", "ok": ""}[group.standing]
    mix = {"ok": 0, "retry": 0, "dead": 0} | {group.standing: number}
    how = (
        "Click: list, to choose what is drawn"
        if group.title == REST
        else "Click: list; double-click: draw all"
    )
    return {
        "id": group.id,
        "kind": "group",
        "title": f"{number:,} {TIMES} {title}",
        "sub": f"+{duration(first - picture.start_ms)} to +{duration(last - picture.start_ms)}",
        "badge": badge,
        "status": group.standing,
        "mix": mix,
        "colour": service_colour(events[0].service),
        "tip": f"{number:,} {TIMES} {title}\nwithin {duration(last - first)}\n{how}",
    }


def _links(
    picture: Picture, routes: dict[tuple[str, str], list[tuple[float, float]]]
) -> list[dict[str, Any]]:
    edges: dict[tuple[str, str], list[Edge]] = {}
    drawn = picture.folded.drawn_as
    for one, other in picture.cascade.graph.edges:
        if (drawn[str(one)], drawn[str(other)]) not in picture.folded.links:
            continue  # between events that are not drawn one by one
        edge: Edge = picture.cascade.graph.edges[one, other]["edge"]
        edges.setdefault((drawn[str(one)], drawn[str(other)]), []).append(edge)
    drawn_links = []
    for (cause, effect), members in edges.items():
        surest = min(members, key=lambda edge: (edge_kind(edge) != "caused", edge.confidence))
        kind = edge_kind(surest)
        drawn_links.append({
            "from": cause,
            "to": effect,
            "kind": kind,
            "label": "" if kind == "caused" else f"{surest.confidence:.2f}",
            "hot": (cause, effect) in picture.hot_links,
            "critical": not picture.hot and (cause, effect) in picture.critical_links,
            "points": routes.get((cause, effect), []),
            "tip": edge_tip(surest, len(members), picture.splits),
        })  # fmt: skip
    return drawn_links


def edge_tip(edge: Edge, number: int = 1, splits: Splits | None = None) -> str:
    """Return evidence, confidence and reason of a link in a few lines."""
    lines = [f"{RELATION_WORDS.get(edge.relation, edge.relation)}, {duration(edge.latency_ms)} later"]
    if number > 1:
        lines = [f"{number:,} links, for instance: {lines[0]}"]
    lines.append(f"Evidence: {edge.evidence}, confidence {edge.confidence:.2f}")
    lines.append(edge_reason(edge)[:1].upper() + edge_reason(edge)[1:] + ".")
    if edge.name and edge.evidence != "inferred":
        lines.append(f"They met by {visible(edge.name, 80)}")
    if number == 1 and (split := split_text((splits or {}).get((edge.cause, edge.effect)))):
        lines.append(split[:1].upper() + split[1:])
    return "\n".join(lines)


def _legend(picture: Picture, edges: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Explain what is in this picture, and nothing else."""
    kinds = {edge["kind"] for edge in edges}
    entries = [
        (bool(edges), "caused", "caused"),
        ("ambiguous" in kinds, "ambiguous", "one of several candidates"),
        ("inferred" in kinds, "inferred", "inferred, with confidence"),
        (bool(picture.hot), "hot", "way to the dead letter"),
        (bool(picture.critical_links) and not picture.hot, "critical", "decided when it ended"),
        (bool(picture.folded.groups), "group", "folded, click to open"),
    ]
    return [{"kind": kind, "text": text} for shown, kind, text in entries if shown]


def fall_data(picture: Picture, *, fall_id: str, scope: str, height: int) -> dict[str, Any]:
    """Return FallData (dashboard/component/assets/waterfall.js): effects under the cause that came last."""
    events = len(picture.cascade.events)
    rows = [_row(picture, id_, depth, cause) for id_, depth, cause in _tree_order(picture)]
    return {
        "id": fall_id,
        "scope": scope,
        "label": "Events on a time axis. Arrow keys move.",
        "height": height,
        "rows": rows,
        "count": f"{events:,} events" if len(rows) == events else f"{events:,} events in {len(rows):,} rows",
    }


def _span(picture: Picture, id_: str) -> tuple[float, float]:
    members = picture.folded.groups[id_].members if id_ in picture.folded.groups else (id_,)
    times = [_ms(event) - picture.start_ms for member in members if (event := picture.event(member))]
    return min(times), max(times)


def _tree_order(picture: Picture) -> list[tuple[str, int, str | None]]:
    """Walk the drawn ids depth first: (id, depth, the cause under which it stands)."""
    spans = {id_: _span(picture, id_) for id_ in picture.folded.ids}
    under: dict[str, str] = {}
    for cause, effect in picture.folded.links:
        if cause != effect and (effect not in under or spans[cause][1] > spans[under[effect]][1]):
            under[effect] = cause
    effects: dict[str, list[str]] = {}
    for effect, cause in under.items():
        effects.setdefault(cause, []).append(effect)
    by_time = sorted(picture.folded.ids, key=lambda id_: (spans[id_][0], id_))
    rows: list[tuple[str, int, str | None]] = []
    seen: set[str] = set()
    starts = [id_ for id_ in by_time if id_ not in under]
    for start in [*starts, *by_time]:  # the second half is for what stands in a loop
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            id_, depth = stack.pop()
            if id_ in seen:
                continue
            seen.add(id_)
            rows.append((id_, depth, under.get(id_)))
            following = sorted(
                effects.get(id_, ()), key=lambda effect: (spans[effect][0], effect), reverse=True
            )
            stack.extend((effect, depth + 1) for effect in following)
    return rows


def _row(picture: Picture, id_: str, depth: int, cause: str | None) -> dict[str, Any]:
    first, last = _span(picture, id_)
    group = picture.folded.groups.get(id_)
    card = _group_card(picture, group) if group else _event_card(picture, id_)
    start = _span(picture, cause)[1] if cause and not group else first
    note = f"over {duration(last - first)}" if group else duration(last - start)
    taken = None
    if cause and not group and (split := _split_of(picture, cause, id_)):
        taken = round(start + split.waiting_ms, 3)
    return {
        "id": id_,
        "taken": taken,
        "title": card["title"],
        "sub": card["sub"].partition(" · ")[2],
        "from": round(start, 3),
        "to": round(last, 3),
        "first": round(first, 3),
        "depth": depth,
        "status": card["status"],
        "critical": id_ in picture.critical,
        "badge": card["badge"] if not group else "",
        "colour": card["colour"],
        "note": note if cause else "start",
    }


def _split_of(picture: Picture, cause: str, effect: str) -> Split | None:
    if cause not in picture.refs or effect not in picture.refs:
        return None
    return picture.splits.get((picture.refs[cause], picture.refs[effect]))
