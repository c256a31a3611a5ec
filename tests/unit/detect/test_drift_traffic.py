"""Drift in hours of nasty traffic: nothing false, and every kind of change with its first record.

tests/bench/drift_days.py does the same for days and many more seeds.
"""

import pytest

from tests.bench.drift_days import changed, quiet
from tests.support.traffic import EDITS, HABITS, Injected

BY_NAME = {habit.name: habit for habit in HABITS}
NOISY = ("orders without versions", "sales", "union", "wide", "batch")
HOURS = 5.0


@pytest.mark.parametrize("name", NOISY)
def test_steady_traffic_has_no_drift(name: str) -> None:
    assert quiet(BY_NAME[name], seed=77, hours=HOURS)["false"] == []


@pytest.mark.parametrize("edit", EDITS)
def test_a_release_that_changes_something_is_found_with_its_first_record_and_nothing_else(edit: str) -> None:
    injected = Injected(edit, begin_s=2.5 * 3600, roll_out_s=600.0, end_s=3.5 * 3600)

    found = changed(BY_NAME["orders"], 77, injected, HOURS)

    assert found["found"]
    assert found["first_record_exact"]
    assert found["others"] == []
    assert found["state"] == "reverted"


@pytest.mark.parametrize("edit", ["renamed", "retyped", "nested", "added", "removed"])
def test_what_all_records_have_needs_no_version_to_be_found(edit: str) -> None:
    injected = Injected(edit, begin_s=2.5 * 3600, roll_out_s=0.0, end_s=None)

    found = changed(BY_NAME["sales without versions"], 77, injected, HOURS)

    assert (found["first_record_exact"], found["others"], found["state"]) == (True, [], "complete")


def test_what_some_records_have_on_the_first_day_without_a_new_version_is_told_when_the_day_is_over() -> None:
    """An optional field that comes at nine may come every day at nine: whether it stays is known a day later."""
    habit = BY_NAME["quiet without versions"]
    began_s = 9 * 3600
    first = changed(habit, 77, Injected("added optional", began_s, 0.0, None), 24)
    later = changed(habit, 77, Injected("added optional", began_s, 0.0, None), 36)
    second = changed(habit, 77, Injected("added optional", began_s + 86_400, 0.0, None), 48)

    assert not first["found"]
    assert (later["first_record_exact"], later["others"]) == (True, [])
    assert later["until_detected_s"] >= 86_000
    assert second["first_record_exact"]
    assert second["until_detected_s"] < 7_200


def test_what_comes_and_goes_with_the_hours_of_the_day_is_no_drift() -> None:
    assert quiet(BY_NAME["night"], seed=77, hours=60)["false"] == []
