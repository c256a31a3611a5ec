"""A made-up incident, to see whether an alert arrives."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collector.alert.channels import Alert, link_to
from schemas.incidents import Incident


def trial_alerts(now: datetime, dashboard_url: str) -> Iterator[Alert]:
    """Yield that it opened and that it is over, so that no receiver keeps it open."""
    incident_id = f"trial-{int(now.timestamp())}"
    opened = Incident(
        incident_id=incident_id,
        kind="dead_letters",
        scope="headwater.trial",
        topic="headwater.trial",
        service="headwater",
        consumer_group="",
        flow="",
        team="",
        severity="ticket",
        title="This is only a trial: Headwater can reach you",
        impact_time=now - timedelta(minutes=1),
        detected_time=now,
        acknowledged_time=None,
        mitigated_time=None,
        resolved_time=None,
        reopened=0,
        parent_id="",
        backfilled=False,
        bad=0,
        total=0,
        left_behind=0,
    )
    link = link_to(dashboard_url, incident_id)
    yield Alert(f"{incident_id}-opened", opened, "opened", 0, link, now)
    yield Alert(f"{incident_id}-resolved", opened, "resolved", 0, link, now)
