"""The company on a broker: real clients, real instrumentations, and a truth that covers every record."""

import asyncio
import io
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from rich.console import Console

from collector.demo.broker import broker
from collector.demo.run import run
from collector.demo.services import COMPANY, topics
from collector.demo.show import Show
from collector.demo.stage import Plan
from collector.settings import load

SECONDS = 20.0
TRACEPARENT = re.compile(rb"00-[0-9a-f]{32}-[0-9a-f]{16}-03")
CLOUD_EVENT = {
    "ce_id",
    "ce_source",
    "ce_type",
    "ce_specversion",
    "ce_time",
    "content-type",
    "ce_correlationid",
}


@dataclass
class Played:
    """What is on the broker after the company has played, and what the truth says of it."""

    records: Mapping[str, ConsumerRecord]
    truth: Mapping[str, Sequence[Mapping[str, str | None]]]
    said: str

    def on(self, topic: str) -> list[ConsumerRecord]:
        """The records of one topic."""
        return [record for record in self.records.values() if record.topic == topic]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play for twenty seconds, which tells the whole story once."""
    return asyncio.run(play(tmp_path_factory.mktemp("company")))


async def play(folder: Path) -> Played:
    said = io.StringIO()
    async with broker(folder / "broker.log") as address:
        plan = Plan(rate=6, seconds=SECONDS, headwater=False, data=folder, truth=folder / "truth.jsonl")
        show = Show(Console(file=said, width=200), time.monotonic())
        await run(plan, load(bootstrap_servers=address), show, asyncio.Event())
        records = await read_everything(address)
    truth = defaultdict(list)
    for line in (folder / "truth.jsonl").read_text().splitlines():
        truth[json.loads(line)["effect"]].append(json.loads(line))
    return Played(records, truth, said.getvalue())


async def read_everything(address: str) -> dict[str, ConsumerRecord]:
    consumer = AIOKafkaConsumer(bootstrap_servers=address)
    await consumer.start()
    places = [TopicPartition(name, number) for name, count in topics().items() for number in range(count)]
    consumer.assign(places)
    for place in places:
        consumer.seek(place, 0)
    found = {}
    while batches := await consumer.getmany(timeout_ms=2_000):
        for record in (record for records in batches.values() for record in records):
            found[f"{record.topic}/{record.partition}/{record.offset}"] = record
    await consumer.stop()
    return found


def names(record: ConsumerRecord) -> list[str]:
    return [name for name, _ in record.headers]


def values(record: ConsumerRecord, name: str) -> list[bytes]:
    return [value for key, value in record.headers if key == name]


def test_truth_covers_every_record_on_the_broker_and_nothing_else(played: Played) -> None:
    assert set(played.truth) == set(played.records)
    causes = {line["cause"] for lines in played.truth.values() for line in lines} - {None}
    assert causes <= set(played.records)


def test_every_service_produced_on_its_topics(played: Played) -> None:
    wrote = {(lines[0]["service"], effect.split("/")[0]) for effect, lines in played.truth.items()}

    assert {service for service, _ in wrote} >= {
        service.name for service in COMPANY if service.name not in ("search-index", "supplier-feed")
    }
    assert wrote <= {(service.name, topic) for service in COMPANY for topic in service.writes}
    assert len({topic for _, topic in wrote}) >= 15


def test_the_whole_story_was_told(played: Played) -> None:
    for part in ("Calm", "is released", "cannot read", "rolled back", "reads both", "sent once more"):
        assert part in played.said
    assert len(played.on("payments.captured-dlt")) > 3


def test_trace_context_comes_from_the_instrumentations_of_all_three_libraries(played: Played) -> None:
    for topic in ("shop.orders", "fraud.verdicts", "payments.captured", "loyalty.points", "analytics.sales"):
        for record in played.on(topic):
            assert TRACEPARENT.fullmatch(values(record, "traceparent")[0]), topic
    for topic in ("inventory.reserved", "billing.invoices", "outbox.event.order", "shipments.dispatched"):
        assert all("traceparent" not in names(record) for record in played.on(topic)), topic


def test_only_the_application_that_continues_a_trace_shares_it_with_its_cause(played: Played) -> None:
    def trace_ids(effect: str) -> tuple[bytes, bytes]:
        cause = played.truth[effect][0]["cause"]
        return tuple(values(played.records[str(ref)], "traceparent")[-1][3:35] for ref in (cause, effect))  # type: ignore[return-value]

    shared = {
        topic: {
            len(set(trace_ids(effect))) == 1 for effect in played.records if effect.startswith(f"{topic}/")
        }
        for topic in ("fraud.verdicts", "fraud.cases", "loyalty.points")
    }
    assert shared == {"fraud.verdicts": {True}, "fraud.cases": {True}, "loyalty.points": {False}}


def test_cloud_events_are_in_binary_mode_and_name_their_cause(played: Played) -> None:
    for record in [
        *played.on("shop.orders"),
        *played.on("inventory.reserved"),
        *played.on("payments.captured"),
    ]:
        assert set(names(record)) >= CLOUD_EVENT
    for record in played.on("inventory.reserved"):
        (line,) = played.truth[f"{record.topic}/{record.partition}/{record.offset}"]
        assert values(record, "ce_causationid") == values(played.records[str(line["cause"])], "ce_id")


def test_other_habits_are_on_the_wire_as_described(played: Played) -> None:
    by_topic = {topic: {tuple(names(record)) for record in played.on(topic)} for topic in topics()}

    assert by_topic["outbox.event.order"] == {("id", "eventType", "causation-id", "correlation-id")}
    assert all(record.key.startswith(b"ord-") for record in played.on("outbox.event.order"))
    assert by_topic["shipments.dispatched"] == {
        ("message-id", "message-type", "source", "content-type", "correlation-id", "causation-id")
    }
    assert by_topic["fraud.cases"] == {("traceparent", "traceparent")}
    assert by_topic["erp.documents"] == {("traceparent",)}
    assert by_topic["supplier.deliveries"] <= {()}
    assert by_topic["search.updates"] <= {()}


def test_a_second_traceparent_stands_behind_that_of_the_one_record_that_caused_it(played: Played) -> None:
    sent_with = Counter(
        value for record in played.records.values() for value in values(record, "traceparent")[-1:]
    )
    for record in played.on("fraud.cases"):
        (line,) = played.truth[f"{record.topic}/{record.partition}/{record.offset}"]
        first, _ = values(record, "traceparent")
        assert [first] == values(played.records[str(line["cause"])], "traceparent")
        assert sent_with[first] == 1
        assert line["evidence"] == "context"


def test_retries_and_dead_letters_point_to_their_origin_in_the_bytes_of_spring(played: Played) -> None:
    attempts = {
        "payments.captured-retry-0": [2],
        "payments.captured-retry-1": [2, 3],
        "payments.captured-dlt": [2, 3, 4],
    }
    for topic, expected in attempts.items():
        for record in played.on(topic):
            (original,) = values(record, "kafka_original-topic")
            (partition,) = values(record, "kafka_original-partition")
            (offset,) = values(record, "kafka_original-offset")
            assert (original, len(partition), len(offset)) == (b"payments.captured", 4, 8)
            origin = played.records[
                f"payments.captured/{int.from_bytes(partition, 'big')}/{int.from_bytes(offset, 'big')}"
            ]
            assert origin.value == record.value
            assert record.partition == origin.partition
            assert values(record, "kafka_original-timestamp") == [origin.timestamp.to_bytes(8, "big")]
            assert values(record, "kafka_dlt-original-consumer-group") == [b"billing"]
            assert [
                int.from_bytes(value, "big") for value in values(record, "retry_topic-attempts")
            ] == expected
            assert {len(value) for value in values(record, "retry_topic-attempts")} == {4}
            assert {len(value) for value in values(record, "retry_topic-backoff-timestamp")} == {6}


def test_no_message_id_is_used_twice(played: Played) -> None:
    ids = Counter(
        value
        for record in played.records.values()
        for name in ("ce_id", "message-id", "id")
        for value in values(record, name)
    )

    assert ids.most_common(1)[0][1] == 1


def test_retries_wait_before_they_are_tried_again(played: Played) -> None:
    for record in played.on("payments.captured-retry-1"):
        first = next(
            line["cause"] for line in played.truth[f"{record.topic}/{record.partition}/{record.offset}"]
        )
        not_before = int.from_bytes(
            values(played.records[str(first)], "retry_topic-backoff-timestamp")[-1], "big"
        )
        assert record.timestamp >= not_before
