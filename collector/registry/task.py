"""The task that looks up, in the schema registry, the ids that were seen on topics."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from collector.registry.client import RegistryClient
from collector.settings import Settings
from collector.storage.api import Store
from schemas import arrow

AT_ONCE = 100
KNOWN_AGAIN = timedelta(minutes=30)
UNKNOWN_AGAIN = timedelta(minutes=5)


class RegistryTask:
    """See collector.watch.Task. Does nothing where no registry is set."""

    name = "schema registry"
    every_s = 15.0

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._client: RegistryClient | None = None

    def step(self, now: datetime) -> None:
        """Ask for ids that are new or were asked for long ago. Raises RegistryUnavailableError."""
        if not self._settings.registry_url:
            return
        if self._client is None:
            self._client = client_of(self._settings)
        rows = []
        try:
            for row in self._store.query("schemas_seen", {"rows_max": AT_ONCE}):
                again = KNOWN_AGAIN if row["state"] == "known" else UNKNOWN_AGAIN
                if now - row["asked_time"] >= again:
                    rows.append(self._row(row["schema_id"], now))
        finally:  # what was told before it fell silent is kept
            token = f"schemas-{now.timestamp()}"
            self._store.insert("schemas", pa.Table.from_pylist(rows, schema=arrow.SCHEMAS), token=token)

    def _row(self, schema_id: str, now: datetime) -> dict[str, Any]:
        assert self._client is not None  # noqa: S101 - made at the start of the step
        found = self._client.schema(schema_id)
        versions = self._client.versions(schema_id) if found else []
        return {
            "schema_id": schema_id,
            "state": "known" if found else "unknown",
            "format": found.format if found else "",
            "definition": found.definition if found else "",
            "subjects": [version.subject for version in versions],
            "versions": [version.version for version in versions],
            "latest": [version.latest for version in versions],
            "levels": [version.level for version in versions],
            "observed_time": now,
        }


def client_of(settings: Settings) -> RegistryClient:
    """Return a client for the registry of the settings, which must name one."""
    return RegistryClient(
        settings.registry_url,
        user=settings.registry_user,
        password=settings.registry_password.get_secret_value(),
        ca=settings.registry_ca,
    )
