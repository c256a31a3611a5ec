"""Redrives on Apache Kafka: planned first, exactly once each whatever dies, written down, and found as redrives."""

import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from collector.cli import app
from collector.errors import HeadwaterError, SettingsError
from collector.redrive.audit import Audit, Redrive
from collector.redrive.carry_out import RedriveTakenOverError, carry_out
from collector.redrive.plan import Selection, make_plan
from collector.settings import load
from collector.storage.api import Store
from schemas.records import EventRef
from tests.integration.conftest import Setup
from tests.support.dead_letters import GROUP, begin_redrive, came_back, fill, look, read_all
from tests.support.processes import wait_until

RECORDS = 1_500
KILLS = 3


@dataclass
class Shop:
    """A topic, its dead letters, and what Headwater knows of them."""

    setup: Setup
    store: Store
    settings: dict[str, str]
    topic: str
    dead: str
    batches: list[int] = field(default_factory=list)

    def fill(self, count: int) -> list[EventRef]:
        letters = fill(self.setup.bootstrap, self.topic, self.dead, count)
        self.look()
        return letters

    def look(self) -> None:
        self.batches.append(len(self.batches) + 1)
        look(self.store, self.setup.bootstrap, [self.topic, self.dead], batch=self.batches[-1])

    def back(self, isolation: str = "read_committed") -> Counter[str]:
        return came_back(read_all(self.setup.bootstrap, self.topic, isolation=isolation))

    def run(self, *arguments: str, **settings: str) -> str:
        """Run `headwater redrive …` in this process; return what it printed. Raises HeadwaterError as it does."""
        env = {f"HEADWATER_{name.upper()}": value for name, value in (self.settings | settings).items()}
        result = CliRunner().invoke(app, ["redrive", *arguments], env=env)
        if isinstance(result.exception, HeadwaterError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    def redrives(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("status", "--json"))["redrives"]
        return found


@pytest.fixture
def shop(kafka_setup: Setup, store: Store, store_url: str) -> Iterator[Shop]:
    settings = {
        "bootstrap_servers": kafka_setup.bootstrap,
        "store": store_url,
        "group_id": kafka_setup.group,
        "redrive_enabled": "true",
    }
    topic, dead = kafka_setup.topic("orders", partitions=2), kafka_setup.topic("orders-dlt", partitions=2)
    return Shop(kafka_setup, store, settings, topic, dead)  # type: ignore[return-value]


def chunks_sent(log: Path) -> int:
    """Return how many chunks were sent by the processes that write to this log."""
    return len(re.findall(r"(?m)^[\d,]+ of [\d,]+$", log.read_text())) if log.exists() else 0


def is_more(log: Path, chunks: int) -> bool:
    return chunks_sent(log) > chunks


def test_killed_at_any_moment_and_resumed_each_goes_back_exactly_once(shop: Shop) -> None:
    letters = shop.fill(RECORDS)
    log = shop.setup.folder / "redrive.log"
    begin = partial(begin_redrive, shop.settings, shop.setup.folder)
    lots, told = random.Random(5), 0

    running = begin("run", "--group", GROUP, "--confirm", str(RECORDS), "--rate", "200")
    for kill in range(KILLS):
        # Each has sent something when it dies, at no moment in particular.
        wait_until(partial(is_more, log, told), what="a chunk is sent", seconds_max=60)
        time.sleep(lots.uniform(0, 0.3))
        running.kill()
        running.wait()
        told = chunks_sent(log)
        assert told < RECORDS / 100, "there was nothing left to be killed"
        rate = "2000" if kill == KILLS - 1 else "200"  # slow enough for there to be something left to kill
        running = begin("resume", shop.redrives()[0]["redrive_id"], "--rate", rate)
    assert running.wait(60) == 0, log.read_text()

    assert shop.back() == Counter({str(letter): 1 for letter in letters})
    (done,) = shop.redrives()
    assert (done["state"], done["sent"], done["remaining"]) == ("done", RECORDS, 0)


def test_a_plan_sends_nothing_and_a_redrive_is_found_as_one(shop: Shop) -> None:
    letters = shop.fill(6)

    planned = json.loads(shop.run("plan", "--group", GROUP, "--json"))
    assert (planned["would_send"], planned["targets"], planned["groups"]) == (6, {shop.topic: 6}, [GROUP])
    with pytest.raises(SettingsError, match="switched off"):
        shop.run("run", "--group", GROUP, "--confirm", "6", redrive_enabled="false")
    with pytest.raises(SettingsError, match="nothing was sent"):
        shop.run("run", "--group", GROUP, "--confirm", "5")
    with pytest.raises(SettingsError, match="more than --max"):
        shop.run("run", "--group", GROUP, "--confirm", "6", "--max", "5")
    with pytest.raises(SettingsError, match="Say which"):
        shop.run("plan")
    assert shop.back("read_uncommitted") == Counter()

    shop.run("run", "--event", str(letters[0]), "--confirm", "1")
    (message,) = [
        each for each in read_all(shop.setup.bootstrap, shop.topic) if len(each.headers() or ()) > 1
    ]
    assert (message.key(), message.value(), message.partition()) == (b"k-0", b'{"order": 0}', 0)
    assert message.headers() == [
        ("message-id", b"m-0"),
        ("headwater-redriven-from", str(letters[0]).encode()),
        ("headwater-redrive-id", shop.redrives()[0]["redrive_id"].encode()),
        ("headwater-redrive-cause", b"shop.CannotRead"),
    ]

    shop.look()
    again = json.loads(shop.run("plan", "--group", GROUP, "--json"))
    assert (again["would_send"], again["left_out"]) == (5, {"sent again": 1})
    (edge,) = [
        row
        for row in shop.store.query(
            "cascade_causes",
            {"topics": [shop.topic], "partitions": [0], "offsets": [message.offset()], "edges_max": 9},
        )
        if row["evidence"] == "provenance"
    ]
    assert (edge["relation"], edge["cause_topic"]) == ("redriven", shop.dead)


def test_what_is_no_longer_there_is_told_and_the_rest_is_sent(shop: Shop) -> None:
    letters = shop.fill(10)
    shop.setup.cluster.delete_records(shop.dead, 0, 2)

    said = shop.run("run", "--topic", shop.topic, "--confirm", "10")

    assert "8 sent now, 2 were no longer in the topic. Done." in said
    gone = {EventRef(shop.dead, 0, 0), EventRef(shop.dead, 0, 1)}
    assert shop.back() == Counter({str(letter): 1 for letter in letters if letter not in gone})


def test_of_two_redrives_of_the_same_dead_letters_each_goes_back_once(shop: Shop) -> None:
    letters = shop.fill(300)
    begin, settings = begun(shop), load(**shop.settings)
    halfway, other_at_work = threading.Event(), threading.Event()
    taken_over: list[RedriveTakenOverError] = []

    def pause_halfway(done: int, _all: int) -> None:
        if (
            done >= 100
        ):  # however slow the machine: not through before the other is at work, and then both at once
            halfway.set()
            assert other_at_work.wait(60)

    def first() -> None:
        try:
            carry_out(settings, Audit(shop.store), one, {}, stopping=lambda: False, told=pause_halfway)
        except RedriveTakenOverError as error:
            taken_over.append(error)

    one = begin(200.0)
    thread = threading.Thread(target=first)
    thread.start()
    assert halfway.wait(60)
    two = begin(2_000.0)
    outcome = carry_out(
        settings, Audit(shop.store), two, {}, stopping=lambda: False, told=lambda *_: other_at_work.set()
    )
    thread.join(60)
    rest = carry_out(settings, Audit(shop.store), one, {}, stopping=lambda: False)

    assert len(taken_over) == 1
    assert outcome.elsewhere >= 100
    assert outcome.sent + outcome.elsewhere == 300
    assert rest.sent == 0
    assert shop.back() == Counter({str(letter): 1 for letter in letters})


def begun(shop: Shop) -> Callable[[float], Redrive]:
    """Return what writes down a redrive of everything, at a rate."""
    now = datetime.now(UTC)
    selection = Selection(since=now - timedelta(days=1), until=now + timedelta(days=1), group=GROUP)
    items = make_plan(shop.store, selection).items

    def begin(rate: float) -> Redrive:
        return Audit(shop.store).begin({"group": GROUP}, items, rate_per_second=rate, now=datetime.now(UTC))

    return begin
