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
        before, *found = place.split(text)
        if len(found) != 1:
            raise ValueError(f"the README needs {begin} and {end}, once")
        text = f"{before}{begin}\n{table()}\n{end}{found[0]}"
    return text


def main() -> None:
    """Rewrite README.md."""
    before = README.read_text(encoding="utf-8")
    after = renewed(before)
    README.write_text(after, encoding="utf-8")
    print("README.md is up to date." if before == after else "README.md was rewritten.")


if __name__ == "__main__":
    main()
