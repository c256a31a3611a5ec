"""Sends the dead letters of a redrive, each exactly once, whenever the process dies.

Every chunk is one Kafka transaction that holds the records *and* how far the redrive has come: offsets of the group
`headwater-redrive-ID` over the dead-letter topics. After a kill the brokers have both or neither. All redrives of an
installation share one transactional id, so whoever starts later ends whoever is still at work, also one that only
seemed dead; and it first takes down what all others have sent. So no dead letter is sent twice, by whichever redrive.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from collector.consume.connection import librdkafka
from collector.consume.group_offsets import OWN_GROUPS
from collector.errors import BrokerUnavailableError, HeadwaterError
from collector.redrive.audit import Audit, Item, Redrive
from collector.redrive.headers import redriven_headers
from collector.redrive.read_again import RecordReader
from collector.settings import Settings
from schemas.records import EventRef

log = structlog.get_logger()

CHUNK_RECORDS_MAX = 100
_TRANSACTION_S_MAX = 15  # an abandoned transaction holds up readers of the target topic for that long
_ANSWER_S_MAX = 30.0
_ATTEMPTS_MAX = 5
_OFFSETS_KEPT_S = 6 * 86_400  # Kafka forgets the offsets of a silent group after seven days


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to. `stopped` = it was asked to stop before it was through."""

    sent: int
    gone: int
    elsewhere: int
    stopped: bool


class RedriveTakenOverError(HeadwaterError):
    """Another redrive was started meanwhile; this one has stopped and may be resumed later."""


