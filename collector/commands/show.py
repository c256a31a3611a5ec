"""What the commands share: stores, times and text that is safe on a terminal."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from collector import settings as settings_module
from collector.errors import SettingsError
from collector.storage.api import Store

# Everything that a terminal could obey: C0, DEL, C1, and what changes the direction of text.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_AGO = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_PIPE_WIDTH = 1_000  # in a file or a pipe no line is folded
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def plain(text: object) -> str:
    """Return `text` with whatever a terminal could obey written as an escape: it came from the wire."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", str(text))


def console() -> Console:
    """Return the console for results; it reads no markup, so that square brackets stay what they are."""
    wide = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=wide)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output; ASCII, so that no terminal is led astray."""
    print(json.dumps(value, indent=1, default=_json_value))


def _json_value(value: object) -> str:
    if isinstance(value, datetime):
        return iso_ms(value)
    return str(value)


def iso_ms(moment: datetime) -> str:
    """Return `2026-11-23T10:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read `15m`, `2h`, `7d` (before `now`) or an ISO date-time (UTC where it names no zone). Raises SettingsError."""
    if text is None:
        return None
    if match := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(
            f"{plain(text)!r} is not a time. Write 15m, 2h, 7d or 2026-11-23T10:00:00."
        ) from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


@contextmanager
def opened_store(store_url: str | None) -> Iterator[Store]:
    """Open and migrate the store of the settings, or that of `store_url`; close it at the end."""
    from collector.storage.migrate import migrate
    from collector.storage.open import open_store

    settings = settings_module.load(store=store_url)
    store = open_store(settings.store.get_secret_value())
    try:
        migrate(store)
        yield store
    finally:
        store.close()
