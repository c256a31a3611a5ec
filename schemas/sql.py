"""SQL lives in files, one statement each; this finds them by name."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Migration:
    """One numbered statement. `checksum` is SHA-256 over its text, in hex."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return what is compared with the checksum recorded when it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def query(name: str) -> str:
    """Return the statement in `schemas/queries/<name>.sql`. Raises FileNotFoundError for an unknown name."""
    return (files("schemas") / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def migrations() -> list[Migration]:
    """Return every migration in `schemas/migrations`, in order of version."""
    found = []
    for file in (files("schemas") / "migrations").iterdir():
        if file.name.endswith(".sql"):
            version, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(version), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)
