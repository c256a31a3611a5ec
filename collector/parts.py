"""Headwater's own processes, as children for the supervisor: store, collector, dashboard."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from collector.errors import SettingsError
from collector.settings import DEFAULT_DATA_DIR, Settings
from collector.storage.folder import is_locked, read_state
from collector.storage.open import embedded_folder
from collector.supervise import Child

POLL_S = 0.05
PORTS_TRIED_MAX = 50


def parts(
    settings: Settings, environment: Mapping[str, str], *, dashboard_port: int | None, http_port: int
) -> list[Child]:
    """Return the processes that `settings` ask for, each with `environment` on top of ours.

    A store only where it is embedded: a server runs by itself. `dashboard_port` None = no dashboard. `http_port` is
    where spans and deployments are taken.
    """
    # As we import, so shall they, wherever Headwater was started from.
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    children = []
    embedded = embedded_folder(settings.store.get_secret_value())
    if embedded:
        folder = embedded[0].expanduser().resolve()
        answers = partial(_store_answers, folder)
        children.append(Child("store", _headwater("store"), environment, answers, stop_s_max=1.0))
    children.append(Child("collector", _headwater("collect"), environment))
    children.append(Child("watcher", _headwater("watch"), environment))
    own = {**environment, "HEADWATER_HTTP_PORT": str(http_port)}
    answers = partial(_listens, reachable(settings.http_host), http_port)
    children.append(Child("receiver", _headwater("receive"), own, answers, stop_s_max=1.0))
    if dashboard_port is not None:
        own = {**environment, "HEADWATER_DASHBOARD_PORT": str(dashboard_port)}
        answers = partial(_dashboard_answers, reachable(settings.dashboard_host), dashboard_port)
        # It has nothing to save, and Streamlit takes its time to say goodbye to browsers.
        children.append(Child("dashboard", _headwater("dashboard"), own, answers, stop_s_max=0.3))
    return children


def logs_folder(settings: Settings) -> Path:
    """Return where the children's logs are kept: beside the embedded store, else in the data folder."""
    embedded = embedded_folder(settings.store.get_secret_value())
    return (embedded[0].expanduser().resolve() if embedded else DEFAULT_DATA_DIR) / "logs"


def choose_dashboard_port(settings: Settings) -> int:
    """Return a port on which the dashboard can listen: the one in the settings where it is free.

    A port that somebody chose and that is taken raises SettingsError; instead of the default or 0 the next
    free one is taken.
    """
    return _choose_port(settings, "dashboard", settings.dashboard_host, settings.dashboard_port)


def choose_http_port(settings: Settings) -> int:
    """Return a port on which the receiver can listen, in the same way."""
    return _choose_port(settings, "http", settings.http_host, settings.http_port)


def _choose_port(settings: Settings, name: str, host: str, wanted: int) -> int:
    if f"{name}_port" in settings.model_fields_set and wanted and not _is_free(host, wanted):
        what = "dashboard" if name == "dashboard" else "receiver of spans"
        raise SettingsError(
            f"The {what} cannot listen on port {wanted}: another program does. "
            f"Choose another with HEADWATER_{name.upper()}_PORT; 0 takes a free one."
        )
    if wanted:
        found = next((port for port in range(wanted, wanted + PORTS_TRIED_MAX) if _is_free(host, port)), None)
        if found:
            return found
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def reachable(host: str) -> str:
    """Return the address at which a browser on this machine finds what listens on `host`."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on


def http_url(settings: Settings, port: int) -> str:
    """Return where spans are sent."""
    return f"http://{reachable(settings.http_host)}:{port}"


def dashboard_url(settings: Settings, port: int) -> str:
    """Return what to open in a browser."""
    return f"http://{reachable(settings.dashboard_host)}:{port}"


def _headwater(command: str) -> list[str]:
    # -P: a file in the folder where the user stands must not take the place of a module of ours.
    return [sys.executable, "-P", "-m", "collector.cli", command]


async def _store_answers(folder: Path) -> None:
    while True:
        state = read_state(folder)
        if state and is_locked(folder) and await _connects("127.0.0.1", state.port):
            return
        await asyncio.sleep(POLL_S)


async def _dashboard_answers(host: str, port: int) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET /_stcore/health HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
        except OSError:
            status = b""
        if b" 200 " in status:
            return
        await asyncio.sleep(POLL_S)


async def _listens(host: str, port: int) -> None:
    while True:
        if await _connects(host, port):
            return
        await asyncio.sleep(POLL_S)


async def _connects(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
