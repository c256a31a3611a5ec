"""Looks at what is stored, again and again: each task at its own pace, one after the other.

A task keeps nothing that it could not find again in the store, so that it may be killed and started anew at any
time, and run twice at once without doing more than once would have done.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import uuid4

import pyarrow as pa
import structlog

from collector.errors import HeadwaterError
from collector.settings import Settings
from collector.storage.api import Store
from schemas import arrow

log = structlog.get_logger()

PAUSE_S_MAX = 1.0


class Task(Protocol):
    """Something that is done every `every_s` seconds; `name` is what logs and the Collector page call it."""

    name: str
    every_s: float

    def step(self, now: datetime) -> None:
        """Do it as of `now` (UTC). Blocks; safe to repeat. Raises HeadwaterError for what a user can act on."""


def tasks(store: Store, settings: Settings) -> Sequence[Task]:
    """Return every task in the order in which facts build on each other."""
    from collector.alert.outbox import SendAlerts
    from collector.consume.follow_groups import FollowGroups
    from collector.detect.count_flow_facts import CountFlowFacts
    from collector.detect.dead_letters_find import FindDeadLetters
    from collector.detect.drift import DriftTask
    from collector.detect.watch_incidents import JudgeIncidents
    from collector.lineage.infer_causes import InferCauses
    from collector.lineage.link_shared_names import LinkSharedNames
    from collector.lineage.link_spans import LinkSpans
    from collector.registry.task import RegistryTask

    return [
        LinkSpans(store),
        LinkSharedNames(store),
        # After all evidence: it guesses only what nothing explains.
        InferCauses(store),
        FollowGroups(store, settings),
        RegistryTask(store, settings),
        DriftTask(store),
        FindDeadLetters(store, settings),
        CountFlowFacts(store),
        # Behind all others: these judge what was found, and tell it.
        JudgeIncidents(store, settings),
        SendAlerts(store, settings, watcher=uuid4().hex),
    ]


def run_once(store: Store, todo: Sequence[Task], now: datetime) -> None:
    """Do each task once, in order. One that fails is told and does not keep the others from their work."""
    for task in todo:
        _step(store, task, now)


def run(store: Store, todo: Sequence[Task], *, stopping: Callable[[float], bool]) -> None:
    """Do each task at its own pace until `stopping(seconds to wait)` says so."""
    due = {task.name: 0.0 for task in todo}
    while True:
        for task in todo:
            if time.monotonic() >= due[task.name]:
                _step(store, task, datetime.now(UTC))
                due[task.name] = time.monotonic() + task.every_s
        wait_s = min((at - time.monotonic() for at in due.values()), default=PAUSE_S_MAX)
        if stopping(min(max(wait_s, 0.0), PAUSE_S_MAX)):
            return


def _step(store: Store, task: Task, now: datetime) -> None:
    started = time.perf_counter()
    problem = ""
    try:
        task.step(now)
    except HeadwaterError as error:
        problem = str(error)
        log.warning("a task could not be done; it will be tried again", task=task.name, reason=problem)
    except Exception as error:  # one broken rule must not silence the others
        problem = f"{type(error).__name__}: a mistake of Headwater's own"
        log.exception("a task failed by a mistake of Headwater's own", task=task.name)
    row = {
        "task": task.name,
        "observed_time": now,
        "elapsed_ms": (time.perf_counter() - started) * 1e3,
        "problem": problem,
    }
    try:
        rows = pa.Table.from_pylist([row], schema=arrow.WATCH_STATUS)
        store.insert("watch_status", rows, token=f"{task.name}-{now.timestamp()}")
    except HeadwaterError as error:
        log.debug("status not written", reason=str(error))
