"""What dead letters say of their failure: message, stack trace, and a template that is the same for the same reason.

Pure. Everything in here comes from the wire: it is bounded, and what `redact` matches is masked first.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b

from collector.decode.conventions import Meaning
from collector.decode.conventions.copies import COPIES

MESSAGE_CHARACTERS_MAX = 1_000
STACK_CHARACTERS_MAX = 16_000
_TEMPLATE_CHARACTERS_MAX = 300
_FOLDED_CHARACTERS_MAX = 600  # of a message: what comes behind says nothing new of the reason
MASK = "***"

Headers = Sequence[tuple[str, bytes | None]]


_STACK_KEYS = {
    "spring-dead-letter": ("kafka_dlt-exception-stacktrace", "kafka_dlt-key-exception-stacktrace"),
    "spring-retryable-topic": ("kafka_exception-stacktrace", "kafka_key-exception-stacktrace"),
    "spring-cloud-stream": ("x-exception-stacktrace",),
    "kafka-connect": ("__connect.errors.exception.stacktrace",),
    "kafka-streams": ("__streams.errors.stacktrace",),
    "wolverine-dead-letter": ("exception-stack",),
}
_ORIGIN_TOPIC_KEYS = {
    convention.name: header.key
    for convention in COPIES
    for header in convention.headers
    if header.meaning is Meaning.ORIGIN_TOPIC
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


def said_message(said: str, stack: str, exception: str, redact: re.Pattern[str]) -> str:
    """Return what the cause said; empty where nothing is said.

    `said` is the message in the headers. Frameworks wrap: Spring's is of the wrapper, and what the cause said is
    in the stack trace.
    """
    message = said.strip()
    if exception:
        for text, mark in (
            (stack, f"Caused by: {exception}: "),
            (said, f"nested exception is {exception}: "),
        ):
            _, found, rest = text.partition(mark)
            if found and (cause := rest.partition("\n")[0].strip()):
                message = cause
                break
    return redacted(message, redact)[:MESSAGE_CHARACTERS_MAX]


def said_stack(headers: Headers, convention: str) -> str:
    """Return the stack trace in these headers as it is, bounded; empty where there is none."""
    for wanted in _STACK_KEYS.get(convention, ()):
        values = [value for key, value in headers if key.lower() == wanted and value]
        if values:
            return values[-1][: 4 * STACK_CHARACTERS_MAX].decode("utf-8", "replace")[:STACK_CHARACTERS_MAX]
    return ""


def redacted(text: str, redact: re.Pattern[str]) -> str:
    """Return `text` with what `redact` matches masked."""
    return redact.sub(lambda found: MASK if found[0] else "", text)


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
    # A word with a hyphenated or a long number in it is an id; Int32, utf8 and Log4j are not.
    (re.compile(r"\b[A-Za-z]\w*(?:[-:#/][\w-]*\d[\w-]*)+\b"), "<id>"),
    (
        re.compile(r"\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8,}\b|\b(?=\d*[A-F])(?=[A-F]*\d)[0-9A-F]{8,}\b"),
        "<hex>",
    ),
    (re.compile(r"\b(?=\w*[A-Za-z])(?=\w*\d{3})\w+\b"), "<id>"),
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
