"""What tests share: a store of their own, fresh and migrated."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store

# How long an example takes says more about the machine than about the code: time is measured by `make bench`.
settings.register_profile("headwater", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("headwater")


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of an embedded store that runs for the whole session: starting one takes a second."""
    folder = tmp_path_factory.mktemp("store")
    keeper = open_store(f"embedded:{folder}")
    yield folder
    keeper.close()


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return what makes a store's URL from a database's name.

    HEADWATER_TEST_CLICKHOUSE_URL (http://user:password@host:8123) runs the tests on a server instead.
    """
    server = os.environ.get("HEADWATER_TEST_CLICKHOUSE_URL", "").rstrip("/")
    if server:
        return lambda name: f"{server}/{name}"
    folder = request.getfixturevalue("store_folder")
    return lambda name: f"embedded:{folder}?database={name}"


@pytest.fixture
def store_url(database_url: Callable[[str], str]) -> Iterator[str]:
    """Return the URL of a store with nothing in it: its database does not even exist."""
    name = f"test_{uuid4().hex}"
    yield database_url(name)
    cleaner = open_store(database_url("default"))
    cleaner.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    cleaner.close()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return a migrated store with no rows in it."""
    store = open_store(store_url)
    _migrate(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared_store(database_url: Callable[[str], str]) -> Iterator[Store]:
    """Return a migrated store that the tests of a module share; migrating takes a second or more."""
    name = f"test_{uuid4().hex}"
    store = open_store(database_url(name))
    _migrate(store)
    yield store
    store.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    store.close()


def _migrate(store: Store) -> None:
    """Make the tables, in which nothing grows old: tests write rows of fixed days, which will be long gone."""
    migrate(store)
    store.command("SYSTEM STOP TTL MERGES")
