"""What keeps one schema from reading another, and the error for what is no schema."""

from typing import NamedTuple

from collector.errors import HeadwaterError


class Problem(NamedTuple):
    """A reason: its kind in the words of the format's own checkers, where in the schema, and what it is about."""

    kind: str
    path: str
    said: str = ""


class SchemaUnreadableError(HeadwaterError):
    """A text is not a schema of its format. Fate: say so; there is no verdict."""
