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


def test_what_some_records_have_on_the_first_day_without_a_new_version_may_be_the_hour() -> None:
    """The limit: an optional field that comes at nine may come every day at nine. The second day tells."""
    habit = BY_NAME["quiet without versions"]
    first = changed(habit, 77, Injected("added optional", 9 * 3600, 0.0, None), 24)
    second = changed(habit, 77, Injected("added optional", 33 * 3600, 0.0, None), 48)

    assert not first["found"]
    assert second["first_record_exact"]
