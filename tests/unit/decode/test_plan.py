import re
from itertools import combinations, islice

from collector.decode.conventions import CONVENTIONS
from collector.decode.plan import _PLANS_MAX, Pick, Planner

KEYS = sorted({header.key for convention in CONVENTIONS for header in convention.headers})


def test_what_is_kept_of_header_keys_is_bounded_and_no_group_has_two_meanings() -> None:
    # Plans were forgotten once, the groups of their picks were not.
    planner = Planner(re.compile("(?!)"))
    picks_of: dict[int, tuple[Pick, ...]] = {}

    for keys in islice(combinations(KEYS, 4), 2 * _PLANS_MAX):
        plan = planner.plan(keys, headers_max=100)
        assert picks_of.setdefault(plan.group, plan.picks) == plan.picks

    assert len(picks_of) > _PLANS_MAX, "these keys are too much alike to show anything"
    assert len(planner.known) <= _PLANS_MAX
    assert len(planner._groups) <= _PLANS_MAX
