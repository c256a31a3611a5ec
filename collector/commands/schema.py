"""`headwater schema`: contracts without a registry: write down what is on the wire, and check against it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.commands.show import console, moment, opened_store, plain, print_json
from collector.errors import SettingsError

if TYPE_CHECKING:
    from collector.storage.api import Store

app = typer.Typer(
    no_args_is_help=True,
    help="Contracts without a registry: write what is on the wire as JSON Schema, and check a schema against it.",
)
StoreOption = Annotated[
    str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
]


@app.command()
def export(
    topic: Annotated[str, typer.Argument(help="A topic that was read.")],
    type_: Annotated[
        str | None, typer.Option("--type", help="An event type; needed where a topic has several.")
    ] = None,
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time: records from then on.")] = "7d",
    store: StoreOption = None,
) -> None:
    """Write the structure of a topic's records, as they were seen, as JSON Schema (draft 2020-12)."""
    from collector.detect.drift_contract import as_json_schema

    with opened_store(store) as opened:
        observed = _observed(opened, topic, type_, since)
    print_json(as_json_schema(observed))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A JSON Schema.")],
    topic: Annotated[str, typer.Option(help="The topic that it is for.")],
    type_: Annotated[
        str | None, typer.Option("--type", help="An event type; needed where a topic has several.")
    ] = None,
    since: Annotated[str, typer.Option(help="15m, 2h, 7d, or a date-time: records from then on.")] = "7d",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    store: StoreOption = None,
) -> None:
    """Say whether a schema breaks what is on the wire now, and whom: exit code 1 if it does, 0 if not."""
    from collector.detect.drift_contract import breaches

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The file {plain(file)} cannot be read: {type(error).__name__}.") from None
    with opened_store(store) as opened:
        observed = _observed(opened, topic, type_, since)
        now = datetime.now(UTC)
        readers = opened.query("drift_readers", {"topics": [topic], "since": moment("1d", now)})
    found = breaches(text, observed)
    hit = (
        [row["consumer_group"] for row in readers] if any(each.breaks == "readers" for each in found) else []
    )
    if as_json:
        breaks = [each._asdict() for each in found]
        about = {"topic": topic, "type": observed.type, "records": observed.records}
        print_json({**about, "breaks": breaks, "consumer_groups": hit})
    else:
        out = console()
        out.print(
            f"{' '.join(filter(None, (plain(topic), plain(observed.type))))}: {observed.records:,} records"
        )
        for each in found:
            whom = "records on the wire" if each.breaks == "records" else "readers of now"
            out.print(
                f"  {plain(each.path)}: {plain(each.said)} (breaks {whom}; {each.share:.1%} of records)"
            )
        if hit:
            out.print(f"  read by: {', '.join(plain(name) for name in hit)}")
        out.print("Breaks." if found else "Breaks nothing: every record of now has this schema.")
    raise typer.Exit(1 if found else 0)


def _observed(store: "Store", topic: str, type_: str | None, since: str) -> Any:
    from collector.detect.drift_contract import observe

    now = datetime.now(UTC)
    rows = store.query("drift_counts", {"topics": [topic], "since": moment(since, now)})
    rows = [row for row in rows if row["shape_id"]]
    types = sorted({row["type"] for row in rows})
    if not types:
        raise SettingsError(
            f"No JSON record of {plain(topic)} was seen since {plain(since)}. Is `headwater watch`, which counts them, "
            "running?"
        )
    if type_ is None and len(types) > 1:
        raise SettingsError(
            f"{plain(topic)} has several event types: choose one with --type: {plain(', '.join(types[:20]))}."
        )
    chosen = types[0] if type_ is None else type_
    if chosen not in types:
        raise SettingsError(
            f"{plain(topic)} has no event type {plain(chosen)}; there is {plain(', '.join(types[:20]))}."
        )
    paths = {
        row["shape_id"]: row["paths"]
        for row in store.query("drift_shapes", {"topics": [topic]})
        if row["type"] == chosen
    }
    return observe(topic, chosen, [row for row in rows if row["type"] == chosen], paths)
