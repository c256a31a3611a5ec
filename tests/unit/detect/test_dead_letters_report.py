"""What fails, since when, and what is to blame: from rows of the store to a report."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.dead_letters import RUN_ENDS_AFTER, reasons_of, run_began, scopes_of
from collector.detect.dead_letters_causes import Change, Failing, suspects

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
OLD, NEW, NEWER = 11, 22, 33


def at(minutes_ago: float) -> datetime:
    return NOW - timedelta(minutes=minutes_ago)


def schema_change(
    minutes_ago: float, *shapes: int, ended: float | None = None, topic: str = "payments"
) -> Change:
    event = f"{topic}/0/{int(minutes_ago)}"
    return Change(
        "schema_change", at(minutes_ago), "payments", topic, "cents → amount", event, "2.4.0", frozenset(shapes),
        at(ended) if ended is not None else None,
    )  # fmt: skip


def deployed(minutes_ago: float, service: str, version: str = "9") -> Change:
    return Change(
        "deployment", at(minutes_ago), service, "", f"{service} {version} was deployed", version=version
    )


def failing(minutes: list[int], shapes: dict[int, int]) -> Failing:
    stamps = [int(at(minute).timestamp()) for minute in minutes]
    return Failing("payments", "billing", "", "payments", at(max(minutes)), sorted(stamps), shapes)


def row(failed: dict[int, dict[int, int]], **more: Any) -> dict[str, Any]:
    """A row of dead_letters_reasons; `failed`: minutes ago to structures, counted."""
    minutes = sorted(int(at(minute).timestamp()) for minute in failed)
    pairs = [
        (f"{int(at(minute).timestamp())} {shape}", count)
        for minute, shapes in failed.items()
        for shape, count in shapes.items()
    ]
    number = sum(count for _, count in pairs)
    values: dict[str, Any] = {
        "reason_id": "aa", "topic": "payments", "consumer_group": "billing", "service": "",
        "origin_service": "payments", "exception": "a.B", "template": "no <field>", "message": "no amount", "type": "",
        "failures": number, "dead_letters": number, "waiting": number, "failed_again": 0, "sent_again": 0,
        "recovered": 0, "guessed": 0, "without_origin": 0, "backfilled": 0, "keys": 1, "first_time": at(max(failed)),
        "last_time": at(min(failed)), "last_15m": 1, "last_1h": 1, "last_24h": 1, "oldest_waiting": at(max(failed)),
        "attempts": 3, "sample_origin": "payments/0/1", "samples": ["payments-dlt/0/1"],
        "dead_letter_topics": ["payments-dlt"], "minutes": minutes,
        "shapes": [name for name, _ in pairs], "shape_counts": [count for _, count in pairs],
    }  # fmt: skip
    return values | more


def test_a_change_that_all_failed_events_carry_is_the_likeliest() -> None:
    found = suspects(failing([5, 4, 3], {NEW: 30}), [schema_change(6, NEW), deployed(8, "billing")])

    assert [suspect.change.kind for suspect in found] == ["schema_change", "deployment"]
    assert found[0].likelihood > 0.5
    assert "100% of the failed events have the new structure" in found[0].why
    assert sum(suspect.likelihood for suspect in found) < 1


def test_what_came_after_the_first_failure_on_another_topic_or_elsewhere_is_not_to_blame() -> None:
    others = [schema_change(3, NEW), schema_change(6, NEW, topic="orders"), deployed(6, "search")]

    assert suspects(failing([5, 4, 3], {OLD: 30}), others) == []


def test_a_deployment_that_brought_the_new_structure_is_told_once() -> None:
    found = suspects(failing([5], {NEW: 3}), [schema_change(6, NEW), deployed(6.5, "payments", "2.4.0")])

    assert [suspect.change.kind for suspect in found] == ["schema_change"]


def test_a_release_after_another_that_was_undone_begins_a_run_of_its_own() -> None:
    changes = [schema_change(14, NEW, ended=8), schema_change(5, NEWER)]
    rows = [row({13: {NEW: 9}, 9: {NEW: 9}, 4: {NEWER: 5}, 3: {NEWER: 5}})]

    (reason,) = reasons_of(rows, changes)

    assert reason.began == at(5)
    assert reason.suspects[0].change == changes[1]


def test_the_same_releases_in_turns_are_each_blamed_for_their_own_failures() -> None:
    """As in the demo: two kinds of change fail in one reason's words, a third one between them in another's."""
    changes = [
        schema_change(12, NEW, ended=11), schema_change(9, 44, ended=8), schema_change(6, NEWER, ended=5),
        schema_change(3, NEW, ended=2),
    ]  # fmt: skip
    failed = {11: {NEW: 50}, 5: {NEWER: 50}, 2: {NEW: 3}}

    (reason,) = reasons_of([row(failed)], changes)

    assert reason.began == at(3)
    assert reason.suspects[0].change == changes[3]
    assert reason.suspects[0].likelihood > 0.6


def test_what_fails_all_along_is_not_blamed_on_a_harmless_release() -> None:
    changes = [schema_change(5, NEWER)]

    (reason,) = reasons_of([row({13: {OLD: 9}, 9: {OLD: 9}, 4: {NEWER: 5}, 3: {NEWER: 5}})], changes)

    assert reason.began == at(13)
    assert reason.suspects == ()


def test_of_the_failures_of_a_week_those_of_the_latest_run_say_what_is_to_blame() -> None:
    (reason,) = reasons_of([row({300: {OLD: 900}, 4: {NEW: 5}, 3: {NEW: 5}})], [schema_change(5, NEW)])

    assert reason.began == at(4)
    assert "100%" in reason.suspects[0].why


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40, unique=True))
def test_a_run_has_no_long_pause_in_it_and_a_long_one_before_it(minutes: list[int]) -> None:
    stamps = sorted(minute * 60 for minute in minutes)
    began = int(run_began(stamps).timestamp())
    run = [stamp for stamp in stamps if stamp >= began]
    pause = RUN_ENDS_AFTER.total_seconds()

    assert began in stamps
    assert all(later - earlier <= pause for earlier, later in pairwise(run))
    assert all(began - stamp > pause for stamp in stamps if stamp < began)


def scope(**more: Any) -> dict[str, Any]:
    return {
        "topic": "orders", "consumer_group": "billing", "failures": 5, "last_15m": 3, "last_time": NOW,
        "produced": 1_000, "first_written": at(600),
    } | more  # fmt: skip


def read(minutes: float, records: int, group: str = "billing") -> dict[str, Any]:
    return {
        "consumer_group": group, "topic": "orders", "records": records, "from_time": at(minutes),
        "until_time": NOW,
    }  # fmt: skip


def test_failures_are_per_1000_read_by_the_group_where_it_was_followed_else_per_1000_produced() -> None:
    def of(scopes: list[dict[str, Any]], groups: list[dict[str, Any]]) -> list[tuple[float | None, str]]:
        return [(each.per_1000, each.base) for each in scopes_of(scopes, groups, at(60))]

    assert of([scope()], [read(60, 500)]) == [(10.0, "read by the group")]
    assert of([scope()], [read(30, 500)]) == [(5.0, "produced")]
    assert of([scope(consumer_group="sink")], [read(60, 500, "connect-sink")]) == [
        (10.0, "read by the group")
    ]
    assert of([scope(produced=0)], []) == [(None, "")]
    # What was there before the topic was cannot be missed: it has been followed from its first record on.
    assert of([scope(first_written=at(31))], [read(30, 500)]) == [(10.0, "read by the group")]
