"""What every route works with, and how the routes become one application.

A module of this package with routes has `routes(receiver) -> list[Route]` and stands in `serve.ROUTES`.
"""

import asyncio
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.errors import StoreUnavailableError
from collector.settings import Settings
from collector.storage.api import Store

RETRY_AFTER_S = 5


class Receiver:
    """The store, and whether it can be written to. `registry` holds what `/metrics` shows of this process."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.settings = settings
        self.now = now
        self.registry = CollectorRegistry()
        self._store: Store | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the store has been reached and brought up to date since the start."""
        return self._store is not None

    @property
    def store(self) -> Store:
        """The migrated store. Raises StoreUnavailableError before it has been reached for the first time."""
        if self._store is None:
            raise StoreUnavailableError("The store has not been reached yet.")
        return self._store

    def use(self, store: Store) -> None:
        """Work with this store, which is migrated."""
        self._store = store

    def lets_in(self, request: Request) -> bool:
        """Whether the request carries the token, where one is set."""
        wanted = self.settings.http_token.get_secret_value()
        if not wanted:
            return True
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted.encode())


RoutesOf = Callable[[Receiver], Sequence[Route]]


def refusal(status: int, message: str, *, retry_after_s: int | None = None) -> Response:
    """Return an error as JSON: `{"error": message}`."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return JSONResponse({"error": message}, status, headers)


async def in_thread(do: Callable[[], object]) -> None:
    """Ask the store in a thread, so that other requests are served meanwhile."""
    await asyncio.to_thread(do)
