"""Keeps topics of one name apart: a topic that was deleted and made anew counts its offsets from nought again."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pyarrow as pa
import structlog

from collector.storage.api import Store
from collector.storage.retire_topic import former_name, retire_topic
from schemas import arrow

log = structlog.get_logger()

_MARGIN = timedelta(seconds=10)
_WAIT_S_MAX = 60.0
_POLL_S = 0.5
_Known = dict[str, list[dict[str, Any]]]


class TopicKeeper:
    """Remembers the id of each topic, and has the rows of one that is gone moved out of the way of its successor.

    Of several collectors that see the same, the first one moves and the others wait. What was observed between the
    last look that saw the old id and the first that saw the new one may be of either: it is dropped, and what the
    new topic holds is read again.
    """

    def __init__(self, store: Store, collector: str) -> None:
        self._store = store
        self._collector = collector
        self._now: dict[str, str] = {}
        self._seen: dict[str, datetime] = {}

    def changed(self, ids: Mapping[str, str], now: datetime) -> dict[str, str]:
        """Return the topics whose id is another one than at the last look, or whose rows still have to be moved.

        The first look compares with what the store knows, and keeps what it does not know. A blocking call.
        """
        if not ids:
            return {}
        found = {topic: at for topic, at in ids.items() if self._now.get(topic) != at}
        changed: dict[str, str] = {}
        if found:
            known = self._known()
            self._write([self._row(topic, at, now) for topic, at in found.items() if topic not in known])
            for topic, at in found.items():
                rank = _rank(known.get(topic, []), at, self._now.get(topic))
                if rank == "later":
                    changed[topic] = at
                elif rank == "same":
                    self._now[topic] = at
        self._seen |= {topic: now for topic, at in ids.items() if self._now.get(topic) == at}
        return changed

    def settle(self, changed: Mapping[str, str], now: datetime) -> None:
        """Let the old rows of these topics be moved. Blocks until it is done, by whomever. Safe to repeat."""
        for topic, topic_id in changed.items():
            known = self._known()[topic]
            if topic_id not in {row["topic_id"] for row in known}:
                until = self._seen.get(topic, now - _MARGIN)
                self._write([self._row(topic, topic_id, now, former_name(topic, now), until)])
            self._move(topic, topic_id)
            self._now[topic], self._seen[topic] = topic_id, now

    def _move(self, topic: str, topic_id: str) -> None:
        began = time.monotonic()
        while True:
            row = next(row for row in self._known()[topic] if row["topic_id"] == topic_id)
            if row["moved"]:
                return
            if row["seen_by"] == self._collector or time.monotonic() - began > _WAIT_S_MAX:
                break
            time.sleep(_POLL_S)
        log.warning(
            "a topic was deleted and made anew; what was stored of it goes by another name from now on",
            topic=topic,
            former=row["former"],
        )
        retire_topic(self._store, topic, row["former"], row["until_time"])
        done = self._row(topic, topic_id, row["first_seen"], row["former"], row["until_time"])
        self._write([done | {"collector": row["seen_by"], "moved": True}])

    def _known(self) -> _Known:
        found: _Known = {}
        for row in self._store.query("topics_known"):
            found.setdefault(row["topic"], []).append(row)
        return found

    def _row(
        self, topic: str, topic_id: str, now: datetime, former: str = "", until: datetime | None = None
    ) -> dict[str, Any]:
        return {
            "topic": topic,
            "topic_id": topic_id,
            "collector": self._collector,
            "first_time": now,
            "until_time": until or now,
            "former": former,
            "moved": not former,
            "written": datetime.now(UTC),
        }

    def _write(self, rows: list[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(rows, schema=arrow.TOPICS)
        self._store.insert("topics", table, token=f"topics-{self._collector}-{time.time_ns()}")


def _rank(
    known: list[dict[str, Any]], topic_id: str, before: str | None
) -> Literal["later", "same", "earlier"]:
    """Tell how this id stands to what was known: later = its topic was made anew and has to be dealt with.

    An earlier one is told by a broker that lags behind.
    """
    ids = [row["topic_id"] for row in known]
    if not ids:
        return "same"
    if topic_id not in ids or not known[ids.index(topic_id)]["moved"]:
        return "later"
    if before in ids and ids.index(before) < ids.index(topic_id):
        return "later"
    return "same" if topic_id == ids[-1] else "earlier"
