"""What tests share: a store of their own, fresh and migrated."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of an embedded store that runs for the whole session: starting one takes a second."""
    folder = tmp_path_factory.mktemp("store")
    keeper = open_store(f"embedded:{folder}")
    yield folder
    keeper.close()


@pytest.fixture
def new_store_url(store_folder: Path) -> Iterator[Callable[[], str]]:
    """Return a function that gives the URL of a database which nobody else has, on the session's store."""
    names: list[str] = []

    def new() -> str:
        names.append(f"test_{uuid4().hex}")
        return f"embedded:{store_folder}?database={names[-1]}"

    yield new
    keeper = open_store(f"embedded:{store_folder}")
    for name in names:
        keeper.create_database()
        keeper.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    keeper.close()


@pytest.fixture
def store_url(new_store_url: Callable[[], str]) -> str:
    """Return the URL of a store with nothing in it, not even tables."""
    return new_store_url()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return a migrated store with no rows in it."""
    store = open_store(store_url)
    migrate(store)
    yield store
    store.close()
