"""The command line. Each command lives in `collector.commands`; heavy imports happen inside them."""

import typer

from collector.commands import (
    alerts,
    anomalies,
    blast,
    cascade,
    collect,
    dashboard,
    demo,
    dlq,
    doctor,
    drift,
    edges,
    flows,
    incidents,
    linkability,
    migrate,
    receive,
    redrive,
    reliability,
    report,
    schema,
    search,
    store,
    topology,
    up,
    watch,
)

app = typer.Typer(
    name="headwater",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


app.command()(cascade.cascade)
app.command()(blast.blast)
app.command()(search.search)
app.command()(edges.edges)
app.command()(topology.topology)
app.command()(flows.flows)
app.command()(anomalies.anomalies)
app.command()(linkability.linkability)
app.add_typer(alerts.app, name="alerts")
app.add_typer(incidents.app, name="incidents")
app.command()(reliability.reliability)
app.command()(report.report)
app.command()(dlq.dlq)
app.add_typer(redrive.app, name="redrive")
app.command()(drift.drift)
app.add_typer(schema.app, name="schema")
app.command()(collect.collect)
app.command()(migrate.migrate)
app.command()(store.store)
app.command()(demo.demo)
app.command()(watch.watch)
app.command()(receive.receive)
app.command()(up.up)
app.command()(dashboard.dashboard)
app.command()(doctor.doctor)


@app.callback()
def headwater() -> None:
    """Which event caused which, what is failing, what changed: from what is already on the wire."""


def main() -> None:
    """Run the command line; a HeadwaterError is a sentence on standard error and exit code 1."""
    from rich.console import Console

    from collector.errors import HeadwaterError
    from collector.telemetry import quiet_libraries

    quiet_libraries()
    try:
        app()
    except HeadwaterError as error:
        Console(stderr=True, highlight=False).print(f"headwater: {error}", style="red", markup=False)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
