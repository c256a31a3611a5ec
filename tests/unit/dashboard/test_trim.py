"""Very large cascades are drawn with a bounded number of cards, and nothing is lost without a word."""

from hypothesis import given
from hypothesis import strategies as st

from dashboard.fold import Leaf, fold
from dashboard.trim import REST, trim


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Leaf], list[tuple[str, str]]]:
    count = draw(st.integers(1, 40))
    leaves = [
        Leaf(str(n), draw(st.sampled_from("ab")), draw(st.sampled_from(["ok", "dead"]))) for n in range(count)
    ]
    edges = [
        (str(cause), str(effect))
        for effect in range(1, count)
        for cause in draw(st.sets(st.integers(0, effect - 1), max_size=2))
    ]
    return leaves, edges


@given(graphs(), st.integers(1, 12), st.integers(0, 39))
def test_every_event_is_drawn_once_within_the_limit(
    graph: tuple[list[Leaf], list[tuple[str, str]]], cards_max: int, wanted: int
) -> None:
    leaves, edges = graph
    first = [str(wanted % len(leaves))]
    folded = fold(leaves, edges, fold_from=3, pinned=first)

    trimmed = trim(folded, {leaf.id: leaf.standing for leaf in leaves}, first=first, cards_max=cards_max)

    assert set(trimmed.drawn_as) == {leaf.id for leaf in leaves}
    assert set(trimmed.drawn_as.values()) == set(trimmed.ids)
    rest = [group for group in trimmed.groups.values() if group.title == REST]
    assert len(trimmed.ids) - len(rest) <= max(cards_max, len(folded.ids) if not rest else 0)
    for group in rest:
        assert all(trimmed.drawn_as[member] == group.id for member in group.members)
        assert (group.standing == "dead") == any(
            leaf.standing == "dead" for leaf in leaves if leaf.id in group.members
        )
    assert all(cause in trimmed.ids and effect in trimmed.ids for cause, effect in trimmed.links)


def test_what_matters_stays_with_all_that_leads_to_it() -> None:
    leaves = [Leaf(str(n), "step") for n in range(100)]
    edges = [(str(n // 2), str(n)) for n in range(1, 100)]
    folded = fold(leaves, edges)

    trimmed = trim(folded, {leaf.id: "ok" for leaf in leaves}, first=["99"], cards_max=16)

    for id_ in ("99", "49", "24", "12", "6", "3", "1", "0"):
        assert trimmed.drawn_as[id_] == id_
    assert sum(len(group.members) for group in trimmed.groups.values()) + sum(
        id_ not in trimmed.groups for id_ in trimmed.ids
    ) == len(leaves)
