"""From a store's URL to a store."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from collector.errors import SettingsError
from collector.storage.api import Store
from collector.storage.clickhouse import ClickHouseStore, Endpoint
from collector.storage.embedded import AttachedFolder

DEFAULT_DATABASE = "headwater"
_DATABASE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_FORMS = "`embedded:DIR` or `http(s)://user:password@host:8123/database`"


def open_store(store_url: str) -> Store:
    """Return the store at `embedded:DIR[?database=NAME]` or `http(s)://user:password@host:8123/database`.

    A server is reached with the first call, an embedded store is found or started at once.
    Raises SettingsError for a malformed URL (no password in the message), StoreLockedError and
    StoreUnavailableError for an embedded store that cannot be had.
    """
    embedded = embedded_folder(store_url)
    if embedded is not None:
        attached = AttachedFolder(*embedded)
        attached.find()
        return ClickHouseStore(attached.find, release=attached.release)
    endpoint = server_endpoint(store_url)
    return ClickHouseStore(lambda was_lost: endpoint)  # noqa: ARG005 - a server stays where it is


def server_endpoint(store_url: str) -> Endpoint:
    """Return what `http(s)://user:password@host:8123/database` says. Raises SettingsError."""
    try:
        url = urlsplit(store_url)
        port = url.port
    except ValueError:
        raise SettingsError(
            f"The store's address cannot be read: its host or its port is none. Write {_FORMS}."
        ) from None
    if url.scheme not in ("http", "https"):
        kind = f"starts with {url.scheme!r}" if url.scheme else "does not say what it is"
        raise SettingsError(f"The store's address {kind}. Write {_FORMS}.")
    if not url.hostname:
        raise SettingsError(f"The store's address names no host. Write {_FORMS}.")
    secure = url.scheme == "https"
    return Endpoint(
        host=url.hostname,
        port=port or (8443 if secure else 8123),
        user=unquote(url.username or "default"),
        password=unquote(url.password or ""),
        database=_checked(unquote(url.path.strip("/")) or DEFAULT_DATABASE),
        secure=secure,
    )


def embedded_folder(store_url: str) -> tuple[Path, str] | None:
    """Return folder and database of `embedded:DIR[?database=NAME]`, None for a server. Raises SettingsError."""
    if not store_url.startswith("embedded:"):
        return None
    folder, _, query = store_url.removeprefix("embedded:").partition("?")
    if not folder:
        raise SettingsError("The store's address `embedded:` names no folder. Write `embedded:DIR`.")
    key, _, database = query.partition("=")
    if query and key != "database":
        raise SettingsError(
            f"The store's address has {key!r} after its folder; only `?database=NAME` may stand there."
        )
    return Path(folder).expanduser(), _checked(database or DEFAULT_DATABASE)


def _checked(database: str) -> str:
    if not _DATABASE_NAME.fullmatch(database):
        raise SettingsError(
            "The store's address names a database that cannot be one: use letters, digits and underscores, "
            f"and write {_FORMS}."
        )
    return database
