"""Asks a schema registry with the Confluent REST interface. Never writes: there is no method that could.

Answers are cached, also that an id is unknown, and bounded in size. What goes wrong is a RegistryUnavailableError
with the address (never the password) in it; nobody has to have a registry.
"""

import re
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from collector.errors import HeadwaterError

BYTES_MAX = 4 * 2**20
CACHE_MAX = 5_000
UNKNOWN_S = 300.0
LEVEL_S = 600.0
TIMEOUT_S = 5.0
_ACCEPT = "application/vnd.schemaregistry.v1+json, application/json"
_ID = re.compile(r"confluent:(\d{1,10})")
_GUID = re.compile(r"confluent:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
_FORMATS = ("AVRO", "JSON", "PROTOBUF")


class RegistryUnavailableError(HeadwaterError):
    """The schema registry does not answer, or not as a registry does. Fate: try again later, do without meanwhile."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema in the registry. `format` is empty where it is none that we know."""

    schema_id: str
    format: str
    definition: str


@dataclass(frozen=True, slots=True)
class Version:
    """Where a schema stands: its subject, its version there, the newest one, and the level that holds there."""

    subject: str
    version: int
    latest: int
    level: str


class RegistryClient:
    """One registry. Not to be used from several threads at once."""

    def __init__(
        self, url: str, *, user: str = "", password: str = "", ca: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._url = url.rstrip("/")
        verify: ssl.SSLContext | bool = True
        if ca is not None:
            try:
                verify = ssl.create_default_context(cafile=str(ca))
            except OSError as error:
                raise RegistryUnavailableError(
                    f"The certificates in registry_ca cannot be read: {error}"
                ) from None
        self._http = httpx.Client(
            timeout=TIMEOUT_S, verify=verify, auth=(user, password) if user else None,
            headers={"Accept": _ACCEPT}, follow_redirects=False,
        )  # fmt: skip
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def close(self) -> None:
        """Give back connections."""
        self._http.close()

    def schema(self, schema_id: str) -> Registered | None:
        """Return the schema that an id as in `events` names, None where the registry knows none.

        Raises RegistryUnavailableError.
        """
        if match := _ID.fullmatch(schema_id):
            path = f"/schemas/ids/{int(match[1])}"
        elif match := _GUID.fullmatch(schema_id):
            path = f"/schemas/guids/{match[1].lower()}"
        else:
            return None
        found = self._get(path)
        if not isinstance(found, dict) or not isinstance(found.get("schema"), str):
            return None
        format_ = str(found.get("schemaType", "AVRO"))
        return Registered(schema_id, format_ if format_ in _FORMATS else "", found["schema"])

    def versions(self, schema_id: str) -> list[Version]:
        """Return where a schema stands; nothing where the registry does not tell. Raises RegistryUnavailableError."""
        match = _ID.fullmatch(schema_id)
        number = int(match[1]) if match else self._id_of_guid(schema_id)
        places = self._get(f"/schemas/ids/{number}/versions") if number is not None else None
        found = []
        for place in places if isinstance(places, list) else []:
            subject, version = place.get("subject"), place.get("version")
            if isinstance(subject, str) and isinstance(version, int):
                numbers = self._get(f"/subjects/{quote(subject, safe='')}/versions", LEVEL_S)
                latest = max([version, *(n for n in numbers or () if isinstance(n, int))])
                found.append(Version(subject, version, latest, self.level(subject)))
        return found

    def level(self, subject: str) -> str:
        """Return the compatibility level that holds for a subject; empty where the registry does not tell."""
        found = self._get(f"/config/{quote(subject, safe='')}?defaultToGlobal=true", LEVEL_S) or self._get(
            "/config", LEVEL_S
        )
        level = found.get("compatibilityLevel") if isinstance(found, dict) else None
        return level if isinstance(level, str) else ""

    def _id_of_guid(self, schema_id: str) -> int | None:
        match = _GUID.fullmatch(schema_id)
        found = self._get(f"/schemas/guids/{match[1].lower()}/ids") if match else None
        first = found[0] if isinstance(found, list) and found else None
        number = first.get("id") if isinstance(first, dict) else first
        return number if isinstance(number, int) else None

    def _get(self, path: str, fresh_s: float | None = None) -> Any:
        """Return what the registry says under a path, None for "not found"."""
        now = self._clock()
        held = self._cache.get(path)
        if held and now < held[0]:
            return held[1]
        value = self._ask(path)
        keep_s = UNKNOWN_S if value is None else fresh_s if fresh_s is not None else float("inf")
        self._cache[path] = now + keep_s, value
        self._cache.move_to_end(path)
        if len(self._cache) > CACHE_MAX:
            self._cache.popitem(last=False)
        return value

    def _ask(self, path: str) -> Any:
        host = urlsplit(self._url).hostname or "the address in registry_url"
        try:
            with self._http.stream("GET", self._url + path) as answer:
                if answer.status_code == 404:
                    return None
                if answer.status_code in (401, 403):
                    raise RegistryUnavailableError(
                        f"The schema registry at {host} refuses us ({answer.status_code}): look at registry_user "
                        "and registry_password."
                    )
                if answer.status_code != 200:
                    raise RegistryUnavailableError(
                        f"The schema registry at {host} answers {answer.status_code}."
                    )
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > BYTES_MAX:
                        raise RegistryUnavailableError(
                            f"The schema registry at {host} sends more than {BYTES_MAX // 2**20} MiB for one answer."
                        )
            return httpx.Response(200, content=bytes(body)).json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            raise RegistryUnavailableError(
                f"The schema registry at {host} does not answer as one ({type(error).__name__})."
            ) from None
