"""Headers that a user declares in headwater.toml."""

from collections.abc import Sequence

from collector.decode.conventions import CONVENTIONS
from collector.decode.conventions.model import Convention, Header, Meaning
from collector.settings import DeclaredHeader


def with_yours(declared: Sequence[DeclaredHeader]) -> tuple[Convention, ...]:
    """Return the table of conventions with what is declared in front: a company knows its own headers best."""
    if not declared:
        return CONVENTIONS
    headers = tuple(
        Header(header.key, Meaning(header.meaning), namespace=header.namespace) for header in declared
    )
    return (Convention("yours", "headwater.toml", headers), *CONVENTIONS)
