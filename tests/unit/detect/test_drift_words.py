"""What the drift page and `headwater drift` say first, what led to what, and what to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from collector.detect.drift_read import Drift, Failures, Told
from collector.detect.drift_words import advice, chain, diff_lines, say
from schemas.drift import FieldChange, SchemaChange
from tests.unit.detect.test_drift_registered import change

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RENAMED = (FieldChange("amount", "renamed_suspected", "cents", "amount"),)


def at(minutes_ago: float) -> datetime:
    return NOW - timedelta(minutes=minutes_ago)


def told(minutes_ago: float = 10, *, failures: int = 0, incident: str = "", **more: object) -> Told:
    facts: dict[str, object] = {
        "first_time": at(minutes_ago), "last_new_time": at(1), "fields": RENAMED, "verdict": "breaking",
        "state": "rolling_out", "new_share": 0.4, **more,
    }  # fmt: skip
    dead = Failures("billing", "a.B", failures, at(minutes_ago - 1), at(1), "orders-dlt/0/1", "aa")
    made: SchemaChange = replace(change(), **facts)  # type: ignore[arg-type]
    return Told(
        made, (("billing", 3), ("erp", 0)), (), (dead,) if failures else (), (("i", incident),) if incident else ()
    )  # fmt: skip


def drift(*changes: Told, records: int = 100) -> Drift:
    return Drift(at(60), records, 3, at(0), changes, ())


def test_what_led_to_what_is_one_line() -> None:
    line = chain(told(failures=7, incident="billing fails"), NOW)

    assert line == (
        "shop 2 changed it at 11:50 → 7 dead letters of billing with the new form since 11:51 "
        "→ incident: billing fails"
    )
    assert chain(told(), NOW) == "shop 2 changed it at 11:50"


@pytest.mark.parametrize(
    ("changes", "level", "sentence"),
    [
        ((), "good", "No payload has changed, in 100 records of 3 topics."),
        (
            (told(),),
            "bad",
            "orders is changing: shop 2, since 11:50 UTC. cents → amount (renamed?).",
        ),
        ((told(verdict="full"),), "warn", "orders is changing: shop 2, since 11:50 UTC."),
        (
            (told(failures=3, state="reverted", reverted_time=at(4)),),
            "warn",
            "orders changed and was rolled back: shop 2, from 11:50 to 11:56 UTC.",
        ),
        (
            (told(300, state="complete", verdict="full", last_new_time=at(0)),),
            "good",
            "No payload is changing now; the last change, of orders, is complete.",
        ),
    ],
)
def test_the_first_sentence_says_whether_something_is_wrong_now(
    changes: tuple[Told, ...], level: str, sentence: str
) -> None:
    said = say(drift(*changes), NOW)

    assert said.level == level
    assert said.sentence.startswith(sentence)


def test_what_goes_on_comes_before_what_was_rolled_back_however_much_that_hurt() -> None:
    over = told(5, failures=900, state="reverted", reverted_time=at(2), topic="payments")

    assert say(drift(over, told(20)), NOW).sentence.startswith("orders is changing")


def test_nothing_seen_is_no_data() -> None:
    assert say(drift(records=0), NOW).level == "none"


def test_what_to_do_depends_on_how_far_it_is_and_whom_it_breaks() -> None:
    assert advice(told())[0].startswith("Roll shop 2 back")
    assert "billing, erp" in advice(told())[1]
    assert "before: they would fail again" in advice(told(failures=1))[-1]
    assert advice(told(verdict="full", state="complete")) == [
        "Nothing has to be done: readers of the form before can read it."
    ]


def test_a_renamed_field_is_a_line_that_goes_and_one_that_comes() -> None:
    assert [style for style, _ in diff_lines(RENAMED)] == ["del", "add"]
