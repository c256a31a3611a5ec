"""A disk of the broker has changed a byte: what is lost is named, and what follows is read."""

from schemas.records import EventRef
from tests.integration.conftest import Setup
from tests.support.headwater import assert_same
from tests.support.kafka import ApacheKafka
from tests.support.wire import RawRecord, produce_raw

MARK = b"the byte behind this changes: "


def test_a_batch_that_the_brokers_disk_has_damaged_is_reported_and_passed(
    kafka: ApacheKafka, kafka_setup: Setup
) -> None:
    setup, topic = kafka_setup, kafka_setup.topic("damaged")
    whole = [RawRecord(b"{}")] * 3
    before = produce_raw(setup.bootstrap, topic, 0, whole)
    lost = produce_raw(setup.bootstrap, topic, 0, [RawRecord(MARK + b"0"), RawRecord(b"{}")])
    after = produce_raw(setup.bootstrap, topic, 0, whole)
    kafka.stop()
    (segment,) = (kafka.logs / f"{topic}-0").glob("*.log")
    segment.write_bytes(segment.read_bytes().replace(MARK + b"0", MARK + b"1"))
    kafka.start()

    setup.collector().run_once(seconds_max=60)

    stored = setup.database.events()
    assert_same(stored, {EventRef(topic, 0, offset) for offset in before + after}, "events")
    found = setup.database.rows("SELECT topic, partition, offset, message FROM collector_errors FINAL")
    assert [row[:3] for row in found] == [[topic, 0, lost[0]]]
    assert f"{lost[0]} to {lost[-1]}" in found[0][3]
    assert setup.cluster.committed(setup.group, [topic]) == {(topic, 0): after[-1] + 1}
