"""ARCHITECTURE.md names what exists: files, tables with their order keys, settings."""

import re

from collector.settings import Settings
from schemas.sql import migrations
from tests.unit.docs.generate import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"(?<![\w.*-])([\w*-]+\.(?:py|sql|toml))\b")


def test_links_to_files_that_exist() -> None:
    links = [link.partition("#")[0] for link in LINK.findall(TEXT) if "://" not in link and link[0] != "#"]

    assert len(links) > 30
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_names_files_that_exist() -> None:
    named = set(FILE.findall(LINK.sub("]", TEXT)))
    folders = [ROOT / package for package in ("collector", "dashboard", "schemas", "tests")]
    missing = [name for name in sorted(named) if not any(any(folder.rglob(name)) for folder in folders)]

    assert {"reader.py", "link_*.sql"} <= named
    assert [name for name in missing if not (ROOT / name).exists()] == []


def test_links_to_headings_that_exist() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    wanted = re.findall(r"\]\(#([^)]+)\)", TEXT) + re.findall(r"\]\(ARCHITECTURE\.md#([^)]+)\)", readme)

    assert set(wanted) <= headings


def test_has_every_table_with_its_order_key() -> None:
    for migration in migrations():
        created = re.search(r"CREATE TABLE IF NOT EXISTS (\w+)", migration.sql)
        order = re.search(r"ORDER BY \(([^)]*)\)", migration.sql)
        if created and order:
            assert re.search(rf"\| `{created[1]}` \| `{re.escape(order[1])}` \|", TEXT), created[1]


def test_names_only_settings_that_exist() -> None:
    assert set(re.findall(r"\bHEADWATER_[A-Z_]+\b", TEXT)) <= {
        f"HEADWATER_{name.upper()}" for name in Settings.model_fields
    } | {"HEADWATER_TEST_CLICKHOUSE_URL"}
