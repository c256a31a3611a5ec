"""`make docs`: write the tables that are made from code into the README, between their markers."""

import re
from pathlib import Path

from tests.unit.docs.tables import TABLES

ROOT = Path(__file__).parents[3]
README = ROOT / "README.md"


def renewed(text: str) -> str:
    """Return `text` with every table written anew. Raises ValueError where a table has no place."""
    for name, table in TABLES.items():
        begin, end = f"<!-- begin {name}: written by `make docs` -->", f"<!-- end {name} -->"
        place = re.compile(rf"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if len(place.findall(text)) != 1:
            raise ValueError(f"the README needs {begin} and {end}, once")
        block = f"{begin}\n{table()}\n{end}"
        text = place.sub(lambda _found, block=block: block, text)
    return text


def main() -> None:
    """Rewrite README.md."""
    before = README.read_text(encoding="utf-8")
    after = renewed(before)
    README.write_text(after, encoding="utf-8")
    print("README.md is up to date." if before == after else "README.md was rewritten.")


if __name__ == "__main__":
    main()
