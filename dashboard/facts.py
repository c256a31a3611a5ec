"""Facts of one event as safe HTML. Pure: every value passes through `escaped`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.text import bytes_text, count, escaped, size, stamp

HEADERS_SHOWN = 200
MASKS = {"***", "[redacted]", "<redacted>", "redacted", "(masked)"}


@dataclass(frozen=True, slots=True)
class Header:
    """One header in wire order. `note` says why the text is not simply the value."""

    name: str
    value: str
    note: str


def headers_of(row: Mapping[str, Any]) -> list[Header]:
    """Return all headers of a row of `cascades_event`, in order, duplicates included."""
    found = []
    for name_hex, value_hex in zip(row["header_names_hex"], row["header_values_hex"], strict=True):
        name, name_is_hex = bytes_text(_bytes(name_hex), 200)
        if value_hex is None:
            found.append(Header(name, "", "null"))
            continue
        raw = _bytes(value_hex)
        value, is_hex = bytes_text(raw)
        notes = [
            f"not UTF-8, {count(len(raw))} bytes in hexadecimal" if is_hex else "",
            "masked before it was stored" if value.strip().lower() in MASKS else "",
            "empty" if not raw else "",
            "name is not UTF-8, in hexadecimal" if name_is_hex else "",
        ]
        found.append(Header(name, value, "; ".join(note for note in notes if note)))
    return found


def _bytes(hex_text: str | bytes) -> bytes:
    return bytes.fromhex(hex_text.decode() if isinstance(hex_text, bytes) else hex_text)


def table(pairs: Iterable[tuple[str, str]]) -> str:
    """Return a two-column table; `pairs` are a label of ours and ready HTML."""
    lines = "".join(f"<tr><th>{label}</th><td>{value}</td></tr>" for label, value in pairs if value)
    return f'<table class="hw-facts">{lines}</table>'


def event_facts(row: Mapping[str, Any]) -> str:
    """Return coordinates, time, key, ids and sizes of a row of `cascades_event` as HTML."""
    key = row["key_hex"]
    key_text, key_is_hex = bytes_text(_bytes(key), 200) if key is not None else ("", False)
    size_bytes = row["value_size_bytes"]
    pairs = [
        ("Topic", code(row["topic"])),
        ("Partition / offset", f"{row['partition']} / {count(row['offset'])}"),
        ("Time", f"{stamp(row['time'])} <small>({escaped(row['timestamp_type'])} time)</small>"),
        ("Service", escaped(row["service"]) or ""),
        ("Type", escaped(row["type"]) if row["type"] else ""),
        (
            "Key",
            (code(key_text) + (" <small>hexadecimal</small>" if key_is_hex else ""))
            if key is not None
            else "none",
        ),
        ("Message id", code(row["message_id"]) if row["message_id"] else ""),
        ("Trace id", code(row["trace_id"]) if row["trace_id"] else ""),
        ("Span id", code(row["span_id"]) if row["span_id"] else ""),
        ("Correlation id", code(row["correlation_id"]) if row["correlation_id"] else ""),
        ("Reply id", code(row["reply_id"]) if row["reply_id"] else ""),
        ("Value", "null (a tombstone)" if size_bytes < 0 else f"{size(size_bytes)}, not stored"),
        ("First read", stamp(row["observed_time"])),
    ]
    return table(pairs)


def code(text: str) -> str:
    """Return wire text as inline code."""
    return f"<code>{escaped(text, 400)}</code>"


def headers_table(headers: list[Header]) -> str:
    """Return the headers in wire order as HTML."""
    lines = "".join(
        f"<tr><th>{escaped(header.name)}</th><td>{escaped(header.value, 2_000)}"
        + (f" <small>{escaped(header.note)}</small>" if header.note else "")
        + "</td></tr>"
        for header in headers[:HEADERS_SHOWN]
    )
    more = len(headers) - HEADERS_SHOWN
    tail = f"<tr><td colspan=2>and {count(more)} more headers</td></tr>" if more > 0 else ""
    return f'<table class="hw-facts hw-headers">{lines}{tail}</table>'
