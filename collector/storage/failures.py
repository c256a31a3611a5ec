"""From what clickhouse-connect raises to our two fates. Messages carry no password and no payload value."""

import re
from http.client import HTTPException

from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError
from urllib3.exceptions import HTTPError

from collector.errors import HeadwaterError, StoreRejectedError, StoreUnavailableError

_TRANSIENT = {
    159: "the store took too long",
    164: "the store is read-only at the moment",
    202: "too many queries run at once",
    209: "the store's network timed out",
    210: "the store lost a connection",
    241: "the store is short of memory",
    242: "the table is read-only at the moment",
    243: "the store's disk is full",
    252: "the store cannot merge as fast as it is written to",
    279: "no replica answers",
    319: "the replicas did not confirm",
    394: "the store cancelled the query",
    999: "the store's Keeper does not answer",
}
# Their text names tables, columns and types, never a value.
_SPEAKS_OF_NAMES_ONLY = frozenset({16, 20, 36, 42, 46, 47, 53, 57, 60, 62, 81, 115, 192, 396, 497, 516})
_SYMBOL = re.compile(r"\(([A-Z][A-Z0-9_]{3,})\)")
_TEXT = re.compile(r"DB::Exception: (.*?)(?:\s*\([A-Z][A-Z0-9_]{3,}\)|\(version|\Z)", re.DOTALL)
_PROXY_ERROR = re.compile(r"HTTP status 5\d\d")
"""Without ClickHouse's own code it comes from something in front of it, or from a store that was cut short."""
_CODE = re.compile(r"\b[Cc]ode: ?(\d+)")
_TEXT_LENGTH_MAX = 400


def translate(error: Exception, *, doing: str, address: str) -> HeadwaterError:
    """Return our error for theirs. `doing` is e.g. `query edges_by_name`; `address` has no password in it."""
    code = _code_of(error)
    if code in _TRANSIENT:
        return StoreUnavailableError(
            f"The store at {address} could not do {doing}: {_TRANSIENT[code]} ({code})."
        )
    if code is None and _PROXY_ERROR.search(str(error)):
        return StoreUnavailableError(
            f"The store at {address} is not ready ({doing}). Is it starting or stopping?"
        )
    if code is None and isinstance(error, OperationalError | HTTPError | OSError):
        return StoreUnavailableError(
            f"The store at {address} does not answer ({doing}: {_kind(error)}). Is it running?"
        )
    if code is None and not isinstance(error, DatabaseError):
        return StoreRejectedError(
            f"The store at {address} gave an answer that cannot be read ({doing}: {_kind(error)})."
        )
    return StoreRejectedError(f"The store at {address} refused {doing}: {_reason(code, str(error))}.")


def was_never_sent(error: Exception) -> bool:
    """Return whether nothing listened, so that the statement certainly did not run."""
    return _code_of(error) is None and isinstance(_root(error), ConnectionRefusedError)


def is_connection_lost(error: Exception) -> bool:
    """Return whether the connection broke before the reply, so that nobody knows whether the statement ran."""
    return _code_of(error) is None and isinstance(_root(error), ConnectionError | HTTPException)


def code_of(error: HeadwaterError) -> int | None:
    """Return ClickHouse's error code behind one of our errors; None if the store never answered."""
    return _code_of(error.__cause__) if isinstance(error.__cause__, Exception) else None


def _code_of(error: Exception) -> int | None:
    code = getattr(error, "code", None) if isinstance(error, ClickHouseError) else None
    if isinstance(code, int):
        return code
    found = _CODE.search(str(error)) if isinstance(error, DatabaseError) else None
    return int(found[1]) if found else None


def _kind(error: Exception) -> str:
    """Return the innermost cause's type: its text may hold anything."""
    return type(_root(error)).__name__


def _root(error: Exception) -> BaseException:
    inner: BaseException = error
    while (deeper := inner.__cause__ or inner.__context__) is not None:
        inner = deeper
    return inner


def _reason(code: int | None, text: str) -> str:
    symbol = _SYMBOL.search(text)
    name = symbol[1] if symbol else "unknown error"
    said = _TEXT.search(text)
    if code in _SPEAKS_OF_NAMES_ONLY and said:
        return f"{name} ({code}): {' '.join(said[1].split())[:_TEXT_LENGTH_MAX].rstrip('.')}"
    return f"{name} ({code})"
