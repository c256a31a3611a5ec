"""From stored events to incidents, on the real engine: opened, explained, mitigated, resolved, corrected, once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.detect.acknowledge import acknowledge
from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.read_incidents import read_deployments, read_incident_changes, read_incidents
from collector.detect.story import tell
from collector.detect.watch_incidents import JudgeIncidents, replay
from collector.lineage.link_shared_names import LinkSharedNames
from collector.settings import load
from collector.storage.api import Store
from schemas.arrow import EDGES
from schemas.incidents import Incident
from tests.support.world import DEAD, TOPIC, World

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
Look = Callable[[datetime], list[Incident]]


@pytest.fixture
def world(store: Store) -> World:
    return World(store, START)


@pytest.fixture
def look(store: Store) -> Look:
    """Return what looks once at everything as of a moment, as a watcher that was just started does."""

    def look(now: datetime) -> list[Incident]:
        settings = load()
        LinkSharedNames(store).step(now)
        FindDeadLetters(store, settings).step(now)
        JudgeIncidents(store, settings).step(now)
        return read_incidents(store, since=START, until=now)

    return look


def diary(store: Store, one: Incident) -> list[str]:
    return [line.change for line in read_incident_changes(store, one.incident_id)]


def test_a_release_that_breaks_a_consumer_is_opened_explained_and_resolved(
    store: Store, world: World, look: Look
) -> None:
    world.run(600)
    assert look(world.now) == []

    released = world.now
    world.version = "2.4.0"
    world.run(60, failing=1.0)
    (opened,) = look(world.now)
    assert (opened.state, opened.kind, opened.topic, opened.consumer_group) == (
        "open", "dead_letters", TOPIC, "billing",
    )  # fmt: skip
    assert released <= opened.impact_time <= released + timedelta(seconds=5)
    assert opened.detected_time
    assert opened.detected_time - opened.impact_time <= timedelta(seconds=60)
    assert opened.causes[0].kind == "deployment"
    assert opened.causes[0].text.startswith("payments 2.4.0")
    assert "Most likely cause" in tell(opened, world.now).paragraph

    over = world.now
    world.version = "2.3.1"
    world.run(40)
    (mitigated,) = look(world.now)
    assert mitigated.state == "mitigated"
    world.run(120)
    (resolved,) = look(world.now)

    assert resolved.state == "resolved"
    assert resolved.incident_id == opened.incident_id
    assert resolved.mitigated_time
    assert over - timedelta(seconds=5) <= resolved.mitigated_time <= over
    assert resolved.left_behind == resolved.bad > 50
    assert diary(store, resolved) == ["opened", "mitigated", "resolved"]
    told = [(one.service, one.version) for one in read_deployments(store, since=START, until=world.now)]
    assert told == [("payments", "2.4.0"), ("payments", "2.3.1")]


def test_looking_again_by_two_watchers_and_after_a_replay_changes_nothing(world: World, look: Look) -> None:
    world.run(600)
    events = world.run(120, failing=0.8)
    first = look(world.now)
    world.write(events)  # a collector died and reads them again

    again = [look(world.now) for _ in range(2)]

    assert len(first) == 1
    assert again == [first, first]


def test_late_data_corrects_an_incident_visibly_and_keeps_its_name(
    store: Store, world: World, look: Look
) -> None:
    world.run(600)
    late = world.run(60, failing=1.0, hold=True)
    world.run(120, failing=1.0)
    (before,) = look(world.now)

    world.write([{**event, "observed_time": world.now} for event in late])
    (after,) = look(world.now + timedelta(seconds=5))

    assert after.incident_id == before.incident_id
    assert before.impact_time - after.impact_time >= timedelta(seconds=50)
    assert after.detected_time == before.detected_time
    assert "corrected" in diary(store, after)


def test_history_is_marked_and_says_nothing_of_detection(store: Store, look: Look) -> None:
    past = World(store, START, lag_s=30 * 86_400)
    past.run(600)
    past.run(300, failing=1.0)
    past.run(600)

    (found,) = look(past.now + timedelta(days=30))

    assert (found.backfilled, found.detected_time, found.state) == (True, None, "resolved")


def test_only_people_acknowledge_and_the_evaluation_keeps_it(store: Store, world: World, look: Look) -> None:
    world.run(600)
    world.run(60, failing=1.0)
    (one,) = look(world.now)
    assert one.acknowledged_time is None

    acknowledge(store, one.incident_id[:8], "ada", "command", world.now)
    acknowledge(store, one.incident_id, "bob", "command", world.now + timedelta(minutes=1))
    world.run(60, failing=1.0)
    (later,) = look(world.now)

    assert (later.acknowledged_by, later.acknowledged_time) == ("ada", world.now - timedelta(seconds=60))
    assert later.bad > one.bad
    assert "acknowledged" in diary(store, later)


def test_what_is_left_behind_is_of_the_service_where_no_group_is_named(
    store: Store, world: World, look: Look
) -> None:
    world.group = ""
    world.run(600)
    dead: dict[str, list[int]] = {"billing": [], "audit": []}
    for _ in range(6):
        for service, offsets in dead.items():
            world.writer_of_dead = service
            events = world.run(10, failing=1.0)
            offsets += [event["offset"] for event in events if event.get("dead_letter")]
    redriven = [
        {"cause_topic": DEAD, "cause_partition": 0, "cause_offset": offset, "effect_topic": TOPIC,
         "effect_partition": 9, "effect_offset": offset, "relation": "redriven", "evidence": "header",
         "confidence": 1.0, "name": "", "cause_time": world.now, "effect_time": world.now,
         "linked_time": world.now, "cause_service": "", "effect_service": "", "cause_type": "", "effect_type": ""}
        for offset in dead["billing"]
    ]  # fmt: skip
    store.insert("edges", pa.Table.from_pylist(redriven, schema=EDGES), token="again")
    world.run(600)

    found = {one.service: one.left_behind for one in look(world.now) if one.kind == "dead_letters"}

    assert found == {"billing": 0, "audit": len(dead["audit"])}


def test_judging_the_past_again_gives_what_was_found_then(store: Store, world: World, look: Look) -> None:
    world.run(600)
    for _ in range(4):
        world.run(10, failing=1.0)
        look(world.now + timedelta(seconds=1))
    world.run(300)
    (live,) = look(world.now)

    (again,) = replay(store, load(), START, world.now)

    assert again.incident.impact_time == live.impact_time
    assert again.incident.mitigated_time == live.mitigated_time
    assert again.incident.incident_id == live.incident_id
    assert live.detected_time
    assert again.incident.detected_time
    assert abs(live.detected_time - again.incident.detected_time) <= timedelta(seconds=10)


def test_a_producer_that_begins_to_write_twice_is_opened_and_resolved(world: World, look: Look) -> None:
    world.run(600)
    begun = world.now
    world.run(300, doubled=0.2)
    (opened,) = look(world.now)
    assert (opened.kind, opened.state, opened.topic, opened.service, opened.severity) == (
        "duplicates", "open", TOPIC, "payments", "ticket",
    )  # fmt: skip
    assert timedelta(0) <= opened.impact_time - begun <= timedelta(seconds=20)
    assert opened.bad > 80

    world.run(1_200)
    (resolved,) = look(world.now)
    assert (resolved.incident_id, resolved.state) == (opened.incident_id, "resolved")


def test_a_failure_every_few_minutes_is_one_incident_that_comes_back_or_one_each_as_the_rules_say(
    store: Store, world: World
) -> None:
    found: dict[float, list[tuple[str, int]]] = {}
    apart = load(rules=[{"kind": "dead_letters", "values": {"reopen_s": 30}}])
    world.run(600)
    for _ in range(3):
        world.run(60, failing=0.8)
        world.run(120)
        for now in (world.now, world.now + timedelta(seconds=5)):
            FindDeadLetters(store, apart).step(now)
            JudgeIncidents(store, apart).step(now)
            standing = [
                one for one in read_incidents(store, since=START, until=now) if one.state != "withdrawn"
            ]
            found[now.timestamp()] = [(one.incident_id, one.reopened) for one in reversed(standing)]
    counts = [len(ones) for ones in found.values()]

    assert counts == [1, 1, 2, 2, 3, 3]
    last = list(found.values())[-1]
    assert all(ones == last[: len(ones)] for ones in found.values())
    (joined,) = replay(store, load(), START, world.now)
    assert (joined.incident.incident_id, joined.incident.reopened) == (last[0][0], 2)
