"""`headwater edges` on a real store: every edge once, in each format, also over several pages."""

import csv
import json
from pathlib import Path

import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from collector.cli import app
from collector.commands import edges as edges_module
from collector.lineage.link import link_batches
from collector.storage.api import Store
from tests.support.records import NOW_MS, Record, record_columns

EFFECTS = 25


@pytest.fixture
def linked_url(store: Store, store_url: str) -> str:
    """One event and EFFECTS effects of it in three partitions."""
    columns = record_columns()
    columns.add("orders", 0, [Record([("message-id", b"m")])], NOW_MS)
    for number in range(EFFECTS):
        columns.add("mails", number % 3, [Record([("causation-id", b"m")], offset=number)], NOW_MS)
    store.insert("events", columns.table(1), token="1")
    link_batches(store, [1])
    return store_url


def read(path: Path, form: str) -> list[dict[str, object]]:
    if form == "csv":
        return list(csv.DictReader(path.read_text().splitlines()))
    if form == "jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    return list(parquet.read_table(path).to_pylist())


@pytest.mark.parametrize("page_edges_max", [2, 1_000])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_every_edge_is_written_once(
    linked_url: str, tmp_path: Path, form: str, page_edges_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges_module, "_PAGE_EDGES_MAX", page_edges_max)
    out = tmp_path / "edges"

    done = CliRunner().invoke(app, ["edges", "--store", linked_url, "--format", form, "--out", str(out)])

    assert done.exit_code == 0, done.output
    found = read(out, form)
    assert list(found[0]) == ["cause", "effect", "relation", "evidence", "confidence", "latency_ms"]
    assert sorted(str(edge["effect"]) for edge in found) == sorted(
        f"mails/{i % 3}/{i}" for i in range(EFFECTS)
    )
    assert {(edge["cause"], edge["relation"], edge["evidence"]) for edge in found} == {
        ("orders/0/0", "caused", "header")
    }


def test_a_span_without_edges_is_an_empty_file_with_its_columns(linked_url: str, tmp_path: Path) -> None:
    out = tmp_path / "edges.csv"

    done = CliRunner().invoke(
        app, ["edges", "--store", linked_url, "--until", "2020-01-01", "--format", "csv", "--out", str(out)]
    )

    assert done.exit_code == 0, done.output
    assert out.read_text().strip() == "cause,effect,relation,evidence,confidence,latency_ms"
