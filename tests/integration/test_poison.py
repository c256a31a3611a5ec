"""Records that nobody should send: kept, counted, and the ones around them flow on."""

from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import EventRef
from tests.integration.conftest import NewSetup, Setup
from tests.support.headwater import assert_same
from tests.support.kafka import Broker
from tests.support.wire import RawRecord, produce_raw

YEAR_9999_MS = 253_402_300_799_000
LARGEST = 2**63 - 1
GOOD = RawRecord(b'{"ok": true}', b"good", ((b"message-id", b"good"),))
BIG = b"x" * 900_000
POISON = {
    "undecodable header key": RawRecord(b"{}", headers=((b"\xff\xfe", b"value"), (b"type", b"Kept"))),
    "null everything": RawRecord(None, None, ((b"", None),)),
    "900 KB header value": RawRecord(b"{}", headers=((b"big", BIG),)),
    "5,000 headers": RawRecord(b"{}", headers=tuple((b"h%d" % number, b"v") for number in range(5_000))),
    "broken JSON": RawRecord(b'{"order": 1, "lines": [', headers=((b"content-type", b"application/json"),)),
    "invalid UTF-8": RawRecord(b'{"name": "\xff\xfe"}', b"\xff", ((b"message-id", b"\xff\xfe"),)),
    "negative timestamp": RawRecord(b"{}", timestamp_ms=-5_000_000),
    "year 9999": RawRecord(b"{}", timestamp_ms=YEAR_9999_MS),
    "largest timestamp": RawRecord(b"{}", timestamp_ms=LARGEST),
}
NOT_UNDERSTOOD = {
    "undecodable header key", "broken JSON", "invalid UTF-8",
    "negative timestamp", "year 9999", "largest timestamp",
}  # fmt: skip


@dataclass(frozen=True)
class Poisoned:
    """What was sent around each poison, and where each poison itself is."""

    setup: Setup
    sent: set[EventRef]
    at: dict[str, EventRef]
    output: str


@pytest.fixture(scope="module")
def poisoned(any_broker: Broker, new_setup: NewSetup) -> Poisoned:
    """Each poison alone in a batch, and all of them in one batch, with good records before and behind."""
    setup, at, sent = new_setup(any_broker.bootstrap), {}, set()
    config = {"message__timestamp__after__max__ms": str(LARGEST), "max__message__bytes": "4000000"}
    topic = setup.topic("poison", partitions=2, **config)
    other = setup.topic("untouched")
    for name, record in POISON.items():
        for batch in ([GOOD, GOOD], [record], [GOOD]):
            offsets = produce_raw(setup.bootstrap, topic, 0, batch)
            sent |= {EventRef(topic, 0, offset) for offset in offsets}
            if batch == [record]:
                at[name] = EventRef(topic, 0, offsets[0])
        sent |= {EventRef(other, 0, offset) for offset in produce_raw(setup.bootstrap, other, 0, [GOOD])}
    together = [GOOD, *POISON.values(), GOOD]
    sent |= {EventRef(topic, 1, offset) for offset in produce_raw(setup.bootstrap, topic, 1, together)}
    return Poisoned(setup, sent, at, setup.collector().run_once(seconds_max=60))


def test_keeps_every_record_poison_or_not(poisoned: Poisoned) -> None:
    assert_same(poisoned.setup.database.events(), poisoned.sent, "events")


@pytest.mark.parametrize("name", sorted(NOT_UNDERSTOOD))
def test_says_on_the_event_what_was_not_understood(poisoned: Poisoned, name: str) -> None:
    assert column(poisoned, name, "errors") != []


@pytest.mark.parametrize("name", sorted(set(POISON) - NOT_UNDERSTOOD))
def test_does_not_call_unusual_what_is_in_order(poisoned: Poisoned, name: str) -> None:
    assert column(poisoned, name, "errors") == []


@pytest.mark.parametrize("name", sorted(NOT_UNDERSTOOD))
def test_counts_each_for_the_collector_page(poisoned: Poisoned, name: str) -> None:
    topic, partition, offset = poisoned.at[name]
    found = poisoned.setup.database.rows(
        f"SELECT count() FROM collector_errors FINAL WHERE topic = '{topic}' AND partition = {partition} "
        f"AND offset = {offset}"
    )

    assert int(found[0][0]) >= 1


def test_keeps_the_bytes_of_an_undecodable_header_key(poisoned: Poisoned) -> None:
    names = column(poisoned, "undecodable header key", "arrayMap(name -> hex(name), header_names)")

    assert names == ["FFFE", b"type".hex().upper()]
    assert column(poisoned, "undecodable header key", "type") == "Kept"


def test_keeps_a_huge_header_value_whole(poisoned: Poisoned) -> None:
    assert int(column(poisoned, "900 KB header value", "length(header_values[1])")) == len(BIG)


def test_keeps_five_thousand_headers_in_order(poisoned: Poisoned) -> None:
    names = column(poisoned, "5,000 headers", "header_names")

    assert names == [f"h{number}" for number in range(5_000)]


def test_keeps_nulls_apart_from_empty(poisoned: Poisoned) -> None:
    assert column(poisoned, "null everything", "key") is None
    assert int(column(poisoned, "null everything", "value_size_bytes")) == -1
    assert column(poisoned, "null everything", "header_names") == [""]
    assert column(poisoned, "null everything", "header_values") == [None]


@pytest.mark.parametrize("name", ["negative timestamp", "year 9999", "largest timestamp"])
def test_keeps_an_implausible_time_as_it_was_and_sorts_by_when_it_was_read(
    poisoned: Poisoned, name: str
) -> None:
    assert int(column(poisoned, name, "record_timestamp_ms")) == POISON[name].timestamp_ms
    assert column(poisoned, name, "time = observed_time") in (1, True)


def column(poisoned: Poisoned, name: str, expression: str) -> Any:
    """Return one value of the stored event that carries this poison."""
    topic, partition, offset = poisoned.at[name]
    found = poisoned.setup.database.rows(
        f"SELECT {expression} FROM events FINAL WHERE topic = '{topic}' AND partition = {partition} "
        f"AND offset = {offset}"
    )
    return found[0][0]
