"""What a service asks of its client library."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from collector.demo.model import Headers, Message, Record
from schemas.records import EventRef

Positions = Mapping[tuple[str, int], int]
Context = (
    Any  # opentelemetry.context.Context or contextvars.Context: only the client that made it looks inside
)


class Client(Protocol):
    """One service's connection: reads its topics from given positions, commits them, and sends.

    All methods are called from the event loop's thread.
    """

    async def start(self, positions: Positions) -> None:
        """Connect, and read on from these (topic, partition) → offset; nothing to read where it is empty."""

    async def receive(self) -> Sequence[tuple[Record, Context]]:
        """Return the next records, each with the context that the instrumentation left; waits about 0.5 s at most."""

    async def send(self, message: Message, context: Context) -> EventRef:
        """Send in `context` (None = none) and return the place that the broker acknowledged.

        Raises an error of the library where the broker did not acknowledge in time.
        """

    async def stop(self) -> None:
        """Send what is left for a second at most, commit, disconnect. May be called twice."""


def record(
    ref: EventRef, *, key: bytes | None, value: bytes | None, headers: Headers, time_ms: int
) -> Record:
    """Return what a service works with. A value that is no JSON object is an empty payload."""
    try:
        payload = msgspec.json.decode(value or b"{}", type=dict[str, Any])
    except msgspec.DecodeError:
        payload = {}
    name = None if key is None else key.decode(errors="replace")
    return Record(ref, name, payload, headers, time_ms / 1000)
