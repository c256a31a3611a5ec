"""The first sentence of the dashboard."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.changes import Change
from dashboard.verdict import Facts, Failing, Verdict, foremost, judge
from schemas.records import EventRef

NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


def _minutes_ago(*ago: int) -> tuple[int, ...]:
    start = NOW.replace(second=0)
    return tuple(sorted(int((start - timedelta(minutes=minutes)).timestamp()) for minutes in ago))


def _failing(**more: Any) -> Failing:
    facts: dict[str, Any] = {
        "topic": "stock.dlq", "reason": "com.example.SchemaMismatch", "failing": "inventory",
        "origin_topic": "stock", "last_15m": 11, "last_1h": 11, "last_24h": 11, "last_time": NOW,
        "last_event": "stock.dlq/0/1", "minutes": _minutes_ago(1, 2, 9, 200),
    }  # fmt: skip
    return Failing(**facts | more)


def _judge(**more: Any) -> Verdict:
    facts: dict[str, Any] = {
        "now": NOW, "rows": 100, "newest_observed": NOW, "events_5m": 500, "topics": 7, "failing": [], "changes": [],
        "heard": NOW - timedelta(seconds=5), "collector_state": "running", "lag": 0,
    }  # fmt: skip
    return judge(Facts(**facts | more))


def test_failing_says_who_how_many_and_since_when() -> None:
    verdict = _judge(failing=[_failing()])

    assert verdict.level == "bad"
    assert verdict.sentence == "inventory fails: 11 dead letters in 15 minutes, since 11:51 UTC."
    assert verdict.details == ("Most frequent reason: SchemaMismatch (11 of them).",)


def _change(minutes: int, topic: str = "stock") -> Change:
    return Change(topic, "Order", EventRef(topic, 0, 1), NOW - timedelta(minutes=minutes), ("+ a (null)",))


def test_a_change_shortly_before_is_named_and_a_later_one_is_not() -> None:
    assert _judge(failing=[_failing()], changes=[_change(2), _change(13)]).details[1:] == (
        "4 minutes before, the payload of stock changed: + a (null).",
    )
    assert _judge(failing=[_failing()], changes=[_change(2), _change(200)]).details[1:] == ()


def test_a_change_of_the_topic_that_failed_comes_before_a_newer_one_elsewhere() -> None:
    other = _change(11, "emails")

    assert _judge(failing=[_failing()], changes=[other, _change(13)]).details[1:] == (
        "4 minutes before, the payload of stock changed: + a (null).",
    )
    assert _judge(failing=[_failing()], changes=[other]).details[1:] == (
        "2 minutes before, the payload of emails, another topic, changed: + a (null).",
    )


def test_a_likely_cause_is_named_instead_of_neighbours_in_time() -> None:
    said = _judge(
        failing=[_failing()], changes=[_change(13)], suspicion="stock 2.0 was deployed (80% likely)"
    )

    assert said.details[1:] == ("Likely cause: stock 2.0 was deployed (80% likely).",)


def test_two_services_fail_together_and_more_are_counted() -> None:
    failing = [_failing(failing=name) for name in ("a", "b", "c", "d", "e")]

    assert _judge(failing=failing[:2]).sentence.startswith("a and b fail: 22 dead letters")
    assert _judge(failing=failing).sentence.startswith("a, b, c and 2 more fail: 55")


def test_what_has_ceased_is_told_as_past_unless_its_incident_is_open() -> None:
    ceased = _failing(last_time=NOW - timedelta(minutes=4), minutes=_minutes_ago(4, 5, 6, 200))

    over = _judge(failing=[ceased])
    assert (over.level, over.sentence) == (
        "warn", "inventory failed: 11 dead letters in 15 minutes, the last one 4 min ago.",
    )  # fmt: skip
    assert _judge(failing=[ceased], incident="inventory fails on stock.").level == "bad"
    assert _judge(failing=[ceased, _failing()]).level == "bad"


def test_beside_what_goes_on_what_has_ceased_is_told_as_past() -> None:
    ceased = _failing(last_15m=31, last_time=NOW - timedelta(minutes=4), minutes=_minutes_ago(4, 5, 6, 7))
    noise = _failing(failing="emails", reason="x.Bounced", last_15m=2, minutes=_minutes_ago(0, 9))

    found = _judge(failing=[ceased, noise])

    assert (found.level, found.sentence) == (
        "bad", "emails fails: 2 dead letters in 15 minutes, since 11:51 UTC.",
    )  # fmt: skip
    assert found.details == (
        "Most frequent reason: Bounced (2 of them).",
        "Ceased, it seems: inventory; 31 dead letters in 15 minutes, the last one 4 min ago.",
    )
    assert foremost([ceased, noise], NOW) is noise
    assert foremost([ceased], NOW) is ceased
    assert foremost([_failing(last_15m=0)], NOW) is None


def test_what_its_incident_calls_over_is_past_whatever_other_incident_is_open() -> None:
    over = _failing(over_time=NOW, last_time=NOW - timedelta(minutes=1))
    told = "inventory failed: 11 dead letters in 15 minutes, the last one 1 min ago."

    assert (_judge(failing=[over]).level, _judge(failing=[over]).sentence) == ("warn", told)
    other = _judge(failing=[over], incident="orders come out of order, since 11:40 UTC.")
    assert (other.level, other.sentence) == ("bad", "orders come out of order, since 11:40 UTC.")
    assert other.details[0].startswith("Ceased, it seems: inventory;")


def test_who_still_fails_for_another_reason_is_named_with_the_one_that_is_over() -> None:
    ceased = _failing(last_time=NOW - timedelta(minutes=4), minutes=_minutes_ago(4, 5))

    found = _judge(failing=[ceased, _failing(reason="x.Timeout", last_15m=1)])

    assert found.sentence.startswith("inventory fails: 1 dead letter in 15 minutes")
    assert found.details[-1].startswith("Ceased, it seems: inventory with SchemaMismatch; 11 dead letters")


def test_what_fails_now_and_then_has_not_ceased_between_two_times() -> None:
    slow = _failing(last_time=NOW - timedelta(minutes=5), minutes=_minutes_ago(5, 9, 13, 17))

    assert _judge(failing=[slow]).sentence.startswith("inventory fails")
    assert _judge(failing=[_failing(last_time=slow.last_time, minutes=_minutes_ago(5, 6, 7))]).level == "warn"
    late = NOW + timedelta(minutes=4)
    assert slow.has_ceased(late)


def test_where_no_service_is_known_the_topic_is_named() -> None:
    assert _judge(failing=[_failing(failing="")]).sentence.startswith("stock.dlq fills: 11 dead letters")


def test_failures_of_an_hour_ago_are_told_but_are_not_now() -> None:
    earlier = _failing(last_15m=0, last_1h=4, last_time=NOW - timedelta(minutes=40), minutes=_minutes_ago(40))
    verdict = _judge(failing=[earlier])

    assert verdict.level == "good"
    assert verdict.sentence == "Nothing is failing: no dead letters in 15 minutes, 100/min over 7 topics."
    assert verdict.details == ("4 dead letters earlier in this hour, the last one 40 min ago.",)


def test_no_data_is_its_own_state() -> None:
    silent = _judge(rows=0, heard=None)
    waiting = _judge(rows=0, collector_state="running")

    assert (silent.level, silent.sentence) == ("none", "No data yet: no collector has stored an event.")
    assert waiting.sentence.startswith("No data yet: a collector is running")


def test_silence_is_not_health() -> None:
    assert _judge(heard=None).sentence == "No collector has reported in a day: what you see is old."
    assert _judge(heard=NOW - timedelta(minutes=9)).sentence.startswith("The collector went silent 9 min ago")
    assert _judge(collector_state="store away").sentence == "The collector says: store away."
    assert _judge(lag=48_210).sentence.startswith("Collection is 48,210 records behind")
    assert {_judge(heard=None).level, _judge(lag=48_210).level} == {"warn"}


def test_failures_come_before_worries() -> None:
    verdict = _judge(failing=[_failing(reason="")], heard=None)

    assert verdict.level == "bad"
    assert verdict.details == ("No collector has reported in a day: what you see is old.",)
