"""Addresses of stores, and what is said of those that are none."""

from pathlib import Path

import pytest

from collector.errors import SettingsError
from collector.storage.open import embedded_folder, open_store, server_endpoint


def test_an_embedded_store_is_a_folder_and_a_database() -> None:
    assert embedded_folder("embedded:/var/lib/hw") == (Path("/var/lib/hw"), "headwater")
    assert embedded_folder("embedded:some/dir?database=eu_1") == (Path("some/dir"), "eu_1")
    assert embedded_folder("embedded:~/x") == (Path.home() / "x", "headwater")
    assert embedded_folder("http://localhost/") is None


def test_a_server_is_all_of_its_address() -> None:
    endpoint = server_endpoint("https://me:p%40ss%2Fword@db.example:9443/flows")

    assert (endpoint.host, endpoint.port, endpoint.user, endpoint.password) == (
        "db.example",
        9443,
        "me",
        "p@ss/word",
    )
    assert (endpoint.database, endpoint.secure, endpoint.address) == (
        "flows",
        True,
        "https://db.example:9443/flows",
    )
    assert "p@ss" not in repr(endpoint)


@pytest.mark.parametrize(
    ("url", "port"), [("http://db", 8123), ("https://db/", 8443), ("http://[::1]:99/x", 99)]
)
def test_what_is_not_said_is_as_in_clickhouse(url: str, port: int) -> None:
    endpoint = server_endpoint(url)

    assert (endpoint.port, endpoint.user, endpoint.password) == (port, "default", "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "does not say what it is"),
        ("localhost:8123", "starts with 'localhost'"),
        ("clickhouse://u:secret@h/x", "starts with 'clickhouse'"),
        ("http://u:secret@:8123/x", "names no host"),
        ("http://u:secret@h:port/x", "cannot be read"),
        ("http://u:secret@h:99999/x", "cannot be read"),
        ("http://u:secret@[::1/x", "cannot be read"),
        ("http://u:secret@h/a;drop", "database that cannot be one"),
        ("http://u:secret@h/a/b", "database that cannot be one"),
        ("embedded:", "names no folder"),
        ("embedded:?database=x", "names no folder"),
        ("embedded:/x?name=y", "only `\\?database=NAME` may stand there"),
        ("embedded:/x?database=a-b", "database that cannot be one"),
    ],
)
def test_a_malformed_address_is_explained_without_its_password(url: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        open_store(url)

    assert "secret" not in str(refused.value)
    assert "embedded:DIR" in str(refused.value) or "`?database=NAME`" in str(refused.value)


def test_a_server_is_not_reached_before_it_is_asked() -> None:
    open_store("http://u:secret@203.0.113.1:1/x").close()
