"""An hour of the demo's company against its truth; tests/bench/demo_truth.py does it for hours at several seeds."""

from collector.storage.api import Store
from collector.storage.migrate import migrate
from tests.bench.demo_truth import START_S
from tests.support.judge_past import judge, three_changes

LENGTH_S = 4_200.0
SEED = 11


def test_every_failure_and_change_is_found_and_blamed_on_the_right_release(store: Store) -> None:
    migrate(store)
    story = three_changes(SEED, START_S, LENGTH_S, warm_s=900)

    found = judge(store, story, start_s=START_S, end_s=START_S + LENGTH_S, seed=SEED, cascades_per_day=8_000)

    assert found["dead_letters"] > 50
    assert found["dead_letters_found"] == found["dead_letters"]
    assert (found["dead_letters_false"], found["wrong_origin"], found["wrong_group"]) == (0, 0, 0)
    assert found["failures_told"] == found["failures"]
    assert (found["changes"], found["changes_found"], found["first_record_exact"]) == (3, 3, 3)
    assert found["false"] == []
    assert found["blamed_right"] > 10
    assert found["wrong"] == []
    assert all(seconds < 60 for seconds in found["blamed_nobody_yet_after_s"])
    assert found["redriven_recovered"] == found["redriven"] > 20
