"""Lanes for texts beside an axis, so that none covers another. Pure."""

from collections.abc import Sequence

Span = tuple[float, float]


def placing_order(places: Sequence[float], middle: float) -> list[int]:
    """Return in which order texts get their lanes, from the top, so that the line down from one crosses no other.

    Texts of the right half stand left of their lines: there the last comes first, elsewhere the first.
    """
    numbers = sorted(range(len(places)), key=lambda number: places[number])
    left = [number for number in numbers if places[number] <= middle]
    return left + [number for number in reversed(numbers) if places[number] > middle]


def first_free_lane(lanes: list[list[Span]], covered: Span, line: float, apart: float = 0.0) -> int:
    """Put a span on the first lane where all others are more than `apart` away, a new one if need be; return it.

    The line down from it, at `line`, meets no span that is there already.
    """
    crossed = [n for n, taken in enumerate(lanes) if any(one[0] < line < one[1] for one in taken)]
    for number in range(crossed[-1] + 1 if crossed else 0, len(lanes)):
        taken = lanes[number]
        if not any(covered[0] < other[1] + apart and other[0] < covered[1] + apart for other in taken):
            taken.append(covered)
            return number
    lanes.append([covered])
    return len(lanes) - 1
