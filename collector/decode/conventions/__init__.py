"""The table of header conventions: what producers put on records, and what it means.

One `Convention` per habit, in order of precedence: where two say the same thing, the earlier one counts and
both stay in the stored headers. To add one, copy a neighbour. Key names are matched without regard to case;
those of a `loose` convention also without `-`, `_` and `.`.
"""

from collector.decode.conventions.copies import COPIES
from collector.decode.conventions.identity import IDENTITY
from collector.decode.conventions.model import Context, Convention, Header, Meaning
from collector.decode.conventions.schemas import SCHEMAS
from collector.decode.conventions.tracing import TRACING

CONVENTIONS: tuple[Convention, ...] = (*TRACING, *IDENTITY, *COPIES, *SCHEMAS)

__all__ = ["CONVENTIONS", "Context", "Convention", "Header", "Meaning"]
