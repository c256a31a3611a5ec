"""Modules and functions stay small enough to be read in one go."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.docs.generate import ROOT

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
PACKAGES = ("collector", "dashboard", "schemas")


def too_long(module: str, text: str) -> Iterator[str]:
    """Yield what is longer than it may be, each with its length."""
    lines = text.count("\n")
    if lines > MODULE_LINES_MAX:
        yield f"{module} has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{module}:{node.lineno} {node.name} has {length} lines"


def modules() -> list[Path]:
    """Return every module that is shipped."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_no_module_and_no_function_is_too_long_to_read() -> None:
    found = [
        said
        for path in modules()
        for said in too_long(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]

    assert modules()
    assert not found, (
        f"Modules have at most {MODULE_LINES_MAX} lines and functions {FUNCTION_LINES_MAX}: "
        + "; ".join(found)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n" * (MODULE_LINES_MAX + 1), ["m.py has 401 lines"]),
        ("def f():\n" + " x = 1\n" * FUNCTION_LINES_MAX, ["m.py:1 f has 71 lines"]),
        ("def f():\n" + " x = 1\n" * (FUNCTION_LINES_MAX - 1), []),
    ],
)
def test_counts_lines_and_names_what_is_too_long(text: str, said: list[str]) -> None:
    assert list(too_long("m.py", text)) == said
