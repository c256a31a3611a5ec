"""Wire text made harmless and readable. Everything that came from a record passes through here before it is shown."""

import html
import re

from collector.words import (
    CLIP_CHARACTERS,
    ago,
    clock,
    count,
    duration,
    many,
    rate,
    size,
    stamp,
    visible,
)

__all__ = [
    "CLIP_CHARACTERS",
    "ago",
    "bytes_text",
    "clock",
    "code_text",
    "count",
    "duration",
    "escaped",
    "many",
    "rate",
    "size",
    "stamp",
    "visible",
    "with_code",
]

_BACKTICKS = re.compile("`([^`<>]{1,100})`")


def escaped(text: str, limit: int = CLIP_CHARACTERS) -> str:
    """Return `text` ready to stand inside an HTML element or a quoted attribute, isolated in its direction."""
    return f"<bdi>{html.escape(visible(text, limit))}</bdi>"


def with_code(html_text: str) -> str:
    """Return escaped text with what stands between backticks set as code."""
    return _BACKTICKS.sub(r"<code>\1</code>", html_text)


def bytes_text(raw: bytes, limit: int = 4_096) -> tuple[str, bool]:
    """Return readable text for raw bytes and whether it is hexadecimal, because the bytes are not UTF-8."""
    try:
        return visible(raw.decode("utf-8"), limit), False
    except UnicodeDecodeError:
        digits = raw[: limit // 3].hex(" ")
        return digits + (" …" if len(raw) > limit // 3 else ""), True


def code_text(text: str, limit: int = 120) -> str:
    """Return wire text that may stand between backticks in Markdown."""
    return visible(text, limit).replace("`", "'")
