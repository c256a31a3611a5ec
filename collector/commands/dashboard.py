"""`headwater dashboard`: the pages, from whatever store the settings name."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from collector.errors import HeadwaterError
from collector.settings import load


def dashboard(
    host: Annotated[str | None, typer.Option(help="Where to listen; loopback unless set")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 picks a free port")] = None,
    store: Annotated[
        str | None, typer.Option(help="`embedded:DIR`, or `http(s)://user:password@host:8123/database`")
    ] = None,
) -> None:
    """Serve the dashboard until interrupted."""
    settings = load(dashboard_host=host, dashboard_port=port, store=store)
    # The pages read settings like every other process does; flags reach them through the environment.
    os.environ["HEADWATER_STORE"] = settings.store.get_secret_value()
    serve(settings.dashboard_host, settings.dashboard_port)


def serve(host: str, port: int) -> None:
    """Run Streamlit in this process. Nothing is sent out: no usage statistics, no look-up of our address."""
    from streamlit import config
    from streamlit.web import bootstrap

    script = app_script()
    config._main_script_path = str(script)  # where Streamlit looks for .streamlit/config.toml
    options = {
        "server_address": host,
        "server_port": port or _free_port(host),
        "server_headless": True,
        "browser_gatherUsageStats": False,
        "browser_serverAddress": "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else host,  # noqa: S104 - compared, not bound
        "global_developmentMode": False,
    }
    bootstrap.load_config_options(options)
    bootstrap.prepare_streamlit_environment(str(script))
    # Streamlit looks for our modules beside its script; they live one folder up.
    sys.path.insert(0, str(script.parents[1]))
    Thread(target=_warm_up, daemon=True).start()
    bootstrap.run(str(script), False, [], options)


def _warm_up() -> None:
    """Import what the first page needs while nobody waits for it yet: that takes seconds on a busy machine."""
    for name in ("clickhouse_connect", "networkx", "pandas", "altair", "collector.lineage.cascade"):
        import_module(name)


def app_script() -> Path:
    """Return the script of the dashboard, without importing it: nobody but Streamlit runs it."""
    found = find_spec("dashboard")
    if found is None or found.origin is None:
        raise HeadwaterError(
            "The dashboard is not installed beside the collector. Install Headwater as a whole."
        )
    return Path(found.origin).parent / "app.py"


def _free_port(host: str) -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
