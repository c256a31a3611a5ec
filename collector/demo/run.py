"""The demo from start to end: broker, Headwater itself, the past, the company, the story, the summary."""

import asyncio
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from collector.demo.broker import broker, check_answers
from collector.demo.company import company
from collector.demo.history import History
from collector.demo.lag import behind
from collector.demo.produce_history import produce_history
from collector.demo.services import COMPANY, PRODUCERS, topics
from collector.demo.show import Show
from collector.demo.story import CYCLE_S, DAY_S, RepeatingStory, past_story, scene, tell
from collector.demo.topics import create_topics, ends
from collector.demo.truth import Truth
from collector.errors import HeadwaterError, SettingsError
from collector.parts import choose_dashboard_port, dashboard_url, parts
from collector.settings import Settings
from collector.storage.api import Store
from collector.storage.open import open_store
from collector.supervise import Event, Supervisor

CATCH_UP_S_MAX = 60.0
TICK_S = 0.5
LAG_EVERY_S = 2.0
HISTORY_ENDS_BEFORE_S = 60.0

Places = dict[tuple[str, int], int]


@dataclass(frozen=True)
class Plan:
    """What to demonstrate. `seconds` None = until stopped; `headwater` False = the company alone."""

    rate: float = 3.0
    seconds: float | None = None
    history_days: float = 0.0
    seed: int = 1
    dashboard: bool = True
    headwater: bool = True
    data: Path | None = None
    truth: Path | None = None

    @property
    def cycle_s(self) -> float:
        """How long one turn of the story takes: a demo that ends early still tells all of it."""
        return min(CYCLE_S, self.seconds or CYCLE_S)


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


class Stage:
    """One run of the company and what is shown of it."""

    def __init__(self, plan: Plan, show: Show, bootstrap_servers: str, starts: Places, truth: Truth) -> None:
        self.store: asyncio.Future[Store] | None = None
        self._plan = plan
        self._show = show
        self._bootstrap = bootstrap_servers
        self._starts = starts
        self._truth = truth
        self._behind: int | None = None
        self._behind_at_s = 0.0

    async def tell_the_past(self, stopping: asyncio.Event) -> None:
        """Produce the history. Stops half-way when `stopping` is set."""
        end_s = time.time() - HISTORY_ENDS_BEFORE_S
        start_s = end_s - self._plan.history_days * DAY_S
        history = History(
            past_story(self._plan.seed, start_s, end_s),
            topics(),
            self._starts,
            start_s=start_s,
            end_s=end_s,
            seed=self._plan.seed,
        )
        began_s = time.monotonic()
        with self._show.progress("the past") as advance:

            def told(time_ms: int) -> bool:
                advance((time_ms / 1000 - start_s) / (end_s - start_s), f"{self._truth.events:,} events")
                return not stopping.is_set()

            await asyncio.to_thread(produce_history, self._bootstrap, history.events(), self._truth, told)
        took_s = time.monotonic() - began_s
        self._truth.flush()
        self._show.line(
            "*", f"the past {self._plan.history_days:g} days: {self._truth.events:,} events in {took_s:.1f} s"
        )

    async def play(self, stopping: asyncio.Event) -> None:
        """Let the company work and the story unfold until the time is over."""
        story = RepeatingStory(time.time(), self._plan.cycle_s)
        end_s = time.monotonic() + (self._plan.seconds or float("inf"))
        positions = self._starts | self._truth.ends
        rate, seed = self._plan.rate, self._plan.seed
        told = ""
        async with company(self._bootstrap, story, self._truth, positions=positions, rate=rate, seed=seed):
            self._show.line(
                "*", f"{len(COMPANY)} services, {len(topics())} topics, {rate:g} cascades a second"
            )
            with self._show.changing_line():
                while time.monotonic() < end_s and not stopping.is_set():
                    now = scene(story, time.time(), seed)
                    if tell(now) != told:
                        told = tell(now)
                        self._show.line("»", told, "cyan")
                    self._truth.flush()
                    await self._measure()
                    self._show.state(self._truth, now.chapter, self._behind)
                    await _sleep(min(TICK_S, max(0.0, end_s - time.monotonic())), stopping)

    async def close_the_books(self, stopping: asyncio.Event) -> None:
        """Wait until the collector has caught up, then say what happened."""
        give_up_s = time.monotonic() + CATCH_UP_S_MAX
        while self.store and time.monotonic() < give_up_s and not stopping.is_set():
            await self._measure(at_once=True)
            if self._behind == 0:
                break
            await _sleep(TICK_S, stopping)
        truth = self._truth
        self._show.line(
            "*",
            f"{truth.events:,} events in {truth.cascades:,} cascades, {truth.dead_letters:,} dead letters",
        )
        if self._behind is not None:
            late = f"still {self._behind:,} behind" if self._behind else "caught up"
            self._show.line("*" if not self._behind else "!", f"the collector has {late}")

    async def _measure(self, *, at_once: bool = False) -> None:
        due = at_once or time.monotonic() - self._behind_at_s >= LAG_EVERY_S
        if due and self.store and self.store.done() and not self.store.exception():
            self._behind_at_s = time.monotonic()
            with suppress(HeadwaterError):
                self._behind = await asyncio.to_thread(
                    behind, self.store.result(), dict(self._truth.ends), self._starts
                )


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
) -> AsyncIterator["asyncio.Future[Store]"]:
    """Run store, collector and dashboard while inside; yield the store, which is there a moment later."""
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
    store: asyncio.Future[Store] = asyncio.get_running_loop().create_future()

    def tell_child(event: Event) -> None:
        if event.child == "dashboard" and event.kind == "ready" and port is not None:
            show.line(">", dashboard_url(configured, port), "bold green")
        else:
            show.child(event)

    supervisor = Supervisor(parts(configured, environment, dashboard_port=port), folder / "logs", tell_child)
    starting = asyncio.create_task(_start(supervisor, environment["HEADWATER_STORE"], store))
    try:
        yield store
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        if store.done() and not store.cancelled() and not store.exception():
            await asyncio.to_thread(store.result().close)
        await supervisor.stop()


async def _start(supervisor: Supervisor, store_url: str, store: "asyncio.Future[Store]") -> None:
    await supervisor.start()
    try:
        store.set_result(await asyncio.to_thread(open_store, store_url))
    except HeadwaterError as error:
        store.set_exception(error)


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
