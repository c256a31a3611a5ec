"""`GET /health` for whoever restarts processes, `GET /metrics` for Prometheus."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.errors import HeadwaterError
from collector.http.receiver import RETRY_AFTER_S, Receiver


def routes(receiver: Receiver) -> list[Route]:
    """Return the routes. Neither needs a token: they tell numbers only."""

    async def health(request: Request) -> Response:  # noqa: ARG001 - the signature is Starlette's
        """200 where what is sent now becomes durable, 503 where it would not."""
        try:
            await asyncio.to_thread(lambda: receiver.store.query("health"))
        except HeadwaterError:
            return JSONResponse({"status": "store away"}, 503, {"Retry-After": str(RETRY_AFTER_S)})
        return JSONResponse({"status": "ok"})

    async def metrics(request: Request) -> Response:  # noqa: ARG001
        text = generate_latest(receiver.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return [Route("/health", health, methods=["GET"]), Route("/metrics", metrics, methods=["GET"])]
