"""The story that unfolds in the company: a release breaks a consumer, and it recovers. Pure: time in, scene out."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol

from collector.demo.model import draw

Chapter = Literal["calm", "release", "failing", "rollback", "recovery", "redrive"]
Change = Literal["renamed", "retyped", "nested"]

CHANGES: tuple[Change, ...] = ("renamed", "retyped", "nested")
CYCLE_S = 180.0
DAY_S = 86_400.0
STABLE_RELEASE = "2.3.1"
BROKEN_RELEASE = "2.4.0"

TELLING: dict[Chapter, str] = {
    "calm": "Calm. Orders flow from the checkout to the doorstep.",
    "release": "payments 2.4.0 is released. It {change}.",
    "failing": "billing cannot read the new payments: retries climb, then dead letters rise.",
    "rollback": "payments is rolled back to 2.3.1. What was sent in between stays broken.",
    "recovery": "billing 3.1.1 reads both forms. New invoices flow again.",
    "redrive": "The dead letters are sent once more, and succeed.",
}
TELLING_CHANGE: dict[Change, str] = {
    "renamed": "sends `amount` where it sent `amount_cents`",
    "retyped": "sends `amount_cents` as text where it was a number",
    "nested": "sends `amount` with value and currency inside where it sent `amount_cents`",
}


@dataclass(frozen=True, slots=True)
class Incident:
    """One turn of the story; times in seconds since 1970, in this order."""

    change: Change
    released_s: float
    failing_s: float
    rolled_back_s: float
    fixed_s: float
    redriven_s: float
    over_s: float

    def chapter(self, now_s: float) -> Chapter:
        """Return where the story stands at `now_s`."""
        turns: tuple[tuple[float, Chapter], ...] = (
            (self.released_s, "calm"),
            (self.failing_s, "release"),
            (self.rolled_back_s, "failing"),
            (self.fixed_s, "rollback"),
            (self.redriven_s, "recovery"),
            (self.over_s, "redrive"),
        )
        return next((chapter for end_s, chapter in turns if now_s < end_s), "calm")


class Story(Protocol):
    """Knows the incident, if any, that a moment belongs to."""

    def incident(self, now_s: float) -> Incident | None:
        """Return the incident that has been released and is not over at `now_s`; None = calm."""


@dataclass(frozen=True, slots=True)
class RepeatingStory:
    """The live story: the same turns every `cycle_s` seconds from `start_s` on, with another change each time."""

    start_s: float
    cycle_s: float = CYCLE_S

    def incident(self, now_s: float) -> Incident | None:
        """See Story."""
        turn = int((now_s - self.start_s) // self.cycle_s)
        begin_s = self.start_s + turn * self.cycle_s
        times = (begin_s + self.cycle_s * share for share in (0.25, 0.29, 0.56, 0.67, 0.75, 0.92))
        incident = Incident(CHANGES[turn % len(CHANGES)], *times)
        return incident if turn >= 0 and incident.released_s <= now_s < incident.over_s else None


@dataclass(frozen=True, slots=True)
class PastStory:
    """The story of past weeks: incidents at irregular times, in order, none overlapping."""

    incidents: Sequence[Incident]

    def incident(self, now_s: float) -> Incident | None:
        """See Story."""
        position = bisect_right(self.incidents, now_s, key=lambda incident: incident.released_s) - 1
        found = self.incidents[position] if position >= 0 else None
        return found if found and now_s < found.over_s else None


def past_story(seed: int, start_s: float, end_s: float) -> PastStory:
    """Return incidents on about every second day between the two times, all of them over before the end."""
    random = Random(seed)  # noqa: S311 - a story, not a secret
    incidents = []
    day_s = start_s
    while day_s < end_s:
        released_s = day_s + random.uniform(0.3, 0.7) * DAY_S
        rolled_back_s = released_s + random.uniform(15, 90) * 60
        fixed_s = rolled_back_s + random.uniform(10, 60) * 60
        redriven_s = fixed_s + random.uniform(10, 120) * 60
        over_s = redriven_s + 20 * 60
        if random.random() < 0.5 and over_s < end_s:
            change = random.choice(CHANGES)
            incidents.append(
                Incident(change, released_s, released_s + 120, rolled_back_s, fixed_s, redriven_s, over_s)
            )
        day_s += DAY_S
    return PastStory(incidents)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a handler may know of the world around its records."""

    now_s: float
    seed: int
    incident: Incident | None

    @property
    def chapter(self) -> Chapter:
        """Where the story stands."""
        return self.incident.chapter(self.now_s) if self.incident else "calm"

    @property
    def payments_change(self) -> Change | None:
        """What the release of payments that is running now did to its payload; None = the stable one runs."""
        broken = self.incident is not None and self.now_s < self.incident.rolled_back_s
        return self.incident.change if self.incident and broken else None

    @property
    def billing_reads_both(self) -> bool:
        """Whether billing has been taught to read what the broken release sent."""
        return self.incident is not None and self.now_s >= self.incident.fixed_s

    def draw(self, salt: str, key: str) -> float:
        """Return a number in 0..1 that is always the same for this company, decision and key."""
        return draw(self.seed, salt, key)

    def chance(self, probability: float, salt: str, key: str) -> bool:
        """Return True in `probability` of all keys."""
        return self.draw(salt, key) < probability

    def work_s(self, median_s: float, salt: str, key: str) -> float:
        """Return how long a service works on something: around `median_s`, with a long tail."""
        lot = self.draw(f"work {salt}", key)
        return median_s * (0.5 + lot + 6 * lot**16)


def scene(story: Story, now_s: float, seed: int) -> Scene:
    """Return what the handlers may know at `now_s`."""
    return Scene(now_s, seed, story.incident(now_s))


def tell(scene: Scene) -> str:
    """Return the one line that says what is going on."""
    change = TELLING_CHANGE[scene.incident.change] if scene.incident else ""
    return TELLING[scene.chapter].format(change=change)
