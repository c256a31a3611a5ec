"""What services leave alone. Pure."""

from collector.demo.model import Draft, Record
from collector.demo.story import Scene


def nothing(_input: object, _scene: Scene) -> list[Draft]:
    """Say nothing: what a service does that only reads, or only begins cascades."""
    return []


def sent_again_for_somebody_else(record: Record) -> bool:
    """Whether the record is on its topic for the second time, for a consumer group that failed on it."""
    return record.header("kafka_dlt-original-consumer-group") is not None
