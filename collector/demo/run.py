"""The demo from start to end: a broker, Headwater itself, and the company on its stage."""

import asyncio
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from pydantic import SecretStr

from collector.demo.broker import broker, check_answers
from collector.demo.services import PRODUCERS, topics
from collector.demo.show import Show
from collector.demo.stage import Plan, Stage
from collector.demo.topics import create_topics, ends
from collector.demo.truth import Truth
from collector.errors import SettingsError
from collector.parts import choose_dashboard_port, choose_http_port, dashboard_url, http_url, parts
from collector.settings import Settings
from collector.storage.api import Store
from collector.storage.open import open_store
from collector.supervise import Event, Supervisor


async def run(plan: Plan, settings: Settings, show: Show, stopping: asyncio.Event) -> None:
    """Run until `stopping` is set or the time is over; leaves neither processes nor temporary files.

    Raises HeadwaterError where something cannot start.
    """
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_data_folder(plan.data))
        bootstrap = await stack.enter_async_context(_some_broker(settings, folder, show))
        await create_topics(bootstrap)
        starts = await ends(bootstrap)
        truth = stack.enter_context(Truth(plan.truth))
        stage = Stage(plan, show, bootstrap, starts, truth)
        if plan.headwater:
            http_port = choose_http_port(settings)
            stage.spans_url = http_url(settings, http_port)
            running = _headwater(plan, settings, bootstrap, folder, show, http_port=http_port)
            stage.store = await stack.enter_async_context(running)
        if plan.history_days:
            await stage.tell_the_past(stopping)
        if not stopping.is_set():
            await stage.play(stopping)
        if not stopping.is_set():
            await stage.close_the_books(stopping)


@contextmanager
def _data_folder(chosen: Path | None) -> Iterator[Path]:
    """Yield the chosen folder, or a temporary one that is removed at the end."""
    if chosen:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="headwater-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _some_broker(settings: Settings, folder: Path, show: Show) -> AsyncIterator[str]:
    """Yield the address of the broker that somebody named, or of one of our own."""
    if _is_given(settings, "bootstrap_servers"):
        await check_answers(settings.bootstrap_servers)
        show.line("*", f"broker: {settings.bootstrap_servers}")
        yield settings.bootstrap_servers
        return
    if (folder / "store").exists():
        raise SettingsError(
            f"{folder} holds the events of an earlier demo, whose broker kept its records in memory and is "
            "gone: new records would get the same offsets. Name another folder, or remove this one."
        )
    async with broker(folder / "broker.log") as address:
        show.line("*", f"broker: Tansu in memory on {address}")
        yield address


@asynccontextmanager
async def _headwater(
    plan: Plan, settings: Settings, bootstrap: str, folder: Path, show: Show, *, http_port: int
) -> AsyncIterator[asyncio.Task[Store]]:
    """Run store, collector and dashboard while inside; yield the task that opens the store."""
    environment = _environment(settings, bootstrap, folder)
    store_url = environment["HEADWATER_STORE"]
    configured = settings.model_copy(update={"store": SecretStr(store_url)})
    port = choose_dashboard_port(settings) if plan.dashboard else None
    children = parts(configured, environment, dashboard_port=port, http_port=http_port)
    store_runs = asyncio.Event()

    def tell_child(event: Event) -> None:
        if (event.child, event.kind) == ("store", "ready"):
            store_runs.set()
            asking = f"HEADWATER_STORE={store_url} headwater cascade shop.orders/0/0"
            show.line("?", f"ask in another terminal: {asking}")
        if (event.child, event.kind) == ("dashboard", "ready") and port is not None:
            show.line(">", dashboard_url(configured, port), "bold green")
        else:
            show.child(event)

    supervisor = Supervisor(children, folder / "logs", tell_child)
    starting = asyncio.create_task(supervisor.start())
    opening = asyncio.create_task(_open(store_url, store_runs))
    try:
        yield opening
    finally:
        starting.cancel()
        opening.cancel()
        await asyncio.gather(starting, opening, return_exceptions=True)
        if not opening.cancelled() and not opening.exception():
            await asyncio.to_thread(opening.result().close)
        await supervisor.stop()


def _environment(settings: Settings, bootstrap: str, folder: Path) -> dict[str, str]:
    """Return the settings of the demo's own Headwater.

    Its store is always its own, whatever HEADWATER_STORE says: made-up events do not belong with real ones.
    """
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    environment = {
        "HEADWATER_BOOTSTRAP_SERVERS": bootstrap,
        "HEADWATER_STORE": f"embedded:{folder / 'store'}",
        # A store of its own needs a progress of its own, where the broker outlives the demo.
        "HEADWATER_GROUP_ID": f"{settings.group_id}-demo-{digest}",
        "HEADWATER_PRODUCERS": json.dumps(PRODUCERS | settings.producers),
    }
    if not _is_given(settings, "rules"):
        # Its story repeats every few minutes: each time is an incident of its own.
        kinds = ("dead_letters", "schema_break", "retry_storm")
        environment["HEADWATER_RULES"] = json.dumps(
            [{"kind": kind, "values": {"reopen_s": 30}} for kind in kinds]
        )
    if _is_given(settings, "bootstrap_servers") and not _is_given(settings, "include_topics"):
        # Somebody's broker: what else is on it is no part of the show.
        environment["HEADWATER_INCLUDE_TOPICS"] = "|".join(map(re.escape, topics()))
    return environment


def _is_given(settings: Settings, name: str) -> bool:
    """Whether somebody decided this setting, by flag, environment or file."""
    return name in settings.model_fields_set


async def _open(store_url: str, store_runs: asyncio.Event) -> Store:
    await store_runs.wait()
    return await asyncio.to_thread(open_store, store_url)
