"""The small version of tests/bench/simulate_kinds.py: standstills, schema breaks and duplicates that were made."""

from collector.detect.rules import load_rules
from tests.bench.simulate_kinds import Tally, add_history


def test_each_kind_is_found_with_its_true_length_and_cause_and_nothing_else() -> None:
    tally = Tally()
    for seed in (100, 101):
        add_history(tally, seed, load_rules(), groups=6, topics=4, days=10)

    for kind in ("consumer_stalled", "schema_break", "dead_letters", "duplicates"):
        assert tally.made[kind] > 0
        assert tally.found[kind] >= 0.95 * tally.made[kind], tally.notes
    assert tally.false.total() <= 1, tally.notes
    assert tally.restore_right.total() >= 0.95 * tally.restore_judged.total(), tally.notes
    assert tally.causes["right"] >= 0.9 * tally.causes.total()
    for said_s, true_s in tally.medians_s:
        assert abs(said_s - true_s) <= max(0.1 * true_s, 15)
