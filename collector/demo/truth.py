"""The truth of the demo: the cause of every event, as JSON lines, with the offsets that the broker acknowledged."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from collector.demo.model import Cause
from collector.demo.services import is_dead_letter
from schemas.records import EventRef


class Truth:
    """Counts what the company sent and, where `path` is given, writes who caused what.

    One line per event and cause: `effect`, `cause` (null for the first of a cascade), `relation`, `evidence`
    (what on the wire determines it, null = nothing does), `service`. Called from one thread only.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.events = 0
        self.cascades = 0
        self.dead_letters = 0
        self.by_topic: Counter[str] = Counter()
        self.by_service: Counter[str] = Counter()
        self.ends: dict[tuple[str, int], int] = {}
        self._file: IO[bytes] | None = path.open("wb") if path else None

    def __enter__(self) -> "Truth":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, effect: EventRef, causes: Sequence[Cause], service: str) -> None:
        """Take down that the broker acknowledged `effect`."""
        self.events += 1
        self.cascades += not causes
        self.dead_letters += is_dead_letter(effect.topic)
        self.by_topic[effect.topic] += 1
        self.by_service[service] += 1
        place = effect.topic, effect.partition
        self.ends[place] = max(self.ends.get(place, 0), effect.offset + 1)
        if self._file:
            self._file.write(b"".join(map(_line, lines(effect, causes, service))))

    def flush(self) -> None:
        """Let readers of the file see everything that was added."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._file:
            self._file.close()
            self._file = None


def lines(effect: EventRef, causes: Sequence[Cause], service: str) -> list[dict[str, str | None]]:
    """Return what the truth says of one event: a line per cause, one with null where it has none."""
    common: dict[str, str | None] = {"effect": str(effect), "service": service}
    if not causes:
        return [common | {"cause": None, "relation": None, "evidence": None}]
    return [
        common | {"cause": str(cause.ref), "relation": cause.relation, "evidence": cause.evidence}
        for cause in causes
    ]


def _line(fields: dict[str, str | None]) -> bytes:
    return msgspec.json.encode(fields) + b"\n"
