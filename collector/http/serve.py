"""The receiving process: its application, and how it listens."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence

import structlog
import uvicorn
from starlette.applications import Starlette

from collector.errors import HeadwaterError, StoreUnavailableError
from collector.http import health, incidents, traces
from collector.http.receiver import Receiver, RoutesOf
from collector.storage.api import Store

log = structlog.get_logger()

ROUTES: Sequence[RoutesOf] = (traces.routes, health.routes, incidents.routes)
"""To add routes: a module with `routes(receiver)`, and its name here."""

_RETRY_S = 2.0
_STOP_S_MAX = 2


def application(receiver: Receiver, open_migrated: Callable[[], Store] | None = None) -> Starlette:
    """Return the ASGI application. It answers at once; `open_migrated` is called until it brings a store."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        reaching = asyncio.create_task(_reach(receiver, open_migrated)) if open_migrated else None
        try:
            yield
        finally:
            if reaching:
                reaching.cancel()
            if receiver.is_ready:
                receiver.store.close()

    routes = [route for routes_of in ROUTES for route in routes_of(receiver)]
    return Starlette(routes=routes, lifespan=lifespan)


async def _reach(receiver: Receiver, open_migrated: Callable[[], Store]) -> None:
    """Bring the store. While it is away whoever sends is asked to come again."""
    told = False
    while True:
        try:
            receiver.use(await asyncio.to_thread(open_migrated))
        except StoreUnavailableError as error:
            if not told:
                log.warning("the store is away; what is sent is refused until it answers", reason=str(error))
                told = True
            await asyncio.sleep(_RETRY_S)
        except HeadwaterError as error:
            log.exception("the store cannot be used", reason=str(error))
            raise
        else:
            return


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises HeadwaterError where another program does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise HeadwaterError(
            f"The receiver cannot listen on {host}:{port}: {error.strerror}. "
            "Choose another port with HEADWATER_HTTP_PORT; 0 takes a free one."
        ) from None
    return listener


def serve(receiver: Receiver, listener: socket.socket, open_migrated: Callable[[], Store]) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    config = uvicorn.Config(
        application(receiver, open_migrated),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_S_MAX,
        limit_concurrency=200,
    )
    uvicorn.Server(config).run(sockets=[listener])
