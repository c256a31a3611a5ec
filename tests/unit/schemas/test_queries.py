"""What every statement has to keep to."""

from importlib.resources import files

import pytest

EDGE_READERS = sorted(
    file.name
    for file in (files("schemas") / "queries").iterdir()
    if any(f"FROM {table}" in file.read_text(encoding="utf-8") for table in ("edges", "edges_by_cause"))
)
# A withdrawn guess has evidence beside it, so it changes nothing where only effects, or their topics, are asked for.
EFFECTS_ONLY = {"edges_topics.sql", "flows_roots.sql"}


@pytest.mark.parametrize("name", sorted(set(EDGE_READERS) - EFFECTS_ONLY))
def test_who_reads_edges_leaves_out_guesses_that_were_withdrawn(name: str) -> None:
    statement = (files("schemas") / "queries" / name).read_text(encoding="utf-8")
    assert (
        "confidence > 0" in statement
        or "confidence >= 1" in statement
        or "evidence != 'inferred'" in statement
    ), f"{name} reads edges: say AND confidence > 0 (withdrawn guesses have 0), or AND evidence != 'inferred'"
