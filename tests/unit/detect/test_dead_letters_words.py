"""What the Dead letters page and `headwater dlq` say first, and of each reason."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.detect.dead_letters import (
    CEASED,
    RUN_ENDS_AFTER,
    Reason,
    Report,
    foremost,
    has_ceased,
    over_times,
    reasons_of,
    scopes_of,
)
from collector.detect.dead_letters_words import handling, headline, per_1000, short_reason
from tests.support.incidents import incident, still_open
from tests.unit.detect.test_dead_letters_report import NEW, NOW, at, row, schema_change, scope


def reason(minutes_ago: int = 5, **more: Any) -> Reason:
    (made,) = reasons_of(
        [row({minutes_ago: {NEW: 3}}, **more)], [schema_change(minutes_ago + 1, NEW)]
    )  # fmt: skip
    return made


def report(*reasons: Reason) -> Report:
    return Report(NOW, NOW - timedelta(days=7), reasons, (), (), "", cut=False)


PUT_RIGHT: dict[str, Any] = {"waiting": 0, "recovered": 3, "oldest_waiting": None}


@pytest.mark.parametrize(
    ("reasons", "level", "sentence"),
    [
        ([reason(2)], "bad", "billing fails: 1 event given up in 15 minutes, since 11:58 UTC."),
        (
            [reason(5)],
            "warn",
            "Nothing fails now, but 3 failures are still to be put right, the oldest since 11:55 UTC.",
        ),
        (
            [reason(40, last_15m=0)],
            "warn",
            "Nothing fails now, but 3 failures are still to be put right, the oldest since 11:20 UTC.",
        ),
        (
            [reason(40, last_15m=0, **PUT_RIGHT)],
            "good",
            "Nothing is failing, and nothing waits: the last dead letter was 40 min ago, and all have been put right.",
        ),
        ([], "good", "No dead letters in 7 d."),
    ],
)
def test_the_first_sentence_says_whether_something_is_wrong_now(
    reasons: list[Reason], level: str, sentence: str
) -> None:
    said = headline(report(*reasons), any_event=True)

    assert (said.level, said.sentence) == (level, sentence)


def test_what_has_ceased_is_told_as_past_beside_what_goes_on() -> None:
    noise = reason(1, consumer_group="mailer", exception="x.Bounced", template="")

    said = headline(report(reason(5), noise), any_event=True)

    assert said.sentence == "mailer fails: 1 event given up in 15 minutes, since 11:59 UTC."
    assert said.details[0] == "Look first at mailer on payments: Bounced."
    past = (
        "Ceased, it seems: billing on payments (B); 1 event given up in 15 minutes, the last one 5 min ago."
    )
    assert past in said.details
    assert past in headline(report(reason(5)), any_event=True).details


def test_what_its_incident_calls_over_has_ceased_until_it_fails_again() -> None:
    over = at(1)

    assert replace(reason(2), over_time=over).has_ceased(NOW)
    assert not reason(2).has_ceased(NOW)
    assert not replace(reason(0), over_time=over).has_ceased(NOW)


def test_an_incident_that_goes_on_says_of_nothing_that_it_is_over() -> None:
    ended = incident(topic="orders", consumer_group="billing", resolved_time=at(9))
    later = incident(topic="orders", consumer_group="billing", resolved_time=at(3))
    storm = still_open(kind="retry_storm", topic="orders", consumer_group="billing")
    going_on = still_open(topic="orders", consumer_group="billing")

    assert over_times([later, ended, storm]) == {("orders", "billing"): at(3)}
    assert over_times([replace(later, state="withdrawn"), ended]) == {("orders", "billing"): at(9)}
    assert over_times([later, going_on]) == {}


@given(st.lists(st.integers(0, 2_000), min_size=1, unique=True), st.integers(0, 60))
def test_what_has_ceased_has_been_quiet_and_stays_ceased(minutes_ago: list[int], later: int) -> None:
    minutes = sorted(int(at(minute).timestamp()) for minute in minutes_ago)
    last, now = at(min(minutes_ago)), NOW + timedelta(minutes=later)

    if has_ceased(minutes, last, NOW):
        assert NOW - last > CEASED
        assert has_ceased(minutes, last, now)
    assert has_ceased(minutes, last, last + 2 * RUN_ENDS_AFTER + timedelta(seconds=1))
    assert not has_ceased(minutes, last, last)


def test_no_event_at_all_is_no_data_and_not_good() -> None:
    assert headline(report(), any_event=False).level == "none"


def test_the_likely_cause_is_told_with_its_likelihood() -> None:
    details = headline(report(reason()), any_event=True).details

    assert details[0] == "Look first at billing on payments: B: no <field>."
    assert details[1].startswith("Likely cause: the payload of payments changed: cents → amount (")
    assert "% likely; " in details[1]


def test_what_fails_and_waits_comes_before_what_fails_more_and_has_recovered() -> None:
    waiting, recovered = reason(5, last_15m=2), reason(5, last_15m=50, **PUT_RIGHT)

    assert foremost([recovered, waiting]) == waiting
    assert foremost([]) is None


def test_a_long_message_is_cut_between_words_and_says_so() -> None:
    long = reason(template="Missing property 'a' (fields seen: " + "one, " * 60 + "two)")
    endless = reason(exception="", template="x" * 500)

    assert short_reason(long).endswith("one (and more)")
    assert len(short_reason(endless)) < 130
    assert short_reason(reason()) == "B: no <field>"
    assert short_reason(reason(exception="", template="")) == "no reason on the wire"


def test_what_became_of_failures_is_told_with_what_failed_again() -> None:
    assert handling(reason(waiting=2, failed_again=1)) == "2 waiting, 1 failed again after a redrive"


def test_a_rate_says_of_what() -> None:
    (known,), (unknown,) = scopes_of([scope()], [], at(60)), scopes_of([scope(produced=0)], [], at(60))

    assert per_1000(known) == "5.0 per 1,000 produced"
    assert per_1000(unknown) == "records not known"
