"""chDB, the ClickHouse engine in this process, behind three calls. Knows nothing of HTTP."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from chdb.state.sqlitelike import Connection, connect

from collector.errors import StoreLockedError, StoreUnavailableError
from collector.storage.folder import engine_holder
from collector.storage.inbox import Inbox

_FORMAT_NAME = re.compile(r"[A-Za-z0-9_]+")
_OWN_SETTINGS = re.compile(r"\bSETTINGS\s+\w+\s*=", re.IGNORECASE)
_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ERROR_CODE = re.compile(r"\bCode: (\d+)\.")
_REASON_LENGTH_MAX = 400
_CONFIG_FILE = Path(__file__).with_name("engine.xml")
UNKNOWN_ERROR = 1002
"""ClickHouse's own code for an error that is not one of its own."""


class EngineError(Exception):
    """The engine refused a statement; `code` is ClickHouse's error code."""

    def __init__(self, message: str, code: int = UNKNOWN_ERROR):
        super().__init__(message)
        self.code = code

    @classmethod
    def of(cls, error: Exception) -> "EngineError":
        """Return what chDB raised with its wrapping taken off."""
        if isinstance(error, cls):
            return error
        text = str(error)
        found = _ERROR_CODE.search(text)
        return cls(text[found.start() :] if found else text, int(found[1]) if found else UNKNOWN_ERROR)


@dataclass(frozen=True)
class Context:
    """What a statement runs under: database, settings and the texts of its parameters."""

    database: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a statement gave back. `content` is in the format asked for."""

    content: bytes
    rows_read: int = 0
    bytes_read: int = 0
    rows_written: int = 0
    bytes_written: int = 0


class Engine:
    """One folder, opened. Every method may be called from several threads at once.

    Each statement gets a handle of its own (0.2 ms): a handle carries `SET` and `USE`, and a second
    statement on a busy handle comes back empty instead of failing.
    """

    def __init__(self, folder: Path, *, memory_bytes_max: int):
        """Open `folder`. Raises StoreLockedError if another process has it open, StoreUnavailableError if it fails."""
        self._target = f"{folder}?{urlencode(_limits(memory_bytes_max))}"
        self._closing = threading.Event()
        self._inbox = Inbox()
        try:
            # chDB shuts down with its last handle; this one holds it open between statements.
            self._anchor = connect(self._target)
        except RuntimeError as error:
            if other := engine_holder(folder):
                raise StoreLockedError(
                    f"The store's folder {folder} is open in {other}. End that first."
                ) from None
            reason = str(error).partition("Stack trace")[0][:_REASON_LENGTH_MAX]
            raise StoreUnavailableError(f"The engine cannot open {folder}: {reason}") from None

    def query(self, sql: str, format_name: str, context: Context) -> Answer:
        """Run any statement. `format_name` is used where the statement has no FORMAT. Raises EngineError."""
        handle = self._handle(context)
        try:
            result = handle.query(sql, format_name, params=dict(context.params))
            return Answer(result.bytes() or b"", result.rows_read(), result.bytes_read())
        except Exception as error:  # chDB raises RuntimeError, its subclasses and bare ValueErrors
            raise EngineError.of(error) from None
        finally:
            handle.close()

    def insert(self, sql: str, format_name: str, chunks: Iterable[bytes], context: Context) -> Answer:
        """Run an INSERT (without FORMAT) with its data, which may come in any pieces. Raises EngineError.

        From a file, as `send_insert` of chDB 26.9 does not tell what goes wrong behind reading: it says how many rows
        it wrote, and where memory was short, a view failed or a partition was one too many, there are none.
        """
        if not _FORMAT_NAME.fullmatch(format_name):
            raise EngineError(f"There is no format called {format_name!r}. (UNKNOWN_FORMAT)", 73)
        with self._inbox.holding(chunks) as path:
            done = self.query(_from_file(sql, path, format_name), "Null", context)
        return Answer(b"", rows_written=done.rows_read, bytes_written=done.bytes_read)

    def interrupt(self) -> None:
        """Cancel every query that is running, so that the engine can be closed. Inserts are left to finish."""
        self.query(
            "KILL QUERY WHERE query_kind = 'Select' AND query NOT LIKE '%system.processes%' ASYNC",
            "Null",
            Context(),
        )

    def close(self) -> None:
        """Shut the engine down. Statements that come later raise EngineError. May be called twice."""
        self._closing.set()
        self._inbox.close()
        self._anchor.close()

    def _handle(self, context: Context) -> Connection:
        if self._closing.is_set():
            raise EngineError("The store is stopping.")
        handle = connect(self._target)
        try:
            if context.database:
                handle.query(f"USE {quote_identifier(context.database)}")
            if context.settings:
                handle.query(f"SET {', '.join(_assignment(*item) for item in context.settings.items())}")
        except Exception as error:
            handle.close()
            raise EngineError.of(error) from None
        return handle


def _limits(memory_bytes_max: int) -> dict[str, int | str]:
    """Return settings that keep the engine within its memory, and one statement from taking all of it.

    Defaults of tables can be set in a file only.
    """
    cache_bytes_max = memory_bytes_max // 16
    return {
        "config-file": str(_CONFIG_FILE),
        "max_server_memory_usage": memory_bytes_max,
        "mark_cache_size": cache_bytes_max,  # 5 GiB each by default
        "index_mark_cache_size": cache_bytes_max,
        "primary_index_cache_size": cache_bytes_max,
        "max_memory_usage": memory_bytes_max // 2,
        # Sets of many hours and topics are larger than that: what is grouped goes to disk long before.
        "max_bytes_before_external_group_by": memory_bytes_max // 8,
        # An answer is held whole before it is sent. Without a limit of its own, one that fills the memory
        # leaves the engine short of it for good.
        "max_result_bytes": memory_bytes_max // 8,
    }


def _from_file(sql: str, path: str, format_name: str) -> str:
    """Name the file where the grammar wants it: before settings that an INSERT may have of its own."""
    settings = _OWN_SETTINGS.search(sql)
    at = settings.start() if settings else len(sql)
    return f"{sql[:at]} FROM INFILE '{path}' COMPRESSION 'none' {sql[at:]} FORMAT {format_name}"


def quote_identifier(name: str) -> str:
    """Return `name` as SQL reads an identifier, whatever is in it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _assignment(name: str, value: str) -> str:
    if not _SETTING_NAME.fullmatch(name):
        raise EngineError(f"There is no setting called {name!r}. (UNKNOWN_SETTING)", 115)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name} = '{escaped}'"
