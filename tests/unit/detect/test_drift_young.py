"""Changes soon after the watch began, and in minutes that are not over."""

import random
from typing import Any

import pytest

from collector.detect.drift import ahead
from collector.detect.drift_changes import Structures, minutes
from collector.detect.drift_stream import Stream
from tests.support.drift import Counts

BEGIN_S = 1_795_678_800  # a full minute
RELEASED_S, UNDONE_S, AGAIN_S, UNDONE_AGAIN_S = 45, 100, 225, 280
RATE = 2.6


def payload(second: float) -> tuple[str, dict[str, Any]]:
    """Return version and payload: two releases, each rolled back, of which the first renames and the second retypes."""
    if RELEASED_S <= second < UNDONE_S:
        return "2.4.0", {"order": "o", "amount": 3}
    if AGAIN_S <= second < UNDONE_AGAIN_S:
        return "2.4.0", {"order": "o", "amount_cents": "3"}
    return "2.3.1", {"order": "o", "amount_cents": 3}


def traffic(offset_s: int, seconds: float) -> Counts:
    """Return the records of so many seconds from this second of a minute on."""
    lots, counts, second = random.Random(1), Counts(), 0.0
    while second < seconds:
        version, value = payload(second)
        counts.add("payments", "x", "payments", version, BEGIN_S + offset_s + second, value)
        second += lots.expovariate(RATE)
    return counts


@pytest.mark.parametrize("offset_s", range(0, 60, 4))
def test_a_change_is_found_at_whatever_second_of_a_minute_the_watch_began(offset_s: int) -> None:
    (change,) = traffic(offset_s, 150).changes()

    assert (change.summary, change.service_version) == ("amount_cents → amount (renamed?)", "2.4.0")
    assert 0 <= change.first_time.timestamp() - BEGIN_S - offset_s - RELEASED_S < 3


@pytest.mark.parametrize("closed", range(1, 6))
@pytest.mark.parametrize("seconds", [230, 245, 270, 284, 290, 320])
def test_minutes_that_are_not_over_are_judged_by_all_before_them(closed: int, seconds: int) -> None:
    """A usual minute between the closed ones and what is new counts as well."""
    counts = traffic(48, seconds)
    ((_, rows),) = counts.streams()
    found = list(minutes(rows, Structures(counts.reader.paths, rows)))
    stream, whole = Stream(), Stream()
    for minute in found[:closed]:
        stream.feed(minute)
    for minute in found:
        whole.feed(minute)

    looked_ahead = ahead(stream, found[closed:])

    assert [(shift.first, shift.state) for shift in looked_ahead.shifts] == [
        (shift.first, shift.state) for shift in whole.shifts
    ]
