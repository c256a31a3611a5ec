"""The company at work: every service reads, handles and sends with its own client library, in real time."""

import asyncio
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from opentelemetry.trace import Tracer

from collector.demo.clients.api import Client, Context, Positions
from collector.demo.clients.connect import connect
from collector.demo.compose import compose
from collector.demo.habits import causes_of
from collector.demo.handlers.paying import RETRIES
from collector.demo.model import Draft, Record, Stamp
from collector.demo.services import COMPANY, Service
from collector.demo.spans import EXPORTING, export_spans, handled_together
from collector.demo.spring import not_before_s
from collector.demo.story import Scene, Story, scene
from collector.demo.tracing import instrumented
from collector.demo.truth import Truth

log = structlog.get_logger()
IN_FLIGHT_S_MAX = 1.0


class Worker:
    """One service in real time. Everything happens on the event loop; nothing is sent after `stop`."""

    def __init__(
        self,
        service: Service,
        client: Client,
        story: Story,
        truth: Truth,
        *,
        seed: int,
        clock: Callable[[], float],
        tracer: Tracer | None = None,
    ) -> None:
        self.service = service
        self._tracer = tracer  # of a service that exports its spans
        self._client = client
        self._story = story
        self._truth = truth
        self._seed = seed
        self._clock = clock
        self._lots = random.Random(f"{seed}/{service.name}")  # noqa: S311 - ids of a demo
        self._waiting: list[tuple[Record, Context]] = []
        self._waiting_timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def start(self, positions: Positions) -> None:
        """Connect the client to the topics that the service reads."""
        await self._client.start(
            {place: at for place, at in positions.items() if place[0] in self.service.reads}
        )

    async def work(self) -> None:
        """Read and handle until cancelled."""
        while True:
            for record, context in await self._client.receive():
                self._take(record, context)

    def begin(self, number: int) -> None:
        """Start the `number`th cascade of this service."""
        for draft in self.service.starts(number, self._scene()):
            self._plan(draft, (), None)

    async def stop(self) -> None:
        """Send nothing more, wait for what is on its way, disconnect."""
        self._stopped = True
        if self._sending:
            await asyncio.wait(self._sending, timeout=IN_FLIGHT_S_MAX)
        await self._client.stop()

    def _scene(self) -> Scene:
        return scene(self._story, self._clock(), self._seed)

    def _take(self, record: Record, context: Context) -> None:
        loop = asyncio.get_running_loop()
        if record.ref.topic in RETRIES:
            loop.call_later(not_before_s(record) - self._clock(), self._handle, [(record, context)])
        elif self.service.batch.records_max == 1:
            self._handle([(record, context)])
        else:
            self._waiting.append((record, context))
            if len(self._waiting) >= self.service.batch.records_max:
                self._handle_waiting()
            elif self._waiting_timer is None:
                self._waiting_timer = loop.call_later(self.service.batch.wait_s, self._handle_waiting)

    def _handle_waiting(self) -> None:
        if self._waiting_timer:
            self._waiting_timer.cancel()
            self._waiting_timer = None
        taken, self._waiting = self._waiting, []
        if taken:
            self._handle(taken)

    def _handle(self, taken: Sequence[tuple[Record, Context]]) -> None:
        records = [record for record, _ in taken]
        context = taken[0][1]
        if self._tracer and self.service.batch.records_max > 1:
            context = handled_together(self._tracer, self.service.name, records)
        for draft in self.service.handle(records, self._scene()):
            self._plan(draft, records, context)

    def _plan(self, draft: Draft, causes: Sequence[Record], context: Context) -> None:
        asyncio.get_running_loop().call_later(draft.after_s, self._send_soon, draft, causes, context)

    def _send_soon(self, draft: Draft, causes: Sequence[Record], context: Context) -> None:
        if not self._stopped:
            task = asyncio.create_task(self._send(draft, causes, context))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, draft: Draft, causes: Sequence[Record], context: Context) -> None:
        message = compose(self.service, draft, causes, Stamp(self._clock(), self._lots))
        try:
            effect = await self._client.send(message, context)
        except Exception as error:  # three libraries, no common base; whether the broker has it is not known
            log.warning("not acknowledged", service=self.service.name, topic=draft.topic, error=repr(error))
            return
        known = causes_of(self.service.habit, draft, causes, spans=self._tracer is not None)
        self._truth.add(effect, known, self.service.name)


@asynccontextmanager
async def company(
    bootstrap_servers: str,
    story: Story,
    truth: Truth,
    *,
    positions: Positions,
    rate: float,
    seed: int,
    spans_url: str = "",
) -> AsyncIterator[asyncio.TaskGroup]:
    """Run all services while inside, `rate` cascades a second. Reads begin at `positions`.

    Some services send their spans to `spans_url`, where one is given.
    Leaving takes no more than about two seconds. An error in a service ends the block with that error.
    """
    async with AsyncExitStack() as stack:
        provider = stack.enter_context(instrumented())
        if spans_url:
            stack.callback(export_spans(provider, spans_url))
        workers = {}
        for service in COMPANY:
            client = connect(service, bootstrap_servers, provider)
            tracer = provider.get_tracer("shop") if spans_url and service.name in EXPORTING else None
            workers[service.name] = Worker(
                service, client, story, truth, seed=seed, clock=time.time, tracer=tracer
            )
        stack.push_async_callback(_stop_all, list(workers.values()))
        await asyncio.gather(*(worker.start(positions) for worker in workers.values()))
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(worker.work()) for worker in workers.values() if worker.service.reads
            ]
            running += _open_shop(tasks, workers, positions, rate, seed)
            try:
                yield tasks
            finally:
                for task in running:
                    task.cancel()


def _open_shop(
    tasks: asyncio.TaskGroup, workers: Mapping[str, Worker], positions: Positions, rate: float, seed: int
) -> list[asyncio.Task[None]]:
    started = []
    for worker in workers.values():
        service = worker.service
        if service.starts_share:
            # Numbers go on where those of the history, or of an earlier run on the same broker, ended.
            first = sum(at for (topic, _), at in positions.items() if topic in service.writes)
            cascades = _begin_cascades(worker, first, rate * service.starts_share, seed)
            started.append(tasks.create_task(cascades))
    return started


async def _begin_cascades(worker: Worker, first: int, rate: float, seed: int) -> None:
    """Begin cascades at irregular times, `rate` a second on average, without falling behind."""
    lots = random.Random(f"{seed}/{worker.service.name}/arrivals")  # noqa: S311 - arrivals of a demo
    due_s = time.monotonic()
    for number in itertools.count(first):
        due_s += lots.expovariate(rate)
        await asyncio.sleep(due_s - time.monotonic())
        worker.begin(number)


async def _stop_all(workers: Sequence[Worker]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers), return_exceptions=True)
