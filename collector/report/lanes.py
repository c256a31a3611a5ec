"""Lanes for texts beside an axis, so that none covers another. Pure."""

Span = tuple[float, float]


def first_free_lane(lanes: list[list[Span]], covered: Span, apart: float = 0.0) -> int:
    """Put a span on the first lane where all others are more than `apart` away, a new one if need be; return it."""
    for number, taken in enumerate(lanes):
        if not any(covered[0] < other[1] + apart and other[0] < covered[1] + apart for other in taken):
            taken.append(covered)
            return number
    lanes.append([covered])
    return len(lanes) - 1
