"""Incidents for tests, from as little as a test wants to say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.incidents import Cause, Incident

BEGIN = datetime(2026, 11, 18, 10, 2, tzinfo=UTC)

_PLAIN = Incident(
    incident_id="inc-1",
    kind="dead_letters",
    scope="stock.reserve|inventory",
    topic="stock.reserve",
    service="inventory",
    consumer_group="inventory",
    flow="orders",
    team="warehouse",
    severity="page",
    title="inventory gives up on stock.reserve",
    impact_time=BEGIN,
    detected_time=BEGIN + timedelta(minutes=4),
    acknowledged_time=None,
    mitigated_time=BEGIN + timedelta(minutes=34),
    resolved_time=BEGIN + timedelta(minutes=50),
    reopened=0,
    parent_id="",
    backfilled=False,
    bad=12,
    total=340,
    left_behind=0,
    state="resolved",
)


def incident(begin: datetime = BEGIN, **more: Any) -> Incident:
    """Return an incident that is over, moved to `begin`, with whatever else a test says."""
    moved = begin - BEGIN
    return replace(
        _PLAIN,
        **{
            "incident_id": f"inc-{begin:%m%d%H%M%S}",
            "impact_time": begin,
            "detected_time": BEGIN + timedelta(minutes=4) + moved,
            "mitigated_time": BEGIN + timedelta(minutes=34) + moved,
            "resolved_time": BEGIN + timedelta(minutes=50) + moved,
            **more,
        },
    )


def still_open(begin: datetime = BEGIN, **more: Any) -> Incident:
    """Return an incident that is not over."""
    return incident(begin, **{"state": "open", "mitigated_time": None, "resolved_time": None, **more})


def cause(before: timedelta, likelihood: float, **more: Any) -> Cause:
    """Return a deployment of orders, `before` the plain incident began."""
    said: dict[str, Any] = {"kind": "deployment", "text": "orders 1.5.0 was deployed", "service": "orders"}
    return Cause(time=BEGIN - before, likelihood=likelihood, **(said | more))
