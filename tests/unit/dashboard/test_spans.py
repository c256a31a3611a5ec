"""Spans of time from addresses."""

from datetime import UTC, datetime, timedelta

from dashboard.spans import Span, span_of

NOW = datetime(2026, 11, 24, 10, 0, 3, tzinfo=UTC)


def test_now_moves_in_steps_so_that_answers_are_shared() -> None:
    span = span_of(3_600, "", NOW)

    assert span == Span(
        datetime(2026, 11, 24, 9, 0, 5, tzinfo=UTC), datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)
    )
    assert span == span_of(3_600, "", NOW + timedelta(seconds=1))


def test_the_past_is_read_as_utc_and_nonsense_is_none() -> None:
    until = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)

    for text in ("2026-11-23 08:30", "2026-11-23T08:30", "2026-11-23 08:30 UTC", "2026-11-23T09:30+01:00"):
        span = span_of(900, text, NOW)
        assert span is not None
        assert (span.until, span.window_s, span.live) == (until, 900, False)
    assert span_of(900, "yesterday", NOW) is None
    before = Span(NOW - timedelta(hours=1), NOW).before(None)
    assert before.until == NOW - timedelta(hours=1)
