"""Addresses of pages: everything that can be seen can be pasted into a chat. Pure."""

from urllib.parse import urlencode

CASCADES = "cascades"
FLOW = "flow"
COLLECTOR = "collector"


def to_event(event: str) -> str:
    """Return the relative address of the cascade around `topic/partition/offset`."""
    return f"{CASCADES}?{urlencode({'event': event}, safe='/')}"


def to_topic(topic: str) -> str:
    """Return the relative address of a topic on the flow map."""
    return f"{FLOW}?{urlencode({'node': 'topic:' + topic})}"


def to_search(text: str) -> str:
    """Return the relative address of a search."""
    return f"{CASCADES}?{urlencode({'ref': text}, safe='/')}"
