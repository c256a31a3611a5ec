"""Addresses of the dashboard's pages, for files read elsewhere. Pure; dashboard/links.py has the same paths."""

from dataclasses import dataclass
from urllib.parse import urlencode

from collector.report.period import Period


@dataclass(frozen=True, slots=True)
class Links:
    """Where the dashboard is reached, as in the setting dashboard_url."""

    base: str

    def incident(self, incident_id: str) -> str:
        """Return the address of an incident's page."""
        return self._to("incidents", incident=incident_id)

    def event(self, event: str) -> str:
        """Return the address of the cascade around `topic/partition/offset`."""
        return f"{self.base.rstrip('/')}/cascades?{urlencode({'event': event}, safe='/')}"

    def topic(self, topic: str) -> str:
        """Return the address of a topic on the flow map."""
        return self._to("flow", node=f"topic:{topic}")

    def service(self, service: str) -> str:
        """Return the address of a service on the flow map."""
        return self._to("flow", node=f"service:{service}")

    def reason(self, reason_id: str) -> str:
        """Return the address of one reason for dead letters."""
        return self._to("dead-letters", reason=reason_id)

    def change(self, change_id: str) -> str:
        """Return the address of one change of a payload."""
        return self._to("drift", change=change_id)

    def stream(self, topic: str, service: str) -> str:
        """Return the address of what a service writes to a topic, on the linkability page."""
        return self._to("linkability", stream=f"{topic}|{service}")

    def figures(self, period: Period, figure: str = "") -> str:
        """Return the address of the figures of a period; with `figure`, of the incidents behind that one."""
        chosen = {"figure": figure} if figure else {}
        return self._to("reliability", range=f"{period.first}..{period.last}", **chosen)

    def _to(self, page: str, **params: str) -> str:
        return f"{self.base.rstrip('/')}/{page}?{urlencode(params)}"
