"""What people and their tools say of incidents: `POST /api/deployments`, `POST /api/incidents/{id}/ack`.

Both may be sent again: the same deployment is one row, and of several acknowledgements the first counts.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from collector.detect.acknowledge import acknowledge
from collector.detect.incident_store import write_deployments
from collector.errors import HeadwaterError, SettingsError, StoreUnavailableError
from collector.http.bodies import BodyError, read_body
from collector.http.receiver import RETRY_AFTER_S, Receiver, in_thread, refusal
from schemas.incidents import Deployment

BODY_BYTES_MAX = 64 * 1024


class Told(msgspec.Struct, forbid_unknown_fields=True):
    """A deployment as a webhook says it. `time` without a zone is UTC; without `time` it is now."""

    service: str
    version: str
    environment: str = ""
    time: datetime | None = None
    id: str = ""
    url: str = ""


class Taken(msgspec.Struct):
    """Who takes an incident on."""

    by: str = ""


class Incidents:
    """The two endpoints."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def deployed(self, request: Request) -> Response:
        """Write one deployment, or a list of them."""
        body = await self._read(request, Told | list[Told])
        if isinstance(body, Response):
            return body
        told = body if isinstance(body, list) else [body]
        now = self._receiver.now()
        deployments = [_deployment(one, now) for one in told]
        if problem := next((_problem(one, now) for one in deployments if _problem(one, now)), None):
            return refusal(422, problem)
        failed = await self._do(lambda: write_deployments(self._receiver.store, deployments, now))
        return failed or JSONResponse({"taken": len(deployments)}, 202)

    async def acknowledged(self, request: Request) -> Response:
        """Write that somebody takes care of an incident."""
        body = await self._read(request, Taken, default=Taken())
        if isinstance(body, Response):
            return body
        incident_id = request.path_params["incident_id"]
        answer: dict[str, Any] = {}

        def write() -> None:
            one = acknowledge(self._receiver.store, incident_id, body.by, "webhook", self._receiver.now())
            when = one.acknowledged_time.isoformat() if one.acknowledged_time else None
            answer.update(incident=one.incident_id, acknowledged_time=when, by=one.acknowledged_by or None)

        failed = await self._do(write)
        return failed or JSONResponse(answer)

    async def _read(self, request: Request, kind: Any, default: Any = None) -> Any:
        """Return the body as `kind`, or the refusal."""
        if not self._receiver.lets_in(request):
            return refusal(401, "The token is missing or wrong: send Authorization: Bearer TOKEN.")
        if _is_from_a_page(request):
            return refusal(415, "Send JSON as Content-Type: application/json.")
        try:
            body = await read_body(request, bytes_max=BODY_BYTES_MAX)
            return msgspec.json.decode(body, type=kind) if body.strip() or default is None else default
        except BodyError as error:
            return refusal(error.status, str(error))
        except msgspec.DecodeError as error:
            return refusal(400, f"The body is not what is expected here: {error}")

    async def _do(self, write: Any) -> Response | None:
        try:
            await in_thread(write)
        except StoreUnavailableError:
            return refusal(503, "The store is away; send it again.", retry_after_s=RETRY_AFTER_S)
        except SettingsError as error:
            return refusal(404, str(error))
        except HeadwaterError as error:
            return refusal(500, str(error))
        return None


def routes(receiver: Receiver) -> Sequence[Route]:
    """Return the routes of this module."""
    endpoints = Incidents(receiver)
    return [
        Route("/api/deployments", endpoints.deployed, methods=["POST"]),
        Route("/api/incidents/{incident_id}/ack", endpoints.acknowledged, methods=["POST"]),
    ]


def _is_from_a_page(request: Request) -> bool:
    """A page of another site can post forms and text to this machine, but JSON only with our leave."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind != "application/json"


def _deployment(told: Told, now: datetime) -> Deployment:
    time = told.time or now
    return Deployment(
        service=told.service.strip(),
        version=told.version.strip(),
        time=time if time.tzinfo else time.replace(tzinfo=UTC),
        source="webhook",
        environment=told.environment.strip(),
        deployment_id=told.id,
        url=told.url,
    )


def _problem(one: Deployment, now: datetime) -> str | None:
    if not one.service or not one.version:
        return "A deployment needs a service and a version."
    texts = (one.service, one.version, one.environment, one.deployment_id, one.url)
    if max(map(len, texts)) > 1_000:
        return "A text is longer than 1,000 characters."
    if one.url and not one.url.startswith(("https://", "http://")):
        return "The url has to begin with https:// or http://."
    if abs((one.time - now).days) > 3_660:
        return "The time is more than ten years away."
    return None
