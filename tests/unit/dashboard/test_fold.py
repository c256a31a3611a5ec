"""Siblings fold; what is in trouble, or leads to it, stays beside them."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.fold import Folded, Leaf, Standing, fold


def _campaign(count: int, dead: int) -> tuple[list[Leaf], list[tuple[str, str]]]:
    leaves, edges = [Leaf("root", "Started")], []
    for number in range(count):
        leaves += [Leaf(f"q{number}", "Queued")]
        edges += [("root", f"q{number}")]
        standing: Standing = "dead" if number < dead else "ok"
        leaves += [Leaf(f"s{number}", "Failed" if number < dead else "Sent", standing)]
        edges += [(f"q{number}", f"s{number}")]
    return leaves, edges


def _titles(folded: Folded) -> list[tuple[str, int, str]]:
    return sorted((group.title, len(group.members), group.leads_to) for group in folded.groups.values())


def test_a_fan_out_becomes_one_card_per_step() -> None:
    folded = fold(*_campaign(412, 0))

    assert _titles(folded) == [("Queued", 412, "ok"), ("Sent", 412, "ok")]
    assert len(folded.ids) == 3
    assert sorted(folded.links.values()) == [412, 412]


def test_the_way_to_a_dead_letter_does_not_fold_into_its_healthy_siblings() -> None:
    folded = fold(*_campaign(412, 2))

    assert _titles(folded) == [("Queued", 410, "ok"), ("Sent", 410, "ok")]
    assert {"q0", "s0", "q1", "s1"} <= set(folded.ids)


def test_many_dead_letters_fold_among_themselves() -> None:
    folded = fold(*_campaign(40, 7))

    assert ("Failed", 7, "dead") in _titles(folded)
    assert ("Queued", 7, "dead") in _titles(folded)


def test_few_siblings_do_not_fold() -> None:
    assert fold(*_campaign(4, 0)).groups == {}


def test_an_opened_group_is_drawn_in_full_and_keeps_its_name_as_it_grows() -> None:
    small = fold(*_campaign(30, 0))
    grown = fold(*_campaign(31, 0))
    queued = next(id_ for id_, group in small.groups.items() if group.title == "Queued")

    assert set(small.groups) == set(grown.groups)
    assert queued not in fold(*_campaign(31, 0), opened=[queued]).groups


def test_a_pinned_event_stands_alone() -> None:
    folded = fold(*_campaign(30, 0), pinned=["s3"])

    assert "s3" in folded.ids
    assert ("Sent", 29, "ok") in _titles(folded)


def test_a_batch_that_collects_a_fan_out_keeps_its_link() -> None:
    leaves, edges = _campaign(30, 0)
    folded = fold(
        [*leaves, Leaf("sum", "Counted")], [*edges, *((f"s{number}", "sum") for number in range(12))]
    )

    sent = next(id_ for id_, group in folded.groups.items() if group.title == "Sent")
    assert folded.links[sent, "sum"] == 12


def test_roots_never_fold() -> None:
    assert len(fold([Leaf(str(number), "Same") for number in range(20)], []).ids) == 20


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=60),
    st.lists(st.sampled_from(["ok", "retry", "dead"]), min_size=21, max_size=21),
)
@settings(max_examples=150, deadline=None)
def test_every_event_is_drawn_exactly_once_even_in_loops(
    pairs: list[tuple[int, int]], standings: list[Standing]
) -> None:
    leaves = [Leaf(str(number), "T", standing) for number, standing in enumerate(standings)]
    folded = fold(leaves, [(str(a), str(b)) for a, b in pairs], fold_from=2)

    members = [id_ for group in folded.groups.values() for id_ in group.members]
    alone = [id_ for id_ in folded.ids if id_ not in folded.groups]
    assert sorted(members + alone) == sorted(leaf.id for leaf in leaves)
    for group in folded.groups.values():
        assert {standings[int(id_)] for id_ in group.members} == {group.standing}
    assert {end for link in folded.links for end in link} <= set(folded.ids)
