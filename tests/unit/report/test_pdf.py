"""Where PDF cannot be made the command says what to install, and pictures have colours."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.report.html import PAPER_COLOURS, template_text
from collector.report.pdf import picture_css


def test_without_the_library_the_command_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    found = CliRunner().invoke(app, ["report", "--out", str(tmp_path / "weekly.pdf")])

    assert found.exit_code == 1
    assert "pip install weasyprint (the extra [pdf])" in str(found.exception)
    assert not (tmp_path / "weekly.pdf").exists()


def test_without_pango_the_command_says_which_packages_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    raises = "raise OSError(\"cannot load library 'libpango-1.0-0'\\nand more\")"
    (tmp_path / "weasyprint.py").write_text(raises, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    found = CliRunner().invoke(app, ["report", "--out", str(tmp_path / "weekly.pdf")])

    assert found.exit_code == 1
    assert "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" in str(found.exception)
    assert "cannot load library 'libpango-1.0-0')" in str(found.exception)


def test_pictures_have_every_colour_by_its_value() -> None:
    found = picture_css()

    assert "var(" not in found
    assert f"fill: {PAPER_COLOURS['red']}" in found
    assert found.count("{") == template_text("pictures.css").count("{")
