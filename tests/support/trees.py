"""Records whose true causes are known, to compare with what Headwater finds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.records import EventRef
from tests.support.produce import Sent, send

ROOT_SHARE = 0.1
OUT_OF_ORDER_WINDOW = 50


@dataclass(frozen=True)
class Truth:
    """What was sent, and every (cause, effect) among it."""

    refs: frozenset[EventRef]
    edges: frozenset[tuple[EventRef, EventRef]]


def send_trees(
    bootstrap: str, topics: Mapping[str, int], count: int, *, seed: int, prefix: str = "m"
) -> Truth:
    """Send `count` records over `topics` (name to partitions), nine in ten caused by an earlier one.

    They are linked by message ids and causation ids only, and sent slightly out of order, so that
    effects come before causes too. `prefix` keeps the ids of several calls apart.
    """
    chance = random.Random(seed)
    causes = [
        None
        if chance.random() < ROOT_SHARE or number == 0
        else chance.randrange(max(0, number - 500), number)
        for number in range(count)
    ]
    order = sorted(range(count), key=lambda number: number + chance.randrange(OUT_OF_ORDER_WINDOW))
    names = list(topics)
    records = []
    for number in order:
        topic = chance.choice(names)
        headers = [("message-id", f"{prefix}-{number}".encode()), ("type", b"Step")]
        cause = causes[number]
        if cause is not None:
            headers.append(("causation-id", f"{prefix}-{cause}".encode()))
        value = b'{"number":%d,"text":"%s"}' % (number, b"x" * chance.randrange(100))
        records.append(Sent(topic, value, headers=headers, partition=chance.randrange(topics[topic])))
    sent_refs = send(bootstrap, records)
    at = dict(zip(order, sent_refs, strict=True))
    edges = frozenset((at[cause], at[number]) for number, cause in enumerate(causes) if cause is not None)
    return Truth(frozenset(sent_refs), edges)
