"""The README says what the code does: whoever changes one hears of the other."""

import json
import re
from datetime import UTC, datetime

import pytest
from typer.main import get_command

from collector.cli import app
from collector.commands.cascade import as_document
from collector.commands.edges import COLUMNS
from collector.lineage.cascade import Cascade
from collector.lineage.graph import build_graph, critical_path, depths
from collector.settings import Settings
from schemas.records import Edge, Event, EventRef
from tests.unit.docs.generate import README, ROOT, renewed
from tests.unit.docs.tables import HOME_FOLDER, TABLES, commands, commands_table, settings_table

TEXT = README.read_text(encoding="utf-8")
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", TABLES)
def test_has_the_table_that_the_code_makes(name: str) -> None:
    assert TABLES[name]() in TEXT, f"the {name} in the README are not those of the code: run `make docs`"


def test_is_what_make_docs_would_write() -> None:
    assert renewed(TEXT) == TEXT, "run `make docs`"


def test_make_docs_needs_a_place_for_every_table() -> None:
    with pytest.raises(ValueError, match="begin settings"):
        renewed(TEXT.replace("<!-- begin settings", "<!-- begin something"))


def test_every_setting_and_every_command_is_described() -> None:
    assert settings_table().count("\n") == len(Settings.model_fields) + 1
    assert commands_table().count("\n") == len(list(commands(get_command(app)))) + 1
    assert "|  |" not in settings_table() + commands_table()


def test_names_no_home_folder_of_the_machine_it_was_written_on() -> None:
    assert f"embedded:{HOME_FOLDER}" in settings_table()
    assert not re.search(r"/(root|home/\w+)/", TEXT)


def test_names_only_settings_that_exist() -> None:
    named = set(re.findall(r"\bHEADWATER_[A-Z_]+\b", TEXT))

    assert named <= {f"HEADWATER_{name.upper()}" for name in Settings.model_fields}


def test_names_only_commands_that_exist() -> None:
    named = set(re.findall(r"(?:`|\$ |bin/)headwater ([a-z]+)", TEXT))

    assert named
    assert named <= COMMANDS


def test_names_only_make_targets_that_exist() -> None:
    blocks = re.findall(r"^```$(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`make ([a-z]+)", TEXT)) | set(
        re.findall(r"^make ([a-z]+)", "".join(blocks), re.MULTILINE)
    )
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named <= targets


def test_links_to_what_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", TEXT) if "://" not in link]

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def example(name: str) -> str:
    """Return the code block after the marker `<!-- example NAME -->`."""
    found = re.search(rf"<!-- example {name} -->\n```\w+\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_cascade_in_json_has_the_keys_that_the_command_prints() -> None:
    shown = json.loads(example("cascade"))

    printed = json.loads(json.dumps(as_document(a_cascade())))

    assert list(shown) == list(printed)
    assert list(shown["events"][0]) == list(printed["events"][0])
    assert list(shown["edges"][0]) == list(printed["edges"][0])


def test_the_edges_have_the_columns_that_the_command_writes() -> None:
    assert example("edges").splitlines()[0] == ",".join(COLUMNS)


def a_cascade() -> Cascade:
    """Return two events and the edge between them."""
    refs = [EventRef("orders", 0, 1), EventRef("payments", 0, 2)]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    events = {
        ref: Event(ref, now, "key", "Type", "service", "/source", "id", "", "", "", False) for ref in refs
    }
    edges = [Edge(refs[0], refs[1], "caused", "header", 1.0, 12.3)]
    graph = build_graph(events, edges)
    return Cascade(
        focus=refs[0],
        events=events,
        edges=edges,
        graph=graph,
        roots=refs[:1],
        depths=depths(graph),
        critical_path=critical_path(graph, events),
        orphans=[],
        truncated=False,
    )
