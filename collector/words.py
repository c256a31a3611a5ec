"""Numbers and times as a person says them: the same words on pages, in reports and in alerts. Pure.

Text from the wire is made visible here; HTML needs dashboard.text.escaped besides, terminals commands.show.plain.
"""

import unicodedata
from datetime import UTC, datetime

CLIP_CHARACTERS = 240
# Characters that reorder or hide their neighbours: shown by number, so that a name reads as what it is.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn"}


def visible(text: str, limit: int = CLIP_CHARACTERS) -> str:
    """Return `text` with control and direction characters spelled out, cut to `limit` characters with an ellipsis."""
    cut = text[:limit]
    if not cut.isprintable() or not cut.isascii():
        cut = "".join(_spelled(character) for character in cut)
    return cut + "…" if len(text) > limit else cut


def _spelled(character: str) -> str:
    if character == " " or (character.isascii() and character.isprintable()):
        return character
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{code:02x}")
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return f"⟨U+{code:04X}⟩" if category in _INVISIBLE else character


def duration(ms: float) -> str:
    """Return a span of time in milliseconds as a person says it: 12 ms, 3.1 s, 4 min 10 s, 2 h 5 min, 3 d 4 h."""
    if ms < 0:
        return "-" + duration(-ms)
    if ms < 10:
        return f"{ms:.1f} ms" if ms % 1 else f"{ms:.0f} ms"
    if ms < 1_000:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1_000:.2f} s" if ms < 10_000 else f"{ms / 1_000:.1f} s"
    seconds = round(ms / 1_000)
    for size, unit, small_size, small in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if seconds >= size:
            rest = seconds % size // small_size
            return f"{seconds // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds} s"


def count(number: float) -> str:
    """Return a number with thin thousands separators: 18,204."""
    return f"{number:,.0f}"


def rate(per_minute: float) -> str:
    """Return a rate at the precision that it deserves, per second where that is more than one."""
    if per_minute >= 600:
        return f"{per_minute / 60:,.0f}/s"
    if per_minute >= 10:
        return f"{per_minute:,.0f}/min"
    if 0 < per_minute < 0.05:
        return "<0.1/min"
    return f"{per_minute:.1f}/min" if per_minute else "0/min"


def size(bytes_: float) -> str:
    """Return bytes in binary units."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if bytes_ < 1_024:
            return f"{bytes_:,.0f} {unit}" if unit == "B" else f"{bytes_:,.1f} {unit}"
        bytes_ /= 1_024
    return f"{bytes_:,.1f} TiB"


def many(number: int, one: str, several: str | None = None) -> str:
    """Return a count with its noun: 1 dead letter, 1,204 dead letters."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def clock(moment: datetime, now: datetime) -> str:
    """Return a UTC time of day; with the date where it is not today's."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    return moment.strftime("%H:%M" if moment.date() == now.date() else "%d %b %H:%M")


def stamp(moment: datetime) -> str:
    """Return a UTC time to the millisecond, with its date and zone."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago, in one unit: 3 s ago, 12 min ago."""
    seconds = max(0.0, (now - moment).total_seconds())
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
