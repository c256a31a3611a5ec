"""Where alerts go: what one looks like for each kind of receiver. Pure, and without secrets in what can be printed."""

import json
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal

from collector.detect.story import tell
from collector.links import to_incident
from collector.settings import AlertChannel
from schemas.incidents import Incident

Transition = Literal["opened", "escalated", "acknowledged", "resolved"]

PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
_SLACK_COLORS = {
    "opened": "#c62828",
    "escalated": "#8e0000",
    "resolved": "#2e7d32",
    "acknowledged": "#5f6368",
}
_PAGERDUTY_SUMMARY_MAX = 1024


@dataclass(frozen=True, slots=True)
class Alert:
    """What has to be told once. `turn` counts reopenings; `alert_id` is the same at every attempt.

    `as_of` is when it is sent: the incident is told as it stands then.
    """

    alert_id: str
    incident: Incident
    transition: Transition
    turn: int
    link: str
    as_of: datetime

    @property
    def headline(self) -> str:
        """The alert in one line."""
        again = " again" if self.turn and self.transition == "opened" else ""
        return f"[{self.incident.severity}] {self.incident.title} ({self.transition}{again})"

    @property
    def paragraph(self) -> str:
        """The incident in one paragraph, as it stands when the alert is sent."""
        return tell(self.incident, self.as_of).paragraph


@dataclass(frozen=True, slots=True)
class Call:
    """One request. Printing it shows neither address nor headers, which may hold secrets."""

    url: str
    body: bytes
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"Call({len(self.body)} bytes)"


def link_to(dashboard_url: str, incident_id: str) -> str:
    """Return the address of the incident's page; empty where nobody said where the dashboard is."""
    base = dashboard_url.rstrip("/")
    return f"{base}/{to_incident(incident_id)}" if base else ""


def call_for(channel: AlertChannel, alert: Alert) -> Call:
    """Return the request that tells `alert` to a webhook, Slack or PagerDuty."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "headwater",
        "Idempotency-Key": alert.alert_id,
    }
    if channel.token.get_secret_value():
        headers["Authorization"] = f"Bearer {channel.token.get_secret_value()}"
    match channel.kind:
        case "slack":
            body = _slack(alert)
        case "pagerduty":
            body = _pagerduty(channel, alert)
        case _:
            body = _webhook(alert)
    url = channel.url.get_secret_value() or (PAGERDUTY_URL if channel.kind == "pagerduty" else "")
    return Call(url, json.dumps(body).encode(), headers)


def mail_for(channel: AlertChannel, alert: Alert) -> EmailMessage:
    """Return the message. Its id is the alert's, so that mail systems can drop a repeat."""
    message = EmailMessage()
    message["Subject"] = _one_line(f"Headwater {alert.headline}")
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.to)
    message["Message-ID"] = f"<{alert.alert_id}@headwater.invalid>"
    thread = f"<{alert.incident.incident_id}@headwater.invalid>"
    message["References"] = thread
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(filter(None, (alert.paragraph, alert.link))) + "\n")
    return message


def _webhook(alert: Alert) -> dict[str, Any]:
    one = alert.incident
    times = ("impact_time", "detected_time", "acknowledged_time", "mitigated_time", "resolved_time")
    names = (
        "incident_id",
        "kind",
        "severity",
        "state",
        "title",
        "topic",
        "service",
        "consumer_group",
        "flow",
        "team",
    )
    return {
        "alert_id": alert.alert_id,
        "transition": alert.transition,
        "reopened": alert.turn,
        "headline": alert.headline,
        "explanation": alert.paragraph,
        "link": alert.link or None,
        "incident": {name: getattr(one, name) or None for name in names}
        | {name: moment.isoformat() if (moment := getattr(one, name)) else None for name in times}
        | {"bad": one.bad, "total": one.total or None, "sample_events": list(one.sample_events)},
    }


def _slack(alert: Alert) -> dict[str, Any]:
    link = f"\n<{alert.link}|Open the incident>" if alert.link else ""
    text = f"*{_slack_text(alert.headline)}*\n{_slack_text(alert.paragraph)}{link}"
    return {
        "text": _slack_text(alert.headline),
        "attachments": [
            {
                "color": _SLACK_COLORS[alert.transition],
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text[:3_000]}}],
            }
        ],
    }


def _slack_text(text: str) -> str:
    """Escape what Slack reads as markup: names come from the wire, and `<!channel>` would wake everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _pagerduty(channel: AlertChannel, alert: Alert) -> dict[str, Any]:
    one = alert.incident
    actions = {
        "opened": "trigger",
        "escalated": "trigger",
        "acknowledged": "acknowledge",
        "resolved": "resolve",
    }
    event: dict[str, Any] = {
        "routing_key": channel.token.get_secret_value(),
        "event_action": actions[alert.transition],
        "dedup_key": one.incident_id,
    }
    if event["event_action"] == "trigger":
        event["payload"] = {
            "summary": f"{alert.headline}: {alert.paragraph}"[:_PAGERDUTY_SUMMARY_MAX],
            "source": one.topic or one.service or "headwater",
            "severity": "critical" if one.severity == "page" else "warning",
            "timestamp": one.impact_time.isoformat(),
            "component": one.consumer_group or one.service or None,
            "group": one.flow or None,
            "class": one.kind,
            "custom_details": {"explanation": alert.paragraph, "sample_events": list(one.sample_events)},
        }
        event["links"] = [{"href": alert.link, "text": "Open the incident"}] if alert.link else []
    return event


def _one_line(text: str) -> str:
    """A subject cannot hold line ends: names come from the wire."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]
