"""From a draft to what a client library is asked to send. Pure."""

from collections.abc import Sequence

import msgspec

from collector.demo.habits import headers_of
from collector.demo.model import Draft, Message, Record, Stamp
from collector.demo.services import Service, is_retry_or_dead_letter


def compose(service: Service, draft: Draft, causes: Sequence[Record], stamp: Stamp) -> Message:
    """Return what the client library is asked to send. The library may append headers of its own."""
    again = is_retry_or_dead_letter(draft.topic)
    return Message(
        draft.topic,
        draft.key.encode() if draft.key is not None else None,
        msgspec.json.encode(draft.payload),
        headers_of(service.name, service.habit, draft, causes, stamp),
        # Spring sends a copy to the partition number that it came from.
        causes[0].ref.partition if again else None,
    )
