"""The scripts of the views: no markup from data, no address but our own, no import that leads nowhere."""

import re
from pathlib import Path

import pytest

import dashboard

ASSETS = sorted((Path(dashboard.__file__).parent / "component" / "assets").glob("*.js"))


@pytest.mark.parametrize("script", ASSETS, ids=lambda path: path.name)
def test_a_script_can_neither_write_markup_nor_reach_out(script: Path) -> None:
    source = script.read_text(encoding="utf-8")

    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "fetch(",
        "Function(",
    ):
        assert forbidden not in source
    assert set(re.findall(r"https?://[\w./]+", source)) <= {"http://www.w3.org/2000/svg"}
    assert source.count("\n") <= 400
    assert "// @ts-check" in source


@pytest.mark.parametrize("script", ASSETS, ids=lambda path: path.name)
def test_what_a_script_imports_is_there_and_exported(script: Path) -> None:
    source = script.read_text(encoding="utf-8")

    for names, module in re.findall(r"^import (.+?) from \"(.+?)\";$", source, re.MULTILINE):
        exporting = (script.parent / module).read_text(encoding="utf-8")
        for name in re.findall(r"\w+", names.replace("* as cam", "")):
            assert re.search(rf"export (class|function|const) {name}\b", exporting), (script.name, name)
