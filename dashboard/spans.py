"""Spans of time that a page shows: how long, up to when, and what they are compared with. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

STEP = timedelta(seconds=5)  # spans up to now move in steps, so that answers can be shared


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time; `live` where it ends now."""

    since: datetime
    until: datetime
    live: bool = True

    @property
    def window_s(self) -> int:
        """Return its length in seconds."""
        return int((self.until - self.since).total_seconds())

    @property
    def times(self) -> dict[str, datetime]:
        """Return it as parameters of queries."""
        return {"since": self.since, "until": self.until}

    def before(self, ago: timedelta | None) -> "Span":
        """Return the span of the same length `ago` earlier; None is right before it."""
        back = ago or (self.until - self.since)
        return Span(self.since - back, self.until - back, False)


def span_of(window_s: int, at: str, now: datetime) -> Span | None:
    """Return the span of `window_s` up to `at` (a UTC date-time, empty = now); None where `at` is no time."""
    length = timedelta(seconds=window_s)
    if not at.strip():
        # A little ahead: clocks of producers differ.
        end = now + STEP - (now - datetime(1970, 1, 1, tzinfo=UTC)) % STEP
        return Span(end - length, end, True)
    try:
        until = datetime.fromisoformat(at.strip().removesuffix(" UTC"))
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return Span(until - length, until, False)
