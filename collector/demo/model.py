"""The nouns of the demo company: what a service reads, what it wants to say, and what is sent for it."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schemas.records import EventRef, Evidence, Relation

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a service read it. `time_s` is its timestamp in seconds since 1970."""

    ref: EventRef
    key: str | None
    payload: dict[str, Any]
    headers: Headers
    time_s: float

    def header(self, name: str) -> bytes | None:
        """Return the newest value of this header, None where there is none."""
        for key, value in reversed(self.headers):
            if key == name:
                return value
        return None

    def text(self, *names: str) -> str:
        """Return the newest value of the first of these headers that has one, as text; else empty."""
        for name in names:
            value = self.header(name)
            if value:
                return value.decode()
        return ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record is sent on to a retry or a dead-letter topic. `attempts` counts those made so far.

    `retryable` tells the two families of Spring's header names apart: with retry topics, and without.
    """

    group: str
    exception: str
    message: str
    retryable: bool = False
    attempts: int = 1
    retry_at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What a handler wants to say, before anybody has written a header.

    `after_s` is how long the service works on it. `relation` other than `caused` means that the record it
    read is sent again: its headers are kept and `failure` says why. `version` is the producing release.
    """

    topic: str
    type: str
    key: str | None
    payload: dict[str, Any]
    after_s: float = 0.0
    version: str = ""
    relation: Relation = "caused"
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """A true cause of a record. `evidence` is what on the wire determines it; None = nothing does."""

    ref: EventRef
    relation: Relation
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Message:
    """What a client library is asked to send. `headers` is a list: instrumentations append to it."""

    topic: str
    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes | None]]
    partition: int | None = None


@dataclass(slots=True)
class Stamp:
    """What a habit needs besides the draft: the time, and ids that a seed makes repeatable."""

    now_s: float
    lots: random.Random

    def new_id(self) -> str:
        """Return a fresh id in the form of a version 4 UUID."""
        digits = f"{self.lots.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) & 3]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def draw(seed: int, salt: str, key: str) -> float:
    """Return a number in 0..1 that depends on nothing but the arguments.

    Every decision of the company is drawn so, whatever the order in which its services run.
    """
    digest = hashlib.blake2b(f"{seed}/{salt}/{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
