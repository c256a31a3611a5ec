"""What is different on the flow map between two spans of time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from collector.lineage.topology import FlowMap, Link, Node, failing_share
from collector.words import duration, rate

RATE_TIMES = 2.0
LATENCY_TIMES = 2.0
LATENCY_MS_MIN = 50.0
ERROR_TIMES = 2.0
ERROR_POINTS_MIN = 0.01
EVENTS_MIN = 10
_TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A node or link in one span: events per minute, p95 in ms, share of 0..1 that failed; None = not known."""

    events: int
    per_minute: float
    p95_ms: float | None
    error_share: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One node (`source` empty) or link that is new, gone or changed. `said` is in words, worst first."""

    what: Literal["new", "gone", "changed"]
    kind: Literal["topic", "service", "link"]
    name: str
    source: str
    target: str
    before: Numbers | None
    after: Numbers | None
    said: tuple[str, ...]
    mark: str
    weight: float


def key_of(difference: Difference) -> str:
    """Return the name by which a picture knows it: the node, or both ends of the link."""
    return f"{difference.source} {difference.target}" if difference.source else difference.target


def compare(before: FlowMap, before_s: float, after: FlowMap, after_s: float) -> list[Difference]:
    """Return what differs in `after`, new and gone first, then by how much. Spans may be of different length."""
    found: list[Difference] = []
    for id_ in sorted({*before.nodes, *after.nodes}):
        one, other = before.nodes.get(id_), after.nodes.get(id_)
        node = other or one
        if node is not None:
            numbers = (_node(one, before_s), _node(other, after_s))
            found += _difference(node.kind, node.name, "", id_, *numbers)
    for pair in sorted({*before.links, *after.links}):
        numbers = (_link(before.links.get(pair), before_s), _link(after.links.get(pair), after_s))
        name = " → ".join(id_.partition(":")[2] for id_ in pair)
        found += _difference("link", name, *pair, *numbers)
    order = {"new": 0, "gone": 1, "changed": 2}
    return sorted(found, key=lambda one: (order[one.what], -one.weight, one.name))


def merged(before: FlowMap, after: FlowMap) -> FlowMap:
    """Return `after` with what only `before` had, without numbers, so that it can be drawn as gone."""
    both = FlowMap(dict(after.nodes), dict(after.links), set(after.hot), set(after.hot_links))
    for id_, node in before.nodes.items():
        if id_ not in both.nodes:
            both.nodes[id_] = replace(node, events=0, taken=0, dead_letters=0, copies=0)
    for pair, link in before.links.items():
        if pair not in both.links:
            both.links[pair] = replace(link, events=0, dead_letters=0, retries=0)
    return both


def _node(node: Node | None, window_s: float) -> Numbers | None:
    if node is None:
        return None
    share = failing_share(node) if node.kind == "service" else node.dead_letters / max(1, node.events)
    return Numbers(node.events, node.events * 60 / window_s, node.p95_ms, share)


def _link(link: Link | None, window_s: float) -> Numbers | None:
    if link is None:
        return None
    share = link.dead_letters / max(1, link.events) if link.events else None
    return Numbers(link.events, link.events * 60 / window_s, link.p95_ms, share)


def _difference(
    kind: Literal["topic", "service", "link"],
    name: str,
    source: str,
    target: str,
    before: Numbers | None,
    after: Numbers | None,
) -> list[Difference]:
    if before is None and after is not None:
        said = (f"New: {rate(after.per_minute)} now, not there before.",)
        return [Difference("new", kind, name, source, target, before, after, said, "new", after.per_minute)]
    if after is None and before is not None:
        said = (f"Gone: {rate(before.per_minute)} before, nothing now.",)
        return [
            Difference("gone", kind, name, source, target, before, after, said, "gone", before.per_minute)
        ]
    if before is None or after is None:
        return []
    changes = _Changes()
    _compare_rates(before, after, changes)
    _compare_errors(before, after, changes)
    _compare_latencies(before, after, changes)
    if not changes.said:
        return []
    weight = max(changes.factors)
    return [
        Difference(
            "changed",
            kind,
            name,
            source,
            target,
            before,
            after,
            tuple(changes.said),
            changes.marks[0],
            weight,
        )
    ]


@dataclass
class _Changes:
    said: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)

    def add(self, said: str, mark: str, factor: float) -> None:
        self.said.append(said)
        self.marks.append(mark)
        self.factors.append(factor)


def _compare_rates(before: Numbers, after: Numbers, changes: _Changes) -> None:
    if max(before.events, after.events) < EVENTS_MIN:
        return
    factor = after.per_minute / before.per_minute if before.per_minute else float("inf")
    if 1 / RATE_TIMES < factor < RATE_TIMES:
        return
    said = f"Rate {rate(before.per_minute)} before, {rate(after.per_minute)} now."
    mark = _times(factor) if before.per_minute else "starts"
    changes.add(said, mark if after.per_minute else "silent", max(factor, 1 / max(factor, 1e-9)))


def _compare_errors(before: Numbers, after: Numbers, changes: _Changes) -> None:
    if before.error_share is None or after.error_share is None or after.events < EVENTS_MIN:
        return
    low, high = sorted((before.error_share, after.error_share))
    if high - low < ERROR_POINTS_MIN or high < ERROR_TIMES * low:
        return
    said = f"Failing share {before.error_share:.1%} before, {after.error_share:.1%} now."
    more = after.error_share > before.error_share
    changes.add(said, f"fails {after.error_share:.0%}" if more else "recovered", 100.0 if more else 3.0)


def _compare_latencies(before: Numbers, after: Numbers, changes: _Changes) -> None:
    if before.p95_ms is None or after.p95_ms is None or min(before.events, after.events) < EVENTS_MIN:
        return
    low, high = sorted((max(before.p95_ms, 0.0), max(after.p95_ms, 0.0)))
    if high - low < LATENCY_MS_MIN or high < LATENCY_TIMES * low:
        return
    slower = after.p95_ms > before.p95_ms
    said = f"p95 {duration(before.p95_ms)} before, {duration(after.p95_ms)} now."
    changes.add(said, "slower" if slower else "faster", high / max(low, 1.0))


def _times(factor: float) -> str:
    return f"{_TIMES}{factor:.1f}" if factor >= 1 else f"÷{1 / max(factor, 1e-9):.1f}"


def totals(differences: Sequence[Difference]) -> dict[str, int]:
    """Return how many are new, gone and changed."""
    return {what: sum(one.what == what for one in differences) for what in ("new", "gone", "changed")}
