"""What dead letters say of their failure: message, stack trace, and a template that is the same for the same reason.

Pure. Everything in here comes from the wire: it is bounded, and what `redact` matches is masked first.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

MESSAGE_CHARACTERS_MAX = 1_000
STACK_CHARACTERS_MAX = 16_000
_TEMPLATE_CHARACTERS_MAX = 300
_FOLDED_CHARACTERS_MAX = 600  # of a message: what comes behind says nothing new of the reason
MASK = "***"

Headers = Sequence[tuple[str, bytes | None]]


class _Family(NamedTuple):
    """Where a convention puts message and stack trace; `first` = the newest copy of a repeated key comes first."""

    message: tuple[str, ...]
    stack: tuple[str, ...] = ()
    first: bool = False


_FAMILIES: Mapping[str, _Family] = {
    "spring-dead-letter": _Family(
        ("kafka_dlt-exception-message", "kafka_dlt-key-exception-message"),
        ("kafka_dlt-exception-stacktrace", "kafka_dlt-key-exception-stacktrace"),
    ),
    "spring-retryable-topic": _Family(
        ("kafka_exception-message", "kafka_key-exception-message"),
        ("kafka_exception-stacktrace", "kafka_key-exception-stacktrace"),
    ),
    "spring-cloud-stream": _Family(("x-exception-message",), ("x-exception-stacktrace",)),
    "kafka-connect": _Family(
        ("__connect.errors.exception.message",), ("__connect.errors.exception.stacktrace",)
    ),
    "kafka-streams": _Family(("__streams.errors.message",), ("__streams.errors.stacktrace",)),
    "share-group": _Family(("__dlq.errors.message",)),
    "smallrye-dead-letter": _Family(("dead-letter-cause", "dead-letter-reason"), first=True),
    "smallrye-delayed-retry": _Family(("delayed-retry-cause", "delayed-retry-reason"), first=True),
    "wolverine-dead-letter": _Family(("exception-message",), ("exception-stack",)),
}
_ORIGIN_TOPIC_KEYS = {
    "spring-retryable-topic": "kafka_original-topic",
    "spring-dead-letter": "kafka_dlt-original-topic",
    "spring-cloud-stream": "x-original-topic",
    "kafka-connect": "__connect.errors.topic",
    "kafka-streams": "__streams.errors.topic",
    "share-group": "__dlq.errors.topic",
    "smallrye-dead-letter": "dead-letter-topic",
    "smallrye-delayed-retry": "delayed-retry-topic",
    "karafka": "source_topic",
    "wolverine-dead-letter": "original-destination",
}


def convention_of(headers: Headers, copied_from_topic: str) -> str:
    """Return the convention whose origin header names `copied_from_topic`, else the first that is there, else empty."""
    present = {key.lower(): value for key, value in headers}
    named = [name for name, key in _ORIGIN_TOPIC_KEYS.items() if key in present]
    for name in named:
        value = present[_ORIGIN_TOPIC_KEYS[name]] or b""
        if value.decode("utf-8", "replace").endswith(copied_from_topic):
            return name
    return named[0] if named else ""


def said_message(headers: Headers, convention: str, exception: str, redact: re.Pattern[str]) -> str:
    """Return what the cause said, without the words that its wrapper put around it; empty where nothing is said."""
    family = _FAMILIES.get(convention)
    if family is None:
        return ""
    message = _value(headers, family.message, first=family.first)
    stack = _value(headers, family.stack, first=family.first)
    return redacted(_of_cause(message, stack, exception), redact)[:MESSAGE_CHARACTERS_MAX]


def said_stack(headers: Headers, convention: str, redact: re.Pattern[str]) -> str:
    """Return the stack trace, redacted and bounded; empty where there is none."""
    family = _FAMILIES.get(convention)
    found = _value(headers, family.stack, first=family.first) if family else ""
    return redacted(found, redact)[:STACK_CHARACTERS_MAX]


def redacted(text: str, redact: re.Pattern[str]) -> str:
    """Return `text` with what `redact` matches masked."""
    return redact.sub(lambda found: MASK if found[0] else "", text)


def _value(headers: Headers, keys: Sequence[str], *, first: bool) -> str:
    for wanted in keys:
        values = [value for key, value in headers if key.lower() == wanted and value]
        if values:
            return (values[0] if first else values[-1]).decode("utf-8", "replace")[: 4 * STACK_CHARACTERS_MAX]
    return ""


def _of_cause(message: str, stack: str, exception: str) -> str:
    """Frameworks wrap: Spring's message is of the wrapper, and the stack trace says what the cause said."""
    if exception:
        marks = (f"Caused by: {exception}: ", f"nested exception is {exception}: ")
        for text, mark in ((stack, marks[0]), (message, marks[1])):
            _, found, rest = text.partition(mark)
            if found and (said := rest.partition("\n")[0].strip()):
                return said
    return message.strip().removeprefix("Listener failed; ").strip()


_Fold = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_NAME_OF_A_FIELD = re.compile(r"[A-Za-z$_]+(?:[._$][A-Za-z$_]+)+|[a-z]+[A-Z][A-Za-z]*|_*[a-z]+")
_NAME_CHARACTERS_MAX = 40


def _quoted(found: re.Match[str]) -> str:
    """Keep what reads like the name of a field or class: a template without it would say too little."""
    inner = found[2]
    is_plain_word = inner.isalpha() and inner.islower() and found[1] != "`"
    if len(inner) <= _NAME_CHARACTERS_MAX and _NAME_OF_A_FIELD.fullmatch(inner) and not is_plain_word:
        return found[0]
    return f"{found[1]}<text>{found[1]}"


_FOLDS: tuple[_Fold, ...] = (
    (re.compile(r"\s+"), " "),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<email>"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s'\"`,;)>\]]+"), "<url>"),
    (re.compile(r"(?<![\w])(['\"`])((?:(?!\1).){1,400}?)\1(?!\w)"), _quoted),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?Z|[+-]\d\d:?\d\d)?(?:\[[\w/]+\])?)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\b0[xX][0-9a-fA-F]+\b|(?<=@)[0-9a-f]{4,16}\b"), "<hex>"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{8,}\b|\b(?=[A-F]*\d)[0-9A-F]{8,}\b"), "<hex>"),
    # A word with a hyphenated or a long number in it is an id; Int32, utf8 and Log4j are not.
    (re.compile(r"\b[A-Za-z]+[\w]*(?:[-:#/][\w-]*\d[\w-]*)+\b|\b(?=\w*[A-Za-z])(?=\w*\d{3})\w+\b"), "<id>"),
    (re.compile(r"(?<![\w.])[-+]?\d[\d.,_]*\d%?|(?<![\w.])[-+]?\d%?"), "<n>"),
)


def template_of(message: str) -> str:
    """Return `message` with ids, numbers, uuids, hex, times, addresses and quoted values folded; bounded.

    Messages that differ in nothing else get the same template. Folding a template again changes nothing.
    """
    text = message[:_FOLDED_CHARACTERS_MAX]
    for pattern, by in _FOLDS:
        text = pattern.sub(by, text)
    return text.strip()[:_TEMPLATE_CHARACTERS_MAX].strip()


def template_id(exception: str, template: str) -> int:
    """Return what names the reason: 64 bits over exception class and template."""
    return int.from_bytes(blake2b(f"{exception}\n{template}".encode(), digest_size=8).digest(), "big")
