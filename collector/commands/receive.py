"""`headwater receive`: spans from OpenTelemetry, deployments and acknowledgements, over HTTP."""

from typing import TYPE_CHECKING, Annotated

import typer

from collector import settings as settings_module

if TYPE_CHECKING:
    from collector.storage.api import Store


def receive(
    host: Annotated[str | None, typer.Option(help="Where to listen; loopback unless set.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 picks a free port.")] = None,
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host:8123/database")
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Say more in the log.")] = False,
) -> None:
    """Take OpenTelemetry spans (OTLP/HTTP), until Ctrl-C. Shows its own metrics at /metrics."""
    from collector.http.receiver import Receiver
    from collector.http.serve import listen, serve
    from collector.storage.migrate import migrate
    from collector.storage.open import open_store
    from collector.telemetry import configure_log

    configure_log(verbose=verbose)
    settings = settings_module.load(http_host=host, http_port=port, store=store)
    listener = listen(settings.http_host, settings.http_port)
    typer.echo(f"Listening on http://{settings.http_host}:{listener.getsockname()[1]}")

    def open_migrated() -> "Store":
        opened = open_store(settings.store.get_secret_value())
        try:
            migrate(opened)
        except BaseException:
            opened.close()
            raise
        return opened

    serve(Receiver(settings), listener, open_migrated)
