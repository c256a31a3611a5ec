"""A dashboard over a seeded store, and a browser that watches what it does."""

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.browser.seed import seed_big, seed_company
from tests.browser.seed_failing import seed_failing
from tests.support.processes import end, spawn, wait_until

# How long a page takes says more about the machine than about the page.
expect.set_options(timeout=20_000)

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Streamlit asks for these two under the page's own address first, gets a 404, and then finds them at the root.
KNOWN_404 = re.compile(r"/_stcore/(health|host-config)$")


@dataclass
class Dashboard:
    """A running dashboard: where it is, what its store holds, and the store itself."""

    url: str
    refs: dict[str, str]
    store: Store
    store_url: str
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"There is no browser at {CHROMIUM}: run `make browser`, then these tests again.", pytrace=False
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Seed = Callable[[Store, datetime], dict[str, str]]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, Seed | None], Dashboard]]:
    """Return what starts a dashboard over a database of its own; all end with the session."""
    folder = tmp_path_factory.mktemp("dashboards")
    running: list[Dashboard] = []

    def begin(name: str, seed: Seed | None) -> Dashboard:
        url = f"embedded:{folder / 'store'}?database={name}"
        store = open_store(url)
        refs = {}
        if seed:
            migrate(store)
            refs = seed(store, datetime.now(UTC))
        port = _free_port()
        environment = {**os.environ, "HEADWATER_STORE": url, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-P", "-m", "collector.cli", "dashboard", "--port", str(port)]
        log = folder / f"{name}.log"
        process = spawn(command, log=log, env=environment, cwd=folder)
        base = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(base), what=f"the dashboard starts (log: {log})", seconds_max=60)
        running.append(Dashboard(base, refs, store, url, process))
        return running[-1]

    yield begin
    for dashboard in running:
        end(dashboard.process)
        dashboard.store.close()
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def company(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("company", seed_company)


@pytest.fixture(scope="session")
def big(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("big", seed_big)


@pytest.fixture(scope="session")
def failing(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("failing", seed_failing)


@pytest.fixture(scope="session")
def empty(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("empty", None)


@dataclass
class Watch:
    """What a page did that it must not do."""

    problems: list[str] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: self._console(message.type, message.text, message.location.get("url", "")),
        )
        page.on("request", lambda request: self._request(request.url))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not KNOWN_404.search(url):
            self.problems.append(f"console: {text} ({url})")

    def _request(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.problems.append(f"request to elsewhere: {url}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    watching = Watch()
    yield watching
    assert watching.problems == []


@pytest.fixture(scope="session")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Return a window for the whole session, so that the application itself is loaded only once."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """Return a new tab, which remembers nothing, closed at the end so that it stops refreshing."""
    page = context.new_page()
    watch.attach(page)
    yield page
    page.close()
