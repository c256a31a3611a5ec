"""What the rest of Headwater may ask of a store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from collector.storage.encode import Encoded

Params = Mapping[str, Any]


class Store(Protocol):
    """A ClickHouse database. Every method may be called from several threads at once.

    All of them raise StoreUnavailableError when nothing answers in time and StoreRejectedError when the
    store answers with an error. Neither message contains a password or a payload value.
    """

    def insert(self, table: str, rows: pa.Table | Encoded, *, token: str) -> None:
        """Append `rows`; when this returns they are durable and every later query sees them.

        Idempotent for the same `token` and the same rows: a resend after a cut connection adds nothing.
        An empty table is a no-op. Columns that `rows` lacks get their defaults.
        """

    def query(self, name: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Run `schemas/queries/<name>.sql` with server-side parameters; one dict per row.

        Date-times come back aware, in UTC. Text comes back as str, or as bytes where it is not valid UTF-8.
        Parameters may be str, int, float, bool, None, aware date-times, and lists and tuples (EventRef) of them,
        of any length. No rows is an empty list.
        """

    def query_arrow(self, name: str, params: Params | None = None) -> pa.Table:
        """Like `query`, by columns. No rows is a table with its columns and no rows."""

    def execute(self, name: str, params: Params | None = None) -> None:
        """Run `schemas/queries/<name>.sql` for its effect (INSERT … SELECT)."""

    def command(self, sql: str, params: Params | None = None) -> Sequence[Any] | str | int | None:
        """Run a statement that is not in a file: migrations and administration only."""

    def create_database(self) -> None:
        """Create this store's database where it is missing; everything else here needs it to be there."""

    def close(self) -> None:
        """Give back connections, and the process that was started for them. May be called twice."""
