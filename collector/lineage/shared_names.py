"""What it means when several events answer to one name: a message id or a trace context. Pure.

Of events with one message id, those that are alike are one event that was written more than once: again on its topic,
on a mirror of it, or on a topic for retries or dead letters whose tool says nothing of origins. Of events with one
trace context, those may be copies too. The others were sent under one span, or one hands on the context of the one
that it was made from: only spans tell which, or guesses. Nothing exact is said of them here.

Alike means: same key, same size and same structure of the payload (its values are not stored).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.decode.topic_role import copy_relation, topic_role
from schemas.records import SPAN_NAME_PREFIX, EventRef, Relation

SHARED_MAX = 8
"""A name that more events share is a constant, which names nothing."""
_SEPARATORS = (".", "-", "_")  # MirrorMaker 2 puts `alias.` before the name; the separator can be configured


@dataclass(frozen=True, slots=True)
class Sharer:
    """An event that answers to a shared name; `origin` is not empty where it says itself what it is a copy of."""

    ref: EventRef
    time_ms: float
    record_timestamp_ms: int
    appended: bool
    origin: str
    key_hex: str
    value_size_bytes: int
    shape_id: int
    message_id: str
    context: str
    claims_context: bool = False

    @property
    def likeness(self) -> tuple[object, ...]:
        """What copies have in common."""
        return self.key_hex, self.value_size_bytes, self.shape_id, self.message_id


@dataclass(frozen=True, slots=True)
class Copied:
    """`effect` is a copy of `cause`."""

    cause: EventRef
    effect: EventRef
    relation: Relation
    confidence: float


def copies_among(name: str, sharers: Sequence[Sharer]) -> list[Copied]:
    """Return which of the events that share `name` are copies of which. None where too many share it.

    An event is given one origin; where several would do equally, each gets its share of confidence. What comes of it
    does not depend on the order of `sharers`, and has no rings.
    """
    events = sorted((one for one in sharers if not one.origin), key=_order)
    if not 1 < len(sharers) <= SHARED_MAX or len(events) < 2:
        return []
    found: list[Copied] = []
    firsts: dict[tuple[str, tuple[object, ...]], Sharer] = {}
    for event in events:
        # With a context alone, two that are alike may have been sent together.
        known = bool(event.message_id) or not name.startswith(SPAN_NAME_PREFIX)
        first = firsts.setdefault((event.ref.topic, event.likeness), event)
        elsewhere = list(_from_elsewhere(event, events, known=known))
        if elsewhere:
            found.extend(elsewhere)
        elif first is not event and known:
            found.append(Copied(first.ref, event.ref, _again(first, event, events), 1.0))
    return found


def doubtful_contexts(
    name: str, sharers: Sequence[Sharer], copies: Sequence[Copied]
) -> dict[EventRef, float]:
    """Return how sure the claims by a context before the last one may be, at most, of events that share the last one.

    One of them appended it to what it had read. The others were sent with it or hand it on, nobody knows which.
    """
    copied = {copy.effect for copy in copies}
    own = [one for one in sharers if not one.origin and one.ref not in copied]
    if not name.startswith(SPAN_NAME_PREFIX) or len(own) < 2:
        return {}
    return {one.ref: 1 / len(own) for one in own if one.claims_context}


def _order(event: Sharer) -> tuple[object, ...]:
    return event.ref.topic, event.time_ms, event.ref.partition, event.ref.offset


def _from_elsewhere(event: Sharer, events: Sequence[Sharer], *, known: bool) -> Iterator[Copied]:
    """Yield what it was copied from on other topics: the nearest one that its topic is named after."""
    alike = [one for one in events if one.likeness == event.likeness and _named_after(event, one)]
    if not alike:
        return
    nearest = max(len(one.ref.topic) for one in alike)
    origins = [one for one in alike if len(one.ref.topic) == nearest]
    mirrored = [one for one in origins if _mirrors(event, one)]
    if mirrored:
        for one in mirrored:
            yield Copied(one.ref, event.ref, "mirrored", 1 / len(mirrored))
    elif known and topic_role(event.ref.topic) != "main":
        # The first on its topic: the others there are its own duplicates.
        relation = copy_relation(event.ref.topic, origins[0].ref.topic)
        yield Copied(origins[0].ref, event.ref, relation, 1.0)


def _named_after(event: Sharer, other: Sharer) -> bool:
    topic, base = event.ref.topic, other.ref.topic
    return len(topic) > len(base) and any(
        topic.endswith(sign + base) or topic.startswith(base + sign) for sign in _SEPARATORS
    )


def _mirrors(event: Sharer, other: Sharer) -> bool:
    """MirrorMaker 2 keeps partition, key, value, headers and the time that the producer gave."""
    return (
        event.ref.topic.endswith(tuple(sign + other.ref.topic for sign in _SEPARATORS))
        and event.ref.partition == other.ref.partition
        and event.context == other.context
        and (event.appended or event.record_timestamp_ms == other.record_timestamp_ms)
        and topic_role(event.ref.topic) == topic_role(other.ref.topic)
    )


def _again(first: Sharer, event: Sharer, events: Sequence[Sharer]) -> Relation:
    """A record that comes again on its topic after it was a dead letter was sent again; else it was written twice."""
    dead = any(
        topic_role(one.ref.topic) == "dead letter"
        and one.likeness == event.likeness
        and _named_after(one, first)
        and first.time_ms <= one.time_ms <= event.time_ms
        for one in events
    )
    return "redriven" if dead and topic_role(first.ref.topic) == "main" else "duplicated"
