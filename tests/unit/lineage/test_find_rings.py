"""Rings among topics."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from collector.lineage.find_rings import rings

NAMES = st.sampled_from("abcde")


def test_each_ring_once_from_its_first_name() -> None:
    assert rings([("b", "c"), ("c", "a"), ("a", "b"), ("d", "d"), ("c", "e")]) == [("d",), ("a", "b", "c")]


@given(st.sets(st.tuples(NAMES, NAMES)))
def test_every_ring_runs_along_links(links: set[tuple[str, str]]) -> None:
    found = rings(links)

    for ring in found:
        assert set(zip(ring, (*ring[1:], ring[0]), strict=True)) <= links
        assert ring[0] == min(ring)
    assert len(set(found)) == len(found)


@given(st.permutations("abcdef"))
def test_a_chain_has_none(names: list[str]) -> None:
    assert rings(pairwise(names)) == []
