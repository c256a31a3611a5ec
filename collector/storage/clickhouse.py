"""The store over ClickHouse's HTTP interface, whoever serves it."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import clickhouse_connect
import lz4.frame
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from collector.errors import StoreRejectedError
from collector.storage.api import Params
from collector.storage.encode import Encoded, encode
from collector.storage.failures import is_connection_lost, translate, was_never_sent
from collector.storage.values import as_rows, as_text_where_valid, bind
from schemas import sql

_CONNECT_SECONDS_MAX = 5
_ANSWER_SECONDS_MAX = 120
_INSERT_SETTINGS = {
    # Without this a resend would be dropped from the table, but not from what its views feed.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "insert_deduplicate": 1,
    "async_insert": 0,  # acknowledged means durable
    "max_partitions_per_insert_block": 0,  # a replay of a long history touches many months at once
    "optimize_on_insert": 0,  # it would merge each block by itself first, at twice the cost; reads say FINAL
    "max_insert_threads": 1,  # one order of blocks, so that a token means the same rows at every attempt
}
_SESSION_SETTINGS = {
    "session_timezone": "UTC",
    # The store gives up before we do: a query that nobody waits for would go on holding memory.
    "max_execution_time": _ANSWER_SECONDS_MAX - 10,
    "output_format_arrow_string_as_string": 0,
    "output_format_arrow_low_cardinality_as_dictionary": 0,
}
_FAILURES = (ClickHouseError, OSError, pa.ArrowInvalid)
Result = TypeVar("Result")

for _noisy in ("clickhouse_connect", "urllib3.connectionpool"):
    # They log addresses with the parameters of queries in them; what fails is told by our own errors.
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Endpoint:
    """Where a ClickHouse HTTP interface is. `database` need not exist yet."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = "headwater"
    secure: bool = False

    @property
    def is_local(self) -> bool:
        """Return whether it is on this machine, where compression costs more than it saves."""
        return self.host in ("127.0.0.1", "localhost", "::1")

    @property
    def address(self) -> str:
        """Return what a message may show: no password in it."""
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}/{self.database}"


class ClickHouseStore:
    """A database on a ClickHouse. Connects with the first call, and again after a connection was lost.

    There is no retry in here but one, at once, where the connection was lost and nothing can go wrong: reads,
    inserts (their token makes a resend harmless), and whatever was never sent. Whether to hold back longer is
    for the caller to decide.
    """

    def __init__(self, find: Callable[[bool], Endpoint], *, release: Callable[[], None] = lambda: None):
        """`find(was_lost)` says where the store is, each time a connection is needed; `release` is for `close`."""
        self._find = find
        self._release = release
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._was_lost = False
        self._address = "(not connected yet)"

    def insert(self, table: str, rows: pa.Table | Encoded, *, token: str) -> None:
        """See Store.insert."""
        plain = rows.rows if isinstance(rows, Encoded) else rows
        if plain.num_rows == 0:  # as errors and new shapes of most writes: not even encoded
            return
        content = rows.stream if isinstance(rows, Encoded) else encode(rows).stream
        settings = {**_INSERT_SETTINGS, "insert_deduplication_token": token}

        def send(client: Client) -> None:
            encoding = client.write_compression
            client.raw_insert(
                table,
                plain.column_names,
                lz4.frame.compress(content) if encoding else content,
                settings=settings,
                fmt="ArrowStream",
                compression=encoding,
            )

        self._call(f"insert into {table}", send, repeatable=True)

    def query(self, name: str, params: Params | None = None) -> list[dict[str, Any]]:
        """See Store.query. Text that is not valid UTF-8 comes back as bytes."""
        text, beside, settings = self._bind(name, params)

        def read(client: Client) -> list[dict[str, Any]]:
            formats = {"*String": "bytes"}
            found = client.query(text, beside, settings, query_formats=formats, column_oriented=True)
            types = [kind.name for kind in found.column_types]
            return as_rows(found.column_names, types, found.result_columns)

        return self._call(f"query {name}", read, repeatable=True)

    def query_arrow(self, name: str, params: Params | None = None) -> pa.Table:
        """See Store.query_arrow. A column with text that is not valid UTF-8 is binary."""
        text, beside, settings = self._bind(name, params)

        def read(client: Client) -> pa.Table:
            content = client.raw_query(text, beside, settings, fmt="ArrowStream")
            return as_text_where_valid(pa.ipc.open_stream(content).read_all())

        return self._call(f"query {name}", read, repeatable=True)

    def execute(self, name: str, params: Params | None = None) -> None:
        """See Store.execute."""
        text, beside, settings = self._bind(name, params)
        settings |= {"async_insert": 0}
        self._call(f"statement {name}", lambda client: client.command(text, beside, settings=settings))

    def command(self, sql: str, params: Params | None = None) -> Sequence[Any] | str | int | None:
        """See Store.command."""
        text, beside, settings = bind(sql, params or {})

        def run(client: Client) -> Sequence[Any] | str | int | None:
            found = client.command(text, beside, settings=settings)
            return found if isinstance(found, str | int | list | tuple) else None

        return self._call("a statement", run)

    def create_database(self) -> None:
        """See Store.create_database."""

        def create(client: Client) -> None:
            client.command(
                "CREATE DATABASE IF NOT EXISTS {name:Identifier}",
                {"name": client.database},
                use_database=False,
            )

        self._call("create the database", create)

    def close(self) -> None:
        """See Store.close."""
        self._disconnect()
        self._release()

    def _bind(self, name: str, params: Params | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
        try:
            return bind(sql.query(name), params or {})
        except ValueError as error:
            raise StoreRejectedError(f"The query {name} cannot be asked: {error}.") from None

    def _call(self, doing: str, ask: Callable[[Client], Result], *, repeatable: bool = False) -> Result:
        try:
            return self._ask(ask)
        except _FAILURES as error:
            if not was_never_sent(error) and not (repeatable and is_connection_lost(error)):
                raise translate(error, doing=doing, address=self._address) from error
        try:
            return self._ask(ask)
        except _FAILURES as error:
            raise translate(error, doing=doing, address=self._address) from error

    def _ask(self, ask: Callable[[Client], Result]) -> Result:
        try:
            return ask(self._connected())
        except _FAILURES as error:
            if was_never_sent(error) or is_connection_lost(error):
                self._disconnect()
            raise

    def _connected(self) -> Client:
        with self._lock:
            if self._client is None:
                endpoint = self._find(self._was_lost)
                self._address = endpoint.address
                self._client = _connect(endpoint)
                self._was_lost = False
            return self._client

    def _disconnect(self) -> None:
        with self._lock:
            client, self._client = self._client, None
            self._was_lost = True
        if client is not None:
            client.close()


def _connect(endpoint: Endpoint) -> Client:
    client = clickhouse_connect.get_client(
        host=endpoint.host,
        port=endpoint.port,
        username=endpoint.user,
        password=endpoint.password,
        database="__default__",  # connecting asks the server a few things, also where ours does not exist yet
        secure=endpoint.secure,
        compress=False if endpoint.is_local else "lz4",
        autogenerate_session_id=False,  # a session would forbid two threads at once
        query_limit=0,
        connect_timeout=_CONNECT_SECONDS_MAX,
        send_receive_timeout=_ANSWER_SECONDS_MAX,
        settings=_SESSION_SETTINGS,
        tz_mode="aware",
        dedicated_pool=True,
    )
    client.database = endpoint.database
    client.http_retries = 0  # whether to try again is decided in one place
    return client
