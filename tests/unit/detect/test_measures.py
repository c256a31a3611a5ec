"""Measures of incidents: what counts, what is left out, and what is not said for want of numbers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.detect import measures
from schemas.incidents import Cause, Deployment, Incident
from tests.contract.test_incidents import INCIDENT

T0 = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def incident(number: int = 0, **changed: object) -> Incident:
    start = T0 + number * timedelta(hours=1)
    times = {
        "impact_time": start,
        "detected_time": start + 2 * MINUTE,
        "mitigated_time": start + 12 * MINUTE,
        "resolved_time": start + 15 * MINUTE,
        "incident_id": str(number),
        "state": "resolved",
    }
    return replace(INCIDENT, **{**times, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(("measure", "seconds"), [("detect", 120), ("mitigate", 600), ("restore", 720)])
def test_times_run_between_the_moments_that_define_them(measure: measures.Measure, seconds: float) -> None:
    found = measures.durations(measure, [incident()])

    assert (found.n, found.median_s, found.p90_s) == (1, seconds, seconds)
    assert not found.is_enough


def test_what_is_not_known_is_left_out_and_counted() -> None:
    history = incident(1, backfilled=True, detected_time=None)
    going_on = incident(2, mitigated_time=None, state="open")

    assert measures.durations("detect", [incident(), history]).left_out == {"found in history": 1}
    assert measures.durations("acknowledge", [incident()]).left_out == {"not acknowledged": 1}
    assert measures.durations("restore", [history, going_on]).n == 1
    assert measures.durations("restore", []) == measures.Durations(0, None, None)


def test_children_and_withdrawn_ones_are_not_counted() -> None:
    found = measures.counted(
        [incident(0), incident(1, parent_id="0"), incident(2, state="withdrawn"), incident(30)],
        T0,
        T0 + timedelta(days=1),
    )

    assert [one.incident_id for one in found] == ["0"]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_the_median_is_the_median_and_the_90th_percentile_is_not_below(values: list[float]) -> None:
    found = measures.summarize(values)

    assert found.median_s == median(values)
    assert found.p90_s is not None
    assert found.p90_s >= found.median_s or abs(found.p90_s - found.median_s) < 1e-6


def test_few_incidents_get_no_verdict() -> None:
    slow, fast = [measures.summarize([seconds] * 5) for seconds in (600.0, 300.0)]

    assert measures.compare(fast, slow) == "better"
    assert measures.compare(slow, fast) == "worse"
    assert measures.compare(slow, slow) == "steady"
    assert measures.compare(measures.summarize([1.0] * 4), slow) == "too few"
    assert measures.compare(measures.summarize([]), slow) == "no data"


def test_a_deployment_that_two_sources_tell_is_one() -> None:
    told = Deployment("payments", "2.4.0", T0, "webhook", "production")
    seen = Deployment("payments", "2.4.0", T0 + 3 * MINUTE, "header")
    later = Deployment("payments", "2.4.0", T0 + timedelta(hours=3), "header")

    assert measures.deployments_in([seen, later, told], T0, T0 + timedelta(days=1)) == [told, later]


def test_changes_fail_by_deployment_and_not_by_incident() -> None:
    deployments = [
        Deployment("payments", str(number), T0 + number * timedelta(hours=1) - MINUTE, "webhook")
        for number in range(4)
    ]
    cause = Cause("deployment", T0 - MINUTE, "payments 0", 0.8, service="payments")
    broken = [incident(0, causes=(cause,)), incident(0, causes=(cause,), topic="other")]

    found = measures.change_failure_rate(deployments, broken)

    assert (found.count, found.of, found.share) == (1, 4, 0.25)
    assert measures.failed_deployment_recovery(deployments, broken).median_s == 13 * 60
    assert measures.change_failure_rate([], broken).share is None


def test_a_budget_without_traffic_says_nothing() -> None:
    assert measures.error_budget(0.99, 0, 0).left is None
    spent = measures.error_budget(0.99, 20, 1_000)
    assert spent.burn == pytest.approx(2)
    assert spent.left == pytest.approx(-1)
    assert measures.per_thousand(1, 0) is None
