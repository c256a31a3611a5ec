"""What is wrong now, in words: nothing, quiet, blind or burning, and what is shown first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.incident_words import STATES, Wanted, Watched, cause_line, folded, headline, much
from schemas.incidents import Cause, Incident
from tests.contract.test_incidents import INCIDENT, T0

NOW = T0 + timedelta(minutes=30)
WATCHED = Watched(9_000, 12, T0 - timedelta(days=3), NOW - timedelta(seconds=2), NOW - timedelta(seconds=4))
OVER = replace(
    INCIDENT, incident_id="over", state="resolved", mitigated_time=T0 + timedelta(minutes=5),
    resolved_time=T0 + timedelta(minutes=8),
)  # fmt: skip


def say(*found: Incident, **watched: Any) -> tuple[str, str, str]:
    said = headline(folded(found), replace(WATCHED, **watched), NOW)
    return said.level, said.sentence, " ".join(said.details)


def test_no_data_quiet_and_blind_are_three_different_things() -> None:
    assert say(records=0)[:2] == (
        "none", "No data yet: no record has been stored, so nothing is known of incidents.",
    )  # fmt: skip
    level, sentence, details = say()
    assert (level, sentence) == ("good", "All quiet: no incident is open.")
    assert details == (
        "Watched since 20 Nov 10:00 UTC: 12 topics with records in the last hour; the newest record was read 2 s ago."
    )
    level, sentence, _ = say(newest=NOW - timedelta(minutes=16))
    assert level == "warn"
    assert "the newest record was read 16 min ago: nobody can tell whether all is well" in sentence
    assert say(looked=None)[:2] == (
        "none",
        "Nobody looks for incidents: that is the work of `headwater watch`.",
    )
    assert say(looked=NOW - timedelta(minutes=9))[0] == "warn"
    assert "last 9 min ago" in say(looked=NOW - timedelta(minutes=9))[1]
    assert say(problem="the store\nis away")[1] == "The last look for incidents failed: the store\\nis away"


def test_what_is_open_is_said_with_cause_and_whether_somebody_is_on_it() -> None:
    level, sentence, details = say(INCIDENT, OVER)
    assert (level, sentence) == ("bad", "billing fails on orders, since 10:00 UTC.")
    assert "12 dead letters of 40 records (30.0%)" in details
    assert "Likely cause: payments 2.4.0, 1 min 30 s before it (80% likely)." in details
    assert "Nobody has acknowledged it, 30 min in." in details
    taken = replace(INCIDENT, acknowledged_time=T0, acknowledged_by="ada")
    assert "Nobody" not in say(taken)[2]
    assert "nobody can tell whether it is over" in say(replace(INCIDENT, state="no data"))[2]
    assert say(replace(OVER, state="mitigated"))[0] == "warn"
    assert say(OVER)[1] == "All quiet: no incident is open. The last bad moment of any was 25 min ago."


def test_doubt_is_said_and_a_release_with_its_payload_is_one_change() -> None:
    release = INCIDENT.causes[0]
    other = Cause("deployment", T0 - timedelta(minutes=2), "ledger 9", 0.75, service="ledger")
    payload = Cause("schema_change", release.time, "amount: string", 0.15, service="payments", topic="orders")

    assert (
        cause_line(replace(INCIDENT, causes=(release, other))) == "Not clear why: payments 2.4.0 or ledger 9."
    )
    assert "(95% likely)" in cause_line(replace(INCIDENT, causes=(release, payload)))
    assert cause_line(replace(INCIDENT, causes=())).startswith("Cause not known")


def test_how_much_is_unknown_where_it_cannot_be_counted() -> None:
    assert (
        much(replace(INCIDENT, kind="producer_silent", bad=0)) == "records are missing, how many is not known"
    )
    assert much(replace(INCIDENT, total=0)) == "12 dead letters"


def test_children_stand_under_their_parents_and_what_is_open_comes_first() -> None:
    child = replace(INCIDENT, incident_id="child", parent_id="over", impact_time=T0 + timedelta(minutes=1))
    lone = replace(OVER, incident_id="lone", parent_id="forgotten")
    withdrawn = replace(INCIDENT, incident_id="none", state="withdrawn")

    found = folded([lone, OVER, child, withdrawn])

    assert [(one.incident.incident_id, [c.incident_id for c in one.children]) for one in found] == [
        ("over", ["child"]), ("lone", []),
    ]  # fmt: skip


ONES = st.lists(
    st.builds(
        lambda number, parent, state, topic: replace(
            INCIDENT,
            incident_id=str(number),
            parent_id=parent,
            state=state,
            topic=topic,
            impact_time=datetime(2026, 11, 23, 10, number, tzinfo=UTC),
        ),
        st.integers(0, 9),
        st.sampled_from(["", "20", *"0123"]),
        st.sampled_from(["open", "no data", "mitigated", "resolved"]),
        st.sampled_from(["orders", "payments"]),
    ),
    unique_by=lambda one: one.incident_id,
)


@given(ONES, st.sampled_from(["", "orders"]), st.sampled_from(STATES))
def test_no_incident_that_is_wanted_is_lost_or_shown_twice(
    ones: list[Incident], topic: str, state: str
) -> None:
    kept = Wanted(topic=topic, state=state).of(ones)

    shown = [one.incident_id for family in folded(kept) for one in (family.incident, *family.children)]

    assert sorted(shown) == sorted(one.incident_id for one in kept)
    assert {one.incident_id for one in ones if topic in ("", one.topic) and state == "all"} <= set(shown)
