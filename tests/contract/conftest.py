"""Statements that only these tests ask."""

from collections.abc import Callable
from typing import Any

import pytest

from collector.storage.api import Params, Store
from schemas import sql

Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return statements by name, to be added to; the store finds them beside those in schemas/queries."""
    own: dict[str, str] = {}
    from_files = sql.query

    def find(name: str) -> str:
        return own[name] if name in own else from_files(name)

    monkeypatch.setattr(sql, "query", find)
    return own


@pytest.fixture
def ask(statements: dict[str, str]) -> Ask:
    """Return `ask(store, statement, params)`, which is Store.query for a statement without a file."""

    def ask(store: Store, statement: str, params: Params | None = None) -> list[dict[str, Any]]:
        statements["asked"] = statement
        return store.query("asked", params)

    return ask
