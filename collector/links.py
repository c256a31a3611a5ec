"""Addresses of the dashboard's pages, relative to it: everything that can be seen can be pasted into a chat. Pure."""

from urllib.parse import urlencode

CASCADES = "cascades"
FLOW = "flow"
COLLECTOR = "collector"
FLOWS = "flows"
ANOMALIES = "anomalies"
LINKABILITY = "linkability"
DEAD_LETTERS = "dead-letters"
DRIFT = "drift"
INCIDENTS = "incidents"
RELIABILITY = "reliability"


def to_event(event: str) -> str:
    """Return the relative address of the cascade around `topic/partition/offset`."""
    return f"{CASCADES}?{urlencode({'event': event}, safe='/')}"


def to_topic(topic: str) -> str:
    """Return the relative address of a topic on the flow map."""
    return f"{FLOW}?{urlencode({'node': 'topic:' + topic})}"


def to_service(service: str) -> str:
    """Return the relative address of a service on the flow map."""
    return f"{FLOW}?{urlencode({'node': 'service:' + service})}"


def to_search(text: str) -> str:
    """Return the relative address of a search."""
    return f"{CASCADES}?{urlencode({'ref': text}, safe='/')}"


def to_anomaly(name: str) -> str:
    """Return the relative address of one anomaly."""
    return f"{ANOMALIES}?{urlencode({'anomaly': name})}"


def to_flow_class(name: str) -> str:
    """Return the relative address of a kind of flows."""
    return f"{FLOWS}?{urlencode({'flow': name})}"


def to_stream(name: str) -> str:
    """Return the relative address of what a service writes to a topic, on the linkability page."""
    return f"{LINKABILITY}?{urlencode({'stream': name})}"


def to_reason(reason_id: str) -> str:
    """Return the relative address of one reason on the page of dead letters."""
    return f"{DEAD_LETTERS}?{urlencode({'reason': reason_id})}"


def to_change(change_id: str) -> str:
    """Return the relative address of one change, on the schema drift page."""
    return f"{DRIFT}?{urlencode({'change': change_id})}"


def to_incident(incident_id: str) -> str:
    """Return the relative address of one incident."""
    return f"{INCIDENTS}?{urlencode({'incident': incident_id})}"


def to_figures(first: str, last: str, figure: str = "") -> str:
    """Return the relative address of the figures of some days (2026-11-16), of one of them where it is named."""
    chosen = {"figure": figure} if figure else {}
    return f"{RELIABILITY}?{urlencode({'range': f'{first}..{last}', **chosen})}"
