"""The demo's stage: the past, the company and its story, the summary at the end, and what is shown of it."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from collector.demo.company import company
from collector.demo.history import History
from collector.demo.lag import behind
from collector.demo.produce_history import produce_history
from collector.demo.services import COMPANY, topics
from collector.demo.show import Show, count
from collector.demo.story import CYCLE_S, DAY_S, RepeatingStory, past_story, scene, tell
from collector.demo.truth import Truth
from collector.errors import HeadwaterError
from collector.storage.api import Store

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


class Stage:
    """One run of the company and what is shown of it."""

    def __init__(self, plan: Plan, show: Show, bootstrap_servers: str, starts: Places, truth: Truth) -> None:
        self.store: asyncio.Task[Store] | None = None
        self._plan = plan
        self._show = show
        self._bootstrap = bootstrap_servers
        self._starts = starts
        self._truth = truth
        self.spans_url = ""
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
        async with company(
            self._bootstrap,
            story,
            self._truth,
            positions=positions,
            rate=rate,
            seed=seed,
            spans_url=self.spans_url,
        ):
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
            if self._behind == 0 and not await self._spans_wait():
                break
            await _sleep(TICK_S, stopping)
        truth = self._truth
        self._show.line(
            "*",
            f"{count(truth.events, 'event')} in {count(truth.cascades, 'cascade')}, "
            f"{count(truth.dead_letters, 'dead letter')}",
        )
        if self._behind is not None:
            late = f"still {self._behind:,} behind" if self._behind else "caught up"
            self._show.line("*" if not self._behind else "!", f"the collector has {late}")

    async def _spans_wait(self) -> bool:
        """Whether spans have come that nobody has walked through yet."""
        if not (self.spans_url and self.store and self.store.done() and not self.store.exception()):
            return False
        try:
            store = self.store.result()
            return bool(await asyncio.to_thread(store.query, "spans_unwalked", {"batches_max": 1}))
        except HeadwaterError:
            return False

    async def _measure(self, *, at_once: bool = False) -> None:
        due = at_once or time.monotonic() - self._behind_at_s >= LAG_EVERY_S
        if due and self.store and self.store.done() and not self.store.exception():
            self._behind_at_s = time.monotonic()
            with suppress(HeadwaterError):
                self._behind = await asyncio.to_thread(
                    behind, self.store.result(), dict(self._truth.ends), self._starts
                )


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)
