"""Two fates out of everything that can go wrong."""

import http.client

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError, StreamFailureError

from collector.errors import StoreRejectedError, StoreUnavailableError
from collector.storage.failures import code_of, is_connection_lost, translate, was_never_sent

ADDRESS = "http://db:8123/x"


def server_error(code: int, text: str, name: str) -> DatabaseError:
    body = f"code: {code}, server response: Code: {code}. DB::Exception: {text}. ({name})"
    return DatabaseError(body, code=code, name=name)


def caused_by(root: BaseException) -> OperationalError:
    error = OperationalError("Error ... (http://u:secret@db)")
    error.__cause__ = root
    return error


@pytest.mark.parametrize("code", [159, 202, 241, 242, 243, 252, 999])
def test_what_passes_is_unavailable(code: int) -> None:
    found = translate(
        server_error(code, "something with 'a value'", "X_Y_Z"), doing="insert into events", address=ADDRESS
    )

    assert isinstance(found, StoreUnavailableError)
    assert "a value" not in str(found)
    assert f"({code})" in str(found)


@pytest.mark.parametrize(
    "error",
    [
        caused_by(ConnectionRefusedError()),
        caused_by(ConnectionResetError()),
        caused_by(TimeoutError()),
        OSError("secret"),
        StreamFailureError("secret"),
        DatabaseError("HTTP driver received HTTP status 503, server response: secret"),
    ],
)
def test_no_answer_is_unavailable_and_tells_no_details(error: Exception) -> None:
    found = translate(error, doing="query q", address=ADDRESS)

    assert isinstance(found, StoreUnavailableError)
    assert "secret" not in str(found)
    assert ADDRESS in str(found)
    assert "query q" in str(found)


def test_names_are_told_and_values_are_not() -> None:
    unknown = translate(
        server_error(60, "Table x.t does not exist", "UNKNOWN_TABLE"), doing="query q", address=ADDRESS
    )
    parse = translate(
        server_error(6, "Cannot parse 'hunter2'", "CANNOT_PARSE_TEXT"), doing="query q", address=ADDRESS
    )

    assert isinstance(unknown, StoreRejectedError)
    assert (
        str(unknown)
        == f"The store at {ADDRESS} refused query q: UNKNOWN_TABLE (60): Table x.t does not exist."
    )
    assert isinstance(parse, StoreRejectedError)
    assert str(parse) == f"The store at {ADDRESS} refused query q: CANNOT_PARSE_TEXT (6)."


def test_a_code_can_be_had_from_our_error() -> None:
    error = StoreRejectedError("x")
    error.__cause__ = server_error(81, "x", "UNKNOWN_DATABASE")

    assert code_of(error) == 81
    assert code_of(StoreRejectedError("x")) is None


@pytest.mark.parametrize(
    ("root", "never_sent", "lost"),
    [
        (ConnectionRefusedError(), True, True),
        (ConnectionResetError(), False, True),
        (BrokenPipeError(), False, True),
        (http.client.BadStatusLine(""), False, True),
        (TimeoutError(), False, False),
    ],
)
def test_what_may_be_repeated(root: BaseException, never_sent: bool, lost: bool) -> None:
    error = caused_by(root)

    assert (was_never_sent(error), is_connection_lost(error)) == (never_sent, lost)


def test_an_error_with_a_code_was_answered() -> None:
    error = server_error(241, "x", "MEMORY_LIMIT_EXCEEDED")
    error.__context__ = ConnectionResetError()

    assert not is_connection_lost(error)
    assert not was_never_sent(error)
