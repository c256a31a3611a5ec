"""What may have caused an incident, and what is one incident."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.causes import Change, Flow, came_with, is_ambiguous, is_same_change, rank_causes
from collector.detect.fold import fold
from collector.detect.story import tell
from collector.detect.versions import Seen, deployments_of
from schemas.incidents import Cause
from tests.contract.test_incidents import INCIDENT

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FLOW = Flow(
    [("orders", "payments", "captured"), ("captured", "billing", "invoices"), ("other", "audit", "audits")],
    {"orders": ["shop"]},
)
SCHEMA = Change(
    "schema_change", T0 - timedelta(seconds=40), "captured lost amount", "payments", "captured", weight=1.0
)
RELEASE = Change("deployment", T0 - timedelta(seconds=45), "payments 2.4.0", "payments")


def rank(*changes: Change) -> tuple[Cause, ...]:
    return rank_causes(changes, impact_time=T0, topic="captured", consumer="billing", service="", flow=FLOW)


def test_a_release_and_the_payload_that_came_with_it_are_one_likely_cause() -> None:
    found = rank(SCHEMA, RELEASE)

    assert [cause.kind for cause in found] == ["deployment", "schema_change"]
    assert sum(cause.likelihood for cause in found) > 0.85
    assert not is_ambiguous(found)


def test_two_releases_at_once_are_ambiguous_and_said_to_be() -> None:
    other = Change("deployment", T0 - timedelta(seconds=50), "billing 3.0", "billing")

    found = rank(RELEASE, other)

    assert is_ambiguous(found)
    assert "Two candidates are almost as likely" in tell(replace(INCIDENT, causes=found), T0).why


def test_what_is_nearer_in_time_and_on_the_flow_is_likelier() -> None:
    upstream = Change("deployment", RELEASE.time, "shop 1", "shop")
    earlier = Change("deployment", T0 - timedelta(minutes=50), "payments 2.3", "payments")

    found = {cause.text: cause.likelihood for cause in rank(earlier, upstream, RELEASE)}

    assert max(found, key=lambda text: found[text]) == "payments 2.4.0"
    assert len(found) == 3


def test_a_version_that_did_not_run_any_more_is_hardly_to_blame() -> None:
    earlier = Change("deployment", T0 - timedelta(minutes=6), "payments 2.4.0", "payments")
    undone = Change("deployment", T0 - timedelta(minutes=5), "payments 2.3.1", "payments")

    found = rank(earlier, undone, RELEASE)

    assert found[0].time == RELEASE.time
    assert sum(one.likelihood for one in found[1:]) < 0.25
    assert not is_ambiguous(found)
    said = tell(replace(INCIDENT, causes=found), T0).why
    assert said.count("payments 2.4.0") == 1


def test_a_story_that_repeats_blames_the_release_and_the_payload_of_this_time() -> None:
    changes = []
    for turn in range(4):
        at = T0 - timedelta(minutes=3 * turn, seconds=3)
        changes += [
            Change("deployment", at, "payments 2.4.0", "payments"),
            Change("schema_change", at, f"form {turn}", "payments", "captured", weight=1.0),
            Change("deployment", at + timedelta(seconds=56), "payments 2.3.1", "payments"),
        ]

    found = rank(*changes)

    first = found[0]
    assert (first.text, first.time) == ("payments 2.4.0", T0 - timedelta(seconds=3))
    assert came_with(found) == next(one for one in found if one.text == "form 0")
    assert sum(one.likelihood for one in found if one is first or is_same_change(first, one)) > 0.6
    assert not is_ambiguous(found)


def test_what_came_later_or_does_not_lead_there_is_no_cause() -> None:
    assert rank(Change("deployment", T0 + timedelta(minutes=2), "payments 9", "payments")) == ()
    assert rank(Change("deployment", T0 - timedelta(hours=3), "payments 1", "payments")) == ()
    assert rank(Change("deployment", RELEASE.time, "audit 1", "audit")) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["payments", "billing", "shop"]), st.integers(-60, 7_200)), max_size=20
    )
)
def test_likelihoods_never_sum_to_certainty(changes: list[tuple[str, int]]) -> None:
    found = rank(*(Change("deployment", T0 - timedelta(seconds=s), f"{who} {s}", who) for who, s in changes))

    assert all(0 <= cause.likelihood < 1 for cause in found)
    assert sum(cause.likelihood for cause in found) < 1


def test_retries_and_dead_letters_of_one_failure_are_one_incident() -> None:
    dead = replace(INCIDENT, incident_id="dead", topic="captured", impact_time=T0)
    retries = replace(dead, incident_id="retries", kind="retry_storm", impact_time=T0 - timedelta(seconds=5))

    found = fold([retries, dead], FLOW)

    assert (found["retries"].parent_id, found["dead"].parent_id) == ("dead", "")
    assert found["retries"].causes[0].kind == "upstream_incident"


def test_what_was_over_before_it_began_is_no_side_of_it() -> None:
    over = T0 - timedelta(minutes=2)
    before = replace(INCIDENT, topic="captured", kind="retry_storm", impact_time=over, mitigated_time=over)
    again = replace(INCIDENT, incident_id="again", topic="captured", kind="schema_break", impact_time=T0)

    assert {one.parent_id for one in fold([before, again], FLOW).values()} == {""}


def test_what_fails_again_soon_keeps_its_own_sides() -> None:
    over = T0 + timedelta(minutes=1)
    before = replace(INCIDENT, incident_id="before", topic="captured", impact_time=T0, mitigated_time=over)
    again = replace(before, incident_id="again", impact_time=T0 + timedelta(minutes=3), mitigated_time=None)
    retries = replace(again, incident_id="retries", kind="retry_storm")

    found = fold([before, again, retries], FLOW)

    assert (found["retries"].parent_id, found["again"].parent_id) == ("again", "")


def test_what_starves_below_a_failing_consumer_is_part_of_it() -> None:
    dead = replace(INCIDENT, incident_id="dead", topic="captured", causes=())
    below = replace(
        dead,
        incident_id="below",
        kind="producer_silent",
        topic="invoices",
        service="billing",
        consumer_group="",
        impact_time=T0 + timedelta(minutes=5),
    )
    apart = replace(below, incident_id="apart", topic="audits", service="audit")

    found = fold([dead, below, apart], FLOW)

    assert (found["below"].parent_id, found["apart"].parent_id) == ("dead", "")


def test_a_step_that_does_not_follow_is_a_side_of_its_standing_consumer_whatever_the_group_is_called() -> (
    None
):
    standing = replace(
        INCIDENT, incident_id="standing", kind="consumer_stalled", topic="orders", consumer_group="pay-group-1",
        service="", causes=(), impact_time=T0,
    )  # fmt: skip
    stuck = replace(standing, incident_id="stuck", kind="flow_stuck", consumer_group="", service="payments")
    other = replace(standing, consumer_group="audit")
    flow = replace(FLOW, edges=[*FLOW.edges, ("orders", "audit", "audits")])

    assert fold([standing, stuck], flow)["stuck"].parent_id == "standing"
    assert fold([other, stuck], flow)["stuck"].parent_id == ""


def test_a_rollout_is_one_deployment_and_a_rollback_another_but_a_canary_none() -> None:
    def seen(*versions: str) -> list[Seen]:
        return [
            Seen("payments", version, 3, T0 + timedelta(seconds=10 * at))
            for at, version in enumerate(versions)
        ]

    rollout = seen(*"aaaaaababbbbbbbbbbaaaaa")
    ever = {("payments", "a"): T0, ("payments", "b"): T0 + timedelta(seconds=60)}

    found = deployments_of(rollout, ever, {"payments": T0})

    assert [(one.version, (one.time - T0).seconds // 10) for one in found] == [("b", 6), ("a", 18)]
    canary = seen(*("aaab" * 10))
    ever = {("payments", "a"): T0, ("payments", "b"): T0 + timedelta(seconds=30)}
    assert len(deployments_of(canary, ever, {"payments": T0})) == 1
