"""How the objectives that headwater.toml declares were kept: budget left, and how fast it is used up."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collector.detect import measures
from collector.detect.measures import Budget
from collector.report.facts import DeadLetters, Traffic, read_dead_letters, read_traffic
from collector.settings import Objective
from collector.storage.api import Store

RECENTLY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An objective over its whole window up to `until`, and over the last RECENTLY of it.

    `watched_days` is how much of the window has any record before or in it; a shorter one says less.
    """

    objective: Objective
    since: datetime
    until: datetime
    budget: Budget
    recent: Budget
    watched_days: float


def read_kept(store: Store, objectives: Sequence[Objective], until: datetime) -> list[Kept]:
    """Return how each objective was kept in the window that ends with `until`, in the order of the settings."""
    hour = until.replace(minute=0, second=0, microsecond=0)
    first = store.query("report_first_hour", {"until": until})[0]
    first_time = first["first_hour"] if first["rows"] else None
    counted: dict[int, tuple[datetime, list[Traffic], list[DeadLetters]]] = {}
    for days in {one.window_days for one in objectives}:
        # Traffic is counted by hours, so the window begins with one.
        since = hour - timedelta(days=days)
        bounds = [since, hour - RECENTLY] if days > RECENTLY.days else [since]
        counted[days] = (
            since,
            read_traffic(store, bounds, until),
            read_dead_letters(store, bounds, until),
        )
    return [_kept(one, *counted[one.window_days], until, first_time) for one in objectives]


def _kept(
    objective: Objective,
    since: datetime,
    traffic: Iterable[Traffic],
    dead_letters: Iterable[DeadLetters],
    until: datetime,
    first_time: datetime | None,
) -> Kept:
    traffic = [one for one in traffic if re.fullmatch(objective.topic, one.topic)]
    failed = [
        one
        for one in dead_letters
        if re.fullmatch(objective.topic, one.topic)
        and re.fullmatch(objective.consumer_group, one.consumer_group)
    ]
    last = 1 if objective.window_days > RECENTLY.days else 0
    return Kept(
        objective=objective,
        since=since,
        until=until,
        budget=_budget(objective, traffic, failed),
        recent=_budget(
            objective,
            [one for one in traffic if one.step >= last],
            [one for one in failed if one.step >= last],
        ),
        watched_days=(until - max(since, first_time)) / timedelta(days=1) if first_time else 0.0,
    )


def _budget(objective: Objective, traffic: Iterable[Traffic], failed: Iterable[DeadLetters]) -> Budget:
    total = sum(one.events - one.copies for one in traffic)
    return measures.error_budget(objective.objective, sum(one.failures for one in failed), total)
