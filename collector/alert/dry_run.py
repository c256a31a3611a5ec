"""What would have been told, had these rules and channels been there: the past judged anew, nothing sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collector.alert.channels import Alert
from collector.alert.outbox import alert_of, row_of
from collector.alert.plan import Planned, Told, transitions
from collector.detect.incidents import Judged
from collector.detect.watch_incidents import replay
from collector.settings import AlertChannel, Settings
from collector.storage.api import Store
from schemas.incidents import Incident

_EVERYTHING = AlertChannel.model_validate(
    {"name": "(everything)", "kind": "webhook", "url": "https://nowhere.invalid/"}
)


@dataclass(frozen=True, slots=True)
class WouldHaveSent:
    """An alert that was not sent."""

    time: datetime
    channel: str
    transition: str
    incident: Incident
    headline: str
    explanation: str


def would_have_sent(
    store: Store, settings: Settings, since: datetime, until: datetime
) -> list[WouldHaveSent]:
    """Return what would have been sent in [since, until], oldest first. Writes and sends nothing."""
    channels = settings.alerts or [_EVERYTHING]
    found = [
        one
        for judged in replay(store, settings, since, until)
        for one in _of(judged, channels, settings.dashboard_url)
    ]
    return sorted(
        (one for one in found if since <= one.time <= until),
        key=lambda one: (one.time, one.channel, one.incident.incident_id),
    )


def _of(judged: Judged, channels: Sequence[AlertChannel], dashboard_url: str) -> Iterator[WouldHaveSent]:
    for channel in channels:
        for stage in _stages(judged):
            for each in transitions(stage, channel):
                alert = _alert(each, channel, dashboard_url)
                yield WouldHaveSent(
                    each.time, channel.name, each.transition, each.incident, alert.headline, alert.paragraph
                )


def _stages(judged: Judged) -> Iterator[Told]:
    """Yield the incident at each turn: alerts of earlier turns were sent before it came back."""
    one = judged.incident
    if one.backfilled and one.detected_time is None:
        # Nobody noticed it then. What the rules say of history is what a dry run is for.
        one = replace(one, backfilled=False, detected_time=one.impact_time)
    for turn, reopened in enumerate((None, *judged.reopened)):
        yield Told(replace(one, reopened=turn), judged.escalated, reopened)


def _alert(each: Planned, channel: AlertChannel, dashboard_url: str) -> Alert:
    return alert_of(row_of(each, channel.name, each.time), each.incident, dashboard_url, each.time)
