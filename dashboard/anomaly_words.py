"""What anomalies are called, how they are judged, and what to do about them. Pure."""

from dataclasses import dataclass

from collector.detect.anomalies import Anomaly, Kind
from dashboard.text import count, many


@dataclass(frozen=True, slots=True)
class Words:
    """A kind of anomaly for people: `unit` is what is counted, `todo` the next step."""

    label: str
    unit: str
    meaning: str
    judged: str
    todo: str


WORDS: dict[Kind, Words] = {
    "retry_storm": Words(
        "Retries",
        "retry",
        "Records are sent again after a failure. Many at once load the service that already has trouble.",
        "Copies that say they are retries, by the topic on which the first attempt stood. Unusual from 20 on, and "
        "three times what is usual; where there is no history, a fifth of the topic's events.",
        "Open one that was tried most often: its cascade shows what fails.",
    ),
    "duplicate_ids": Words(
        "Duplicate message ids",
        "record too many",
        "Several records of one topic carry the same message id: something was sent twice.",
        "Same topic, source and message id on different places. Retries and other copies that say so do not count.",
        "See whether the producer is idempotent (enable.idempotence) and what it does after a timeout.",
    ),
    "double_processing": Words(
        "Processed twice",
        "effect too many",
        "Duplicates led to effects more than once: the consumer is not idempotent, or its outbox is not.",
        "Effects of one kind of all records with the same message id, beyond what 19 of 20 single records have.",
        "Let the consumer remember the ids that it has handled, in the same transaction as its effect.",
    ),
    "out_of_order": Words(
        "Out of order",
        "overtaken effect",
        "For one key, effects stand in another order than their causes: the newer state may be overwritten.",
        "Neighbours with the same key on one partition on both sides; of several effects of a cause the first counts.",
        "Look for parallel handling per partition, or retries through another topic that are overtaken.",
    ),
    "flow_ring": Words(
        "Topics in a ring",
        "edge",
        "A topic leads back to itself over other topics. Without a condition that ends it, events multiply.",
        "Exact edges between topics; retries and redrives are left out. Counted on the rarest step of the ring.",
        "Open the example and see whether the same key comes round again.",
    ),
    "event_ring": Words(
        "Events in a ring",
        "ring",
        "An event is its own ancestor, which cannot be: ids are used twice, or name the wrong event.",
        "Edges that go back in time, and what can be reached from them. The least sure edge is left out of pictures.",
        "Open the example: the two events name each other.",
    ),
    "orphans": Words(
        "Cause never seen",
        "orphan",
        "Events name a cause that is not stored: its topic is not read, its records were deleted before, or the id "
        "is of something else.",
        "Events with a reference and no exact edge, read more than 30 seconds ago.",
        "See which name they claim; if the cause comes from elsewhere, this is as it should be.",
    ),
    "invalid_context": Words(
        "Broken trace context",
        "event",
        "The trace header breaks its standard (all zeros, version ff, wrong length) and is ignored, as it should be.",
        "Records whose context cannot be read.",
        "Look at the header of the example, and at the client that writes it.",
    ),
    "constant_context": Words(
        "One trace context for all",
        "event",
        "Many records with different keys carry the same trace context: it names nothing.",
        "More than eight records and more than eight keys under one trace id and span id on one topic.",
        "Something copies a context, or sends a batch under one span. Take the context of the record that is handled.",
    ),
    "constant_id": Words(
        "One message id for all",
        "record too many",
        "A constant is used as message id: it names nothing, and causes that name it are not found.",
        "More than eight records and more than eight keys with one id on one topic.",
        "Give each record an id of its own.",
    ),
}


def found_text(anomaly: Anomaly) -> str:
    """Return what was found in words: 44 retries."""
    unit = WORDS[anomaly.kind].unit
    plural = {"retry": "retries"}.get(unit)
    if plural is None:
        first, _, rest = unit.partition(" ")
        plural = f"{first}s {rest}".strip() if rest.startswith("too many") else f"{unit}s"
    return many(anomaly.found, unit, plural)


def usual_text(anomaly: Anomaly) -> str:
    """Return what is usual in words; no history is not none."""
    if anomaly.usual is None:
        return "no history"
    return count(anomaly.usual) if anomaly.usual >= 10 or not anomaly.usual else f"{anomaly.usual:.1f}"


def key_of(anomaly: Anomaly) -> str:
    """Return the name of an anomaly in addresses."""
    return "|".join((anomaly.kind, anomaly.topic, anomaly.service, anomaly.other))
