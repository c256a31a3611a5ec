"""The demo from start to end: a broker, Headwater itself, and the company on its stage."""

import asyncio
import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from collector.demo.broker import broker, check_answers
from collector.demo.services import PRODUCERS
from collector.demo.show import Show
from collector.demo.stage import Plan, Stage
from collector.demo.topics import create_topics, ends
from collector.demo.truth import Truth
from collector.errors import SettingsError
from collector.parts import choose_dashboard_port, dashboard_url, parts
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
            stage.store = await stack.enter_async_context(_headwater(plan, settings, bootstrap, folder, show))
        if plan.history_days:
            await stage.tell_the_past(stopping)
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
    if "bootstrap_servers" in settings.model_fields_set:
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
    plan: Plan, settings: Settings, bootstrap: str, folder: Path, show: Show
) -> AsyncIterator[asyncio.Task[Store]]:
    """Run store, collector and dashboard while inside; yield the task that opens the store."""
    own_store = "store" not in settings.model_fields_set
    environment = {
        "HEADWATER_BOOTSTRAP_SERVERS": bootstrap,
        "HEADWATER_STORE": f"embedded:{folder / 'store'}" if own_store else settings.store.get_secret_value(),
        "HEADWATER_PRODUCERS": json.dumps(PRODUCERS | settings.producers),
    }
    if own_store:
        # A store of its own needs a progress of its own, where the broker outlives the demo.
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        environment["HEADWATER_GROUP_ID"] = f"{settings.group_id}-demo-{digest}"
    configured = settings.model_copy(update={"store": type(settings.store)(environment["HEADWATER_STORE"])})
    port = choose_dashboard_port(settings) if plan.dashboard else None
    children = parts(configured, environment, dashboard_port=port)
    store_runs = asyncio.Event()

    def tell_child(event: Event) -> None:
        if event.kind == "ready" and event.child == "store":
            store_runs.set()
        if event.kind == "ready" and event.child == "dashboard" and port is not None:
            show.line(">", dashboard_url(configured, port), "bold green")
        else:
            show.child(event)

    if children[0].name != "store":
        store_runs.set()  # a server, which runs by itself
    supervisor = Supervisor(children, folder / "logs", tell_child)
    starting = asyncio.create_task(supervisor.start())
    opening = asyncio.create_task(_open(environment["HEADWATER_STORE"], store_runs))
    try:
        yield opening
    finally:
        starting.cancel()
        opening.cancel()
        await asyncio.gather(starting, opening, return_exceptions=True)
        if not opening.cancelled() and not opening.exception():
            await asyncio.to_thread(opening.result().close)
        await supervisor.stop()


async def _open(store_url: str, store_runs: asyncio.Event) -> Store:
    await store_runs.wait()
    return await asyncio.to_thread(open_store, store_url)
