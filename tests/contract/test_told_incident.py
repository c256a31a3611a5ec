"""The story of an incident, read from the real engine: what was counted, what is left, who reads it."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from collector.commands.incident_show import document, lines
from collector.detect.dead_letters_find import FindDeadLetters
from collector.detect.read_incidents import read_incidents
from collector.detect.watch_incidents import JudgeIncidents
from collector.report.read_story import Told, filled, read_told
from collector.settings import load
from collector.storage.api import Store
from schemas import arrow, arrow_failures
from tests.browser.story import EDGES
from tests.contract.test_incidents import INCIDENT, write
from tests.support.world import DEAD, GROUP, TOPIC, World

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def world(store: Store) -> World:
    """A release fails for a minute and is rolled back."""
    world = World(store, START)
    world.run(300)
    world.version = "2.4.0"
    world.run(60, failing=1.0)
    world.version = "2.3.1"
    world.run(200)
    settings = load()
    FindDeadLetters(store, settings).step(world.now)
    JudgeIncidents(store, settings).step(world.now)
    return world


def told(store: Store, now: datetime) -> Told:
    (one,) = read_incidents(store, since=START, until=now)
    found = read_told(store, one.incident_id[:6], now)
    assert found is not None
    return found


def test_everything_around_it_is_told(store: Store, world: World) -> None:
    found = told(store, world.now)
    one, course = found.incident, found.course

    assert course is not None
    assert course.bad is not None
    assert sum(course.bad.values()) == one.bad == found.left_behind == found.reasons[0].waiting
    assert course.records
    assert course.lag is None  # nobody followed the group: not known, and not zero
    assert course.sent_again is None
    assert found.groups == ()
    texts = [moment.text for moment in found.story.timeline]
    assert texts.count("payments 2.4.0 took effect") == 1
    assert "payments 2.3.1 took effect" in texts
    assert [line.change for line in found.diary] == ["opened", "mitigated", "resolved"]
    assert f"--topic {TOPIC} --group {GROUP}" in "\n".join(lines(found))


def test_what_was_sent_again_is_left_behind_no_more(store: Store, world: World) -> None:
    before = told(store, world.now)
    again = world.now - timedelta(seconds=30)
    rows = [
        {"cause_topic": DEAD, "cause_partition": 0, "cause_offset": offset, "effect_topic": TOPIC,
         "effect_partition": 9, "effect_offset": offset, "relation": "redriven", "evidence": "header",
         "confidence": 1.0, "name": "", "cause_time": again, "effect_time": again,
         "linked_time": again, "cause_service": "", "effect_service": "", "cause_type": "", "effect_type": ""}
        for offset in range(7)
    ]  # fmt: skip
    store.insert("edges", pa.Table.from_pylist(rows, schema=EDGES), token="again")

    found = told(store, world.now)

    assert before.left_behind is not None
    assert found.left_behind == before.left_behind - 7
    assert found.course is not None
    assert found.course.sent_again is not None
    assert sum(found.course.sent_again.values()) == 7
    assert f"{found.left_behind} dead letters are left behind" in found.story.paragraph


def test_who_read_it_and_who_was_told(store: Store, world: World) -> None:
    one = told(store, world.now).incident
    at = one.impact_time
    offsets = [
        {"consumer_group": GROUP, "topic": TOPIC, "partition": partition, "observed_time": at, "committed_offset": 10,
         "end_offset": 15 + partition, "state": "stable", "members": 1}
        for partition in range(2)
    ]  # fmt: skip
    store.insert(
        "group_offsets", pa.Table.from_pylist(offsets, schema=arrow_failures.GROUP_OFFSETS), token="offsets"
    )
    alert = {
        "alert_id": "a", "incident_id": one.incident_id, "transition": "opened", "channel": "chat", "created_time": at,
        "state": "sent", "attempts": 1, "next_time": at, "sent_time": at, "problem": "", "version": 1,
    }  # fmt: skip
    store.insert("alerts", pa.Table.from_pylist([alert], schema=arrow.ALERTS), token="alert")

    found = told(store, world.now)

    assert found.groups == (GROUP,)
    assert found.course is not None
    assert found.course.lag is not None
    assert set(found.course.lag.values()) == {11}
    assert "told chat: opened" in [moment.text for moment in found.story.timeline]
    printed = json.loads(json.dumps(document(found), default=str))
    assert printed["alerts"][0]["channel"] == "chat"
    assert printed["acknowledged_time"] is None
    assert printed["blast_radius"]["is_at_least"] is True


def test_nothing_is_made_up_where_nothing_is_stored(store: Store) -> None:
    write(store, INCIDENT, version=1)

    found = read_told(store, INCIDENT.incident_id, START + timedelta(hours=1))

    assert found is not None
    assert (found.blast, found.left_behind, found.sample, found.groups) == (None, None, "", ())
    assert found.course is not None
    assert (found.course.records, found.course.bad, found.course.lag) == (None, None, None)
    assert read_told(store, "nobody", START) is None
    text = "\n".join(lines(found))
    assert "not known now: 12 dead letters when it was judged last" in text


def test_a_word_on_a_partition_holds_until_the_next_but_not_for_ever() -> None:
    rows = [{"partition": 0, "step": 0, "lag": 5}, {"partition": 1, "step": 60, "lag": 2}]
    begin = datetime.fromtimestamp(0, UTC)

    lag = filled(rows, begin, begin + timedelta(seconds=1_200), 60)

    assert lag[0] == 5
    assert lag[60] == lag[600] == 7
    assert lag[660] == 2
    assert 720 not in lag
