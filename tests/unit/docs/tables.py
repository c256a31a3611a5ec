"""The tables of the README, made from the code that they describe. Pure."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.main import get_command

from collector.cli import app
from collector.decode.conventions import CONVENTIONS, Convention
from collector.settings import DEFAULT_DATA_DIR, Settings

HOME_FOLDER = (
    "~/.local/share/headwater"  # what platformdirs says on Linux; the table must not name a real home
)


def settings_table() -> str:
    """Return every setting: name, environment variable, default, meaning."""
    rows = [
        (code(name), code(f"HEADWATER_{name.upper()}"), _default(field), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return _table(("setting", "environment variable", "default", "what it decides"), rows)


def commands_table() -> str:
    """Return every command: how it is called, what it does, its options."""
    rows = [
        (code(_usage(name, command)), _first_sentences(command.help), _options(command))
        for name, command in commands(get_command(app))
    ]
    return _table(("command", "what it does", "options"), rows)


def conventions_table() -> str:
    """Return every header convention: its headers, what they mean, and where that is written down."""
    rows = [(code(convention.name), _headers(convention), convention.source) for convention in CONVENTIONS]
    return _table(("convention", "header → what it means", "where this is written down"), rows)


TABLES = {"settings": settings_table, "commands": commands_table, "conventions": conventions_table}


def code(text: str) -> str:
    """Return `text` as code in Markdown, whatever it holds."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value().replace(str(DEFAULT_DATA_DIR), HOME_FOLDER)
    match value:
        case None | "":
            return "none"
        case bool():
            return code(str(value).lower())
        case _:
            return code(str(value))


def _usage(name: str, command: Any) -> str:
    arguments = [part.name.upper() for part in command.params if part.param_type_name == "argument"]
    return " ".join(["headwater", name, *arguments])


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it, those of groups as well."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            if command.invoke_without_command:  # called alone it does something as well
                yield f"{prefix}{name}", command
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def _first_sentences(help_text: str | None) -> str:
    return " ".join((help_text or "").partition("\n\n")[0].split())


def _options(command: Any) -> str:
    options = [part for part in command.params if part.param_type_name == "option" and not part.hidden]
    return " ".join(code(part.opts[0]) for part in options if part.name != "help") or "none"


def _headers(convention: Convention) -> str:
    meanings = [f"{code(header.key)} → {header.meaning}" for header in convention.headers]
    note = "<br>(`-`, `_` and `.` in these names do not count)" if convention.loose else ""
    return "<br>".join(meanings) + note


def _table(titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [titles, tuple("---" for _ in titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
