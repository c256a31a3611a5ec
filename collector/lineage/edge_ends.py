"""The columns of an edge that tell of its ends. Pure."""

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("topic", "partition", "offset", "time", "service", "type")


def edge_ends(cause: Mapping[str, Any], effect: Mapping[str, Any]) -> dict[str, Any]:
    """Return `cause_topic` to `effect_type`, as schemas.arrow.EDGES has them, from the rows of two events."""
    ends = {"cause": cause, "effect": effect}
    return {f"{end}_{column}": row[column] for end, row in ends.items() for column in _COLUMNS}
