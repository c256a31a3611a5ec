"""Producers that fall silent, against the habit of the weeks before; and groups that stand still."""

from datetime import UTC, datetime

import pytest

from collector.detect.judge_rates import Stretch
from collector.detect.judge_silence import Activity, judge_silence
from collector.detect.judge_stalls import Sample, judge_stalls
from collector.detect.rules import load_rules

MONDAY_S = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
DAY_S, HOUR_S = 86_400, 3_600
SILENCE = load_rules().of("producer_silent", "orders")
STALL = load_rules().of("consumer_stalled", "orders")


def office(days: int, *, without: tuple[float, float] = (0, 0), every_s: int = 60) -> Activity:
    """Return somebody who writes from 8 to 18 on weekdays; `without` are hours since the beginning."""
    minutes = [
        second
        for second in range(MONDAY_S, MONDAY_S + days * DAY_S, every_s)
        if second // DAY_S % 7 not in (2, 3)  # 1970 began on a Thursday
        and 8 <= second % DAY_S / HOUR_S < 18
        and not without[0] <= (second - MONDAY_S) / HOUR_S < without[1]
    ]
    return Activity(minutes)


def silences(own: Activity, other: Activity, hours: float) -> list[Stretch]:
    active = {("orders", "shop"): own, ("stock", "warehouse"): other}
    found = judge_silence(
        active, SILENCE, MONDAY_S + int(hours * HOUR_S), since_s=MONDAY_S, producers=[("orders", "shop")]
    )
    return [stretch for _, stretch in found]


def test_nights_and_weekends_are_no_silence() -> None:
    always = Activity(list(range(MONDAY_S, MONDAY_S + 30 * DAY_S, 300)))

    for hours in (24 * 13 + 12, 24 * 20 + 3):
        assert silences(office(30), always, hours) == []


def test_silence_in_office_hours_is_noticed_and_over_when_it_writes_again() -> None:
    begin = 24 * 15 + 10
    always = Activity(list(range(MONDAY_S, MONDAY_S + 30 * DAY_S, 300)))
    own = office(30, without=(begin, begin + 3))

    (open_,) = silences(own, always, begin + 2)
    (over,) = silences(own, always, begin + 6)

    assert (open_.phase, open_.mitigated_ms) == ("open", None)
    assert over.phase == "resolved"
    assert over.mitigated_ms is not None
    assert abs(over.mitigated_ms / 1_000 - over.impact_ms / 1_000 - 3 * HOUR_S) <= 60
    assert over.detected_s is not None
    assert 0 < over.detected_s - over.impact_ms / 1_000 <= 3_600


def test_where_all_are_silent_nobody_is() -> None:
    begin = 24 * 15 + 10
    own = office(30, without=(begin, begin + 3))

    assert silences(own, own, begin + 2.9) == []
    assert silences(own, office(30, without=(begin - 0.1, begin + 3)), begin + 4) == []


def samples(committed: list[int], end: list[int], every_s: int = 60) -> list[Sample]:
    return [
        Sample(MONDAY_S + at * every_s, *pair) for at, pair in enumerate(zip(committed, end, strict=True))
    ]


def stalls(*partitions: list[Sample], minutes: int = 60) -> list[Stretch]:
    found = judge_stalls("billing", "orders", partitions, STALL, MONDAY_S + minutes * 60)
    return [stretch for _, stretch in found]


def test_a_partition_that_stands_still_while_records_come_is_noticed_and_over_when_caught_up() -> None:
    flowing = samples(list(range(60)), list(range(60)))
    stuck = [*range(20), *[20] * 20, *range(30, 50)]
    stands = samples(stuck, [max(at, value) for at, value in enumerate(stuck)])

    (found,) = stalls(flowing, stands)

    assert (found.impact_ms - MONDAY_S * 1_000) / 60_000 == pytest.approx(21, abs=1)
    assert found.detected_s is not None
    assert found.mitigated_ms is not None
    assert (found.mitigated_ms - MONDAY_S * 1_000) / 60_000 == pytest.approx(40, abs=1)
    assert found.phase == "resolved"


def test_a_group_that_commits_by_the_half_hour_does_so_by_habit() -> None:
    committed = [at // 30 * 30 for at in range(600)]

    assert stalls(samples(committed, list(range(600))), minutes=600)[1:] == []


def test_an_idle_group_does_not_stand_still() -> None:
    assert stalls(samples([20] * 60, [20] * 60)) == []
    assert stalls(samples([20] * 60, [21] * 60)) == []  # one record that nobody wants any more
    assert stalls(samples([-1] * 60, list(range(60)))) == []


def test_a_group_that_is_not_seen_any_more_is_no_data() -> None:
    stuck = samples([*range(20), *[20] * 20], list(range(40)))

    assert [one.phase for one in stalls(stuck, minutes=41)] == ["open"]
    assert [one.phase for one in stalls(stuck, minutes=120)] == ["no data"]


def sampled(committed_at: list[int], minutes: int, *, unseen: range = range(0)) -> list[Sample]:
    """Return samples by the minute of a topic with a record a minute; the group commits all at these minutes."""
    committed, found = 0, []
    for minute in range(minutes):
        committed = minute if minute in committed_at else committed
        if minute not in unseen:
            found.append(Sample(MONDAY_S + minute * 60, committed, minute))
    return found


def test_an_hourly_habit_is_one_from_the_first_hour_on() -> None:
    assert stalls(sampled(list(range(0, 900, 60)), 900), minutes=900) == []


def test_time_in_which_nobody_looked_is_neither_standstill_nor_habit() -> None:
    gap = range(101, 161)
    commits = [*range(100), *range(150, 200), *range(215, 300)]

    (found,) = stalls(sampled(commits, 300, unseen=gap), minutes=300)

    assert (found.impact_ms / 1_000 - MONDAY_S) / 60 == pytest.approx(200, abs=1)
    assert found.mitigated_ms is not None
    assert (found.mitigated_ms / 1_000 - MONDAY_S) / 60 == 215


def test_earlier_standstills_do_not_make_a_habit() -> None:
    pauses = [range(at, at + 10) for at in (300, 600, 900, 1_200)]
    commits = [at for at in range(1_400) if not any(at in pause for pause in pauses)]

    assert len(stalls(sampled(commits, 1_400), minutes=1_400)) == 4


def test_what_stood_still_when_samples_begin_is_not_told_anew() -> None:
    """The day that is looked at moves on; a standstill that it cuts would seem to have begun later each time."""
    whole = sampled([*range(60), *range(300, 400)], 400)
    cut = [sample for sample in whole if sample.at_s >= MONDAY_S + 100 * 60]

    (once,) = judge_stalls("billing", "orders", [whole], STALL, MONDAY_S + 24_000, known_since_s=MONDAY_S)
    again = judge_stalls("billing", "orders", [cut], STALL, MONDAY_S + 24_000, known_since_s=MONDAY_S + 6_000)

    assert once[1].impact_ms == (MONDAY_S + 60 * 60) * 1_000
    assert again == []


def test_who_commits_by_the_hour_may_leave_records_behind() -> None:
    """Records come at the end of the hour; once some are left behind they wait for a whole one."""
    found, end, committed = [], 0, 0
    for minute in range(1_200):
        end += minute % 60 >= 40
        if minute % 60 == 0:
            committed = end if minute < 900 else end - 5
        found.append(Sample(MONDAY_S + minute * 60, committed, end))

    assert stalls(found, minutes=1_200) == []
