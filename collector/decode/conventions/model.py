"""What a header convention is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple


class Meaning(StrEnum):
    """What a header says, whatever its name is in a framework."""

    TRACE_CONTEXT = "trace context"
    MESSAGE_ID = "message id"
    CAUSATION_ID = "causation id"
    CORRELATION_ID = "correlation id"
    CONVERSATION_ID = "conversation id"
    REPLY_ID = "reply pairing"
    SOURCE = "source"
    SERVICE = "service"
    SERVICE_VERSION = "service version"
    TYPE = "event type"
    CONTENT_TYPE = "content type"
    SCHEMA_ID = "schema id"
    ORIGIN_TOPIC = "origin topic"
    ORIGIN_PARTITION = "origin partition"
    ORIGIN_OFFSET = "origin offset"
    FAILED_GROUP = "failed consumer group"
    EXCEPTION = "exception"
    EXCEPTION_MESSAGE = "exception message"
    ATTEMPT = "attempt"
    PATHWAY = "pathway"


class Context(NamedTuple):
    """The span that a record was sent under. Ids are lowercase hex where the format has hex, else as they are."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    service: str = ""


class Pathway(NamedTuple):
    """Datadog's data streams checkpoint: a class of paths through services and topics, and when the path began."""

    hash: int
    start_ms: int


NumberReader = Callable[[bytes], int]
TextReader = Callable[[bytes], str | None]
ContextReader = Callable[..., Context | None]


@dataclass(frozen=True)
class Header:
    """One header of a convention.

    `copy` says which one counts where the key repeats. `number` and `text` read values that are not plain text;
    both may raise ValueError. Ids that are only unique among their like carry a `namespace`.
    """

    key: str
    meaning: Meaning
    number: NumberReader | None = None
    text: TextReader | None = None
    copy: Literal["first", "last"] = "last"
    namespace: str = ""


@dataclass(frozen=True)
class Convention:
    """A habit of some producer. `source` is where the rule is written down.

    It applies only to records with all of the `needs` keys and none of the `unless` keys: some words mean
    different things in different frameworks. `context` reads the values of its trace context headers, together
    and in order; without it they are W3C trace contexts.
    """

    name: str
    source: str
    headers: tuple[Header, ...]
    loose: bool = False
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    context: ContextReader | None = None