def carry_out(
    settings: Settings,
    audit: Audit,
    redrive: Redrive,
    causes: dict[EventRef, str],
    *,
    stopping: Callable[[], bool],
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> Outcome:
    """Send what is still to be sent. `causes` gives exception classes, `told(done, all)` hears of progress.

    Raises BrokerUnavailableError where the brokers fail, RedriveTakenOverError where another redrive began.
    """
    if (datetime.now(UTC) - redrive.created_time).total_seconds() > _OFFSETS_KEPT_S:
        raise BrokerUnavailableError(
            f"The redrive {redrive.redrive_id} is older than six days: Kafka may have forgotten how far it came. "
            "Plan a new one; what this one sent is known and will be left out."
        )
    reader = RecordReader(settings, OWN_GROUPS + redrive.redrive_id)
    try:
        producer = _producer(settings)
        _put_right(settings, audit, [redrive, *audit.unfinished()])
        run = _Run(settings, audit, redrive, causes, reader, producer)
        return run.through(stopping, told)
    finally:
        reader.close()


def _producer(settings: Settings) -> Producer:
    options = {
        "transactional.id": f"{settings.group_id}-redrive",
        "transaction.timeout.ms": _TRANSACTION_S_MAX * 1_000,
        "linger.ms": 5,
        "partitioner": "murmur2_random",  # as Java producers choose, where only the key decides
    }
    producer = Producer(librdkafka(settings) | options)
    try:
        producer.init_transactions(_ANSWER_S_MAX)
    except KafkaException as error:
        raise BrokerUnavailableError(
            f"Kafka at {settings.bootstrap_servers} does not let us write in transactions: {error.args[0].str()}. "
            f"Headwater needs WRITE on the transactional id {settings.group_id}-redrive and on the target topic, and "
            f"READ on groups that begin with {OWN_GROUPS}."
        ) from None
    return producer


def _put_right(settings: Settings, audit: Audit, redrives: Sequence[Redrive]) -> None:
    """Take down what was sent in transactions that no process lived to write down. Call it when none is open."""
    now = datetime.now(UTC)
    for redrive_id in dict.fromkeys(redrive.redrive_id for redrive in redrives):
        planned = [item for item in audit.items(redrive_id) if item.state == "planned"]
        reader = RecordReader(settings, OWN_GROUPS + redrive_id)
        try:
            committed = reader.committed({item.dead_letter[:2] for item in planned}) if planned else {}
        finally:
            reader.close()
        done = [_done(item, *committed.get(item.dead_letter[:2], (0, "")), now) for item in planned]
        audit.note(redrive_id, [item for item in done if item.state != "planned"], now)


def _done(item: Item, next_offset: int, gone: str, now: datetime) -> Item:
    """Return what became of `item` where the group's offset is `next_offset`; `gone` lists offsets not found."""
    if item.dead_letter.offset >= next_offset:
        return item
    if str(item.dead_letter.offset) in gone.split(","):
        return replace(item, state="gone")
    return replace(item, state="sent", sent_time=now)


class _Run:
    def __init__(
        self,
        settings: Settings,
        audit: Audit,
        redrive: Redrive,
        causes: dict[EventRef, str],
        reader: RecordReader,
        producer: Producer,
    ) -> None:
        self._audit, self._redrive, self._causes = audit, redrive, causes
        self._reader, self._producer = reader, producer
        self._strip = re.compile(settings.redrive_strip_headers)

    def through(self, stopping: Callable[[], bool], told: Callable[[int, int], None]) -> Outcome:
        """Send chunk by chunk at the rate of the redrive."""
        items = self._audit.items(self._redrive.redrive_id)
        elsewhere = self._audit.sent_elsewhere(self._redrive.redrive_id)
        left = [item for item in items if item.state == "planned"]
        others = [replace(item, state="sent elsewhere") for item in left if item.dead_letter in elsewhere]
        self._audit.note(self._redrive.redrive_id, others, datetime.now(UTC))
        left = [item for item in left if item.dead_letter not in elsewhere]
        sent = gone = 0
        due_s = time.monotonic()
        for chunk in _chunks(left, self._redrive.rate_per_second):
            if _stopped_before(due_s, stopping):
                return Outcome(sent, gone, len(others), stopped=True)
            noted = self._send_again_and_again(chunk)
            sent += sum(item.state == "sent" for item in noted)
            gone += sum(item.state == "gone" for item in noted)
            self._audit.note(self._redrive.redrive_id, noted, datetime.now(UTC))
            told(sent + gone, len(left))
            due_s = max(due_s, time.monotonic() - 1.0) + len(chunk) / self._redrive.rate_per_second
        return Outcome(sent, gone, len(others), stopped=False)

    def _send_again_and_again(self, chunk: Sequence[Item]) -> list[Item]:
        """Send a chunk in one transaction; where the brokers abort it, once more from its beginning."""
        records = [(item, self._content(item)) for item in chunk]
        for attempt in range(1, _ATTEMPTS_MAX + 1):
            try:
                return self._send(records)
            except KafkaException as error:
                reason = error.args[0]
                if reason.fatal():
                    raise _fatal(reason, self._redrive) from None
                if not reason.txn_requires_abort() or attempt == _ATTEMPTS_MAX:
                    raise BrokerUnavailableError(
                        f"Kafka did not take a transaction of {len(chunk)} dead letters: {reason.str()}. "
                        f"`headwater redrive resume {self._redrive.redrive_id}` finds out how far it came, and goes on."
                    ) from None
                log.warning("the brokers aborted a transaction; it is tried again", reason=reason.str())
                self._producer.abort_transaction(_ANSWER_S_MAX)
                time.sleep(min(0.2 * 2**attempt, 3.0))
        raise AssertionError("the loop returns or raises")

    def _send(self, records: Sequence[tuple[Item, Message | None]]) -> list[Item]:
        places: dict[EventRef, int] = {}
        self._producer.begin_transaction()
        for item, message in records:
            if message is not None:
                self._produce(item, message, places)
        last = records[-1][0].dead_letter  # a chunk is of one partition
        gone = ",".join(str(item.dead_letter.offset) for item, message in records if message is None)
        reached = TopicPartition(last.topic, last.partition, last.offset + 1, metadata=gone)
        self._producer.send_offsets_to_transaction([reached], self._reader.metadata(), _ANSWER_S_MAX)
        _commit(self._producer)
        now = datetime.now(UTC)
        return [
            replace(item, state="gone")
            if message is None
            else replace(item, state="sent", sent_time=now, target_offset=places.get(item.dead_letter, -1))
            for item, message in records
        ]

    def _produce(self, item: Item, message: Message, places: dict[EventRef, int]) -> None:
        def note(error: KafkaError | None, sent: Message) -> None:
            if error is None:
                places[item.dead_letter] = sent.offset()

        headers = redriven_headers(
            message.headers() or [],
            self._strip,
            dead_letter=item.dead_letter,
            redrive_id=self._redrive.redrive_id,
            cause=self._causes.get(item.dead_letter, ""),
        )
        self._producer.produce(
            item.target_topic,
            message.value(),
            message.key(),
            partition=item.target_partition,
            headers=headers,
            on_delivery=note,
        )
        self._producer.poll(0)

    def _content(self, item: Item) -> Message | None:
        """Return the record to send. A dead letter of headers only (share groups) is read at its origin."""
        message = self._reader.fetch(item.dead_letter)
        if message is not None and message.value() is None and message.key() is None and item.origin:
            return self._reader.fetch(item.origin)
        return message


def _chunks(items: Sequence[Item], rate_per_second: float) -> Iterator[list[Item]]:
    """Yield runs of one partition, in order of offset, each about a second's worth at most."""
    size = max(1, min(CHUNK_RECORDS_MAX, int(rate_per_second)))
    for _, group in groupby(items, key=lambda item: item.dead_letter[:2]):
        run = list(group)
        for start in range(0, len(run), size):
            yield run[start : start + size]


def _stopped_before(due_s: float, stopping: Callable[[], bool]) -> bool:
    while not stopping():
        wait_s = due_s - time.monotonic()
        if wait_s <= 0:
            return False
        time.sleep(min(wait_s, 0.1))
    return True


def _commit(producer: Producer) -> None:
    """Commit. Whether a commit that got no answer went through is asked again until it is known."""
    for attempt in range(1, _ATTEMPTS_MAX + 1):
        try:
            producer.commit_transaction(_ANSWER_S_MAX)
            return
        except KafkaException as error:
            if not error.args[0].retriable() or attempt == _ATTEMPTS_MAX:
                raise


def _fatal(reason: KafkaError, redrive: Redrive) -> HeadwaterError:
    if reason.code() in (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED):
        return RedriveTakenOverError(
            f"Another redrive was started, and only one may run at a time: {redrive.redrive_id} has stopped where it "
            f"was. `headwater redrive resume {redrive.redrive_id}` goes on when the other one is done."
        )
    return BrokerUnavailableError(f"Kafka ended the redrive: {reason.str()}.")
