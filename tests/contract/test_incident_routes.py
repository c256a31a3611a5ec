"""Deployments and acknowledgements over real HTTP: told twice is told once, and what cannot be used is refused."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collector.detect.read_incidents import read_deployments, read_one
from collector.storage.api import Store
from tests.contract.test_incidents import INCIDENT, write
from tests.support.receiver import JSON, Address, receiving

DEPLOYMENT = {
    "service": "payments",
    "version": "2.4.0",
    "time": "2026-11-23T10:00:00Z",
    "environment": "production",
}
NOW = datetime.now(UTC)


@pytest.fixture
def address(store: Store) -> Iterator[Address]:
    with receiving(store) as address:
        yield address


def deployments(store: Store) -> list[tuple[str, str, str]]:
    found = read_deployments(store, since=NOW - timedelta(days=3650), until=NOW + timedelta(days=1))
    return [(one.service, one.version, one.source) for one in found]


def test_a_deployment_that_is_told_twice_is_one(address: Address, store: Store) -> None:
    for _ in range(2):
        assert address.post("/api/deployments", json.dumps(DEPLOYMENT).encode(), JSON).status == 202

    assert deployments(store) == [("payments", "2.4.0", "webhook")]


def test_an_acknowledgement_counts_once(address: Address, store: Store) -> None:
    write(store, INCIDENT, version=1)
    path = f"/api/incidents/{INCIDENT.incident_id}/ack"

    first = address.post(path, b'{"by": "ada"}', JSON)
    second = address.post(path, b'{"by": "bob"}', JSON)

    assert (first.status, second.status) == (200, 200)
    found = read_one(store, INCIDENT.incident_id)
    assert found is not None
    assert found.acknowledged_by == "ada"


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/api/deployments", b"{", JSON, 400),
        ("/api/deployments", b'{"service": "payments"}', JSON, 400),
        ("/api/deployments", b'{"service": " ", "version": "1"}', JSON, 422),
        ("/api/deployments", b'{"service": "a", "version": "1", "url": "javascript:x"}', JSON, 422),
        ("/api/deployments", json.dumps(DEPLOYMENT).encode(), {"Content-Type": "text/plain"}, 415),
        ("/api/deployments", b"[" + b" " * 70_000 + b"]", JSON, 413),
        ("/api/incidents/nobody/ack", b"", JSON, 404),
    ],
)
def test_what_cannot_be_used_is_refused(
    address: Address, store: Store, path: str, body: bytes, kind: dict[str, str], status: int
) -> None:
    assert address.post(path, body, kind).status == status
    assert deployments(store) == []


def test_who_does_not_show_the_token_is_not_let_in(store: Store) -> None:
    with receiving(store, http_token="s3cret") as address:
        assert address.post("/api/deployments", json.dumps(DEPLOYMENT).encode(), JSON).status == 401
    assert deployments(store) == []
