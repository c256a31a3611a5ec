"""Whole addresses of the dashboard's pages, for files that are read elsewhere. Pure."""

from dataclasses import dataclass

from collector import links
from collector.report.period import Period


@dataclass(frozen=True, slots=True)
class Links:
    """Where the dashboard is reached, as in the setting dashboard_url."""

    base: str

    def incident(self, incident_id: str) -> str:
        """Return the address of an incident's page."""
        return self._whole(links.to_incident(incident_id))

    def event(self, event: str) -> str:
        """Return the address of the cascade around `topic/partition/offset`."""
        return self._whole(links.to_event(event))

    def topic(self, topic: str) -> str:
        """Return the address of a topic on the flow map."""
        return self._whole(links.to_topic(topic))

    def service(self, service: str) -> str:
        """Return the address of a service on the flow map."""
        return self._whole(links.to_service(service))

    def reason(self, reason_id: str) -> str:
        """Return the address of one reason for dead letters."""
        return self._whole(links.to_reason(reason_id))

    def change(self, change_id: str) -> str:
        """Return the address of one change of a payload."""
        return self._whole(links.to_change(change_id))

    def stream(self, topic: str, service: str) -> str:
        """Return the address of what a service writes to a topic, on the linkability page."""
        return self._whole(links.to_stream(f"{topic}|{service}"))

    def figures(self, period: Period, figure: str = "") -> str:
        """Return the address of the figures of a period; with `figure`, of the incidents behind that one."""
        return self._whole(links.to_figures(str(period.first), str(period.last), figure))

    def _whole(self, address: str) -> str:
        return f"{self.base.rstrip('/')}/{address}"
