"""What was planned and what became of it, in the store. Kafka's own offsets decide where the two differ."""

import getpass
import json
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from collector.errors import SettingsError
from collector.storage.api import Store
from schemas import arrow_failures
from schemas.records import EventRef

RecordState = Literal["planned", "sent", "gone", "sent elsewhere"]
RedriveState = Literal["running", "interrupted", "stopped", "done"]
_NOT_SENT = datetime(1970, 1, 1, tzinfo=UTC)
_REDRIVES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Redrive:
    """A redrive as it stands; `selection` is what was asked for."""

    redrive_id: str
    created_time: datetime
    actor: str
    selection: str
    planned: int
    rate_per_second: float
    state: RedriveState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One dead letter of a redrive. `target_partition` -1 = by its key; `target_offset` -1 = not known."""

    dead_letter: EventRef
    origin: EventRef | None
    target_topic: str
    target_partition: int
    target_offset: int = -1
    state: RecordState = "planned"
    sent_time: datetime = _NOT_SENT


class Audit:
    """Reads and writes redrives. Every write may be repeated."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(
        self, selection: Mapping[str, Any], items: Sequence[Item], *, rate_per_second: float, now: datetime
    ) -> Redrive:
        """Write down what is about to be sent, before anything is."""
        redrive = Redrive(
            redrive_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            created_time=now,
            actor=_actor(),
            selection=json.dumps(selection, sort_keys=True, default=str),
            planned=len(items),
            rate_per_second=rate_per_second,
            state="running",
        )
        self.note(redrive.redrive_id, items, now)
        self._write(redrive, now)
        return redrive

    def state(self, redrive: Redrive, state: RedriveState, note: str, now: datetime) -> None:
        """Write down where the redrive stands."""
        self._write(replace(redrive, state=state, note=note), now)

    def note(self, redrive_id: str, items: Iterable[Item], now: datetime) -> None:
        """Write down what became of these dead letters."""
        version = _ms(now)
        rows = [
            {
                "redrive_id": redrive_id,
                "topic": item.dead_letter.topic,
                "partition": item.dead_letter.partition,
                "offset": item.dead_letter.offset,
                "origin_event": str(item.origin or ""),
                "target_topic": item.target_topic,
                "target_partition": item.target_partition,
                "target_offset": item.target_offset,
                "state": item.state,
                "sent_time": item.sent_time,
                "version": version,
            }
            for item in items
        ]
        if rows:
            table = pa.Table.from_pylist(rows, schema=arrow_failures.REDRIVE_RECORDS)
            first = rows[0]
            token = f"{redrive_id}-{first['topic']}-{first['partition']}-{first['offset']}-{first['state']}-{version}"
            self._store.insert("redrive_records", table, token=token)

    def find(self, redrive_id: str) -> Redrive:
        """Return the redrive of this id. Raises SettingsError where there is none."""
        rows = self._store.query("redrives", {"id": redrive_id, "rows_max": 1})
        if not rows or not redrive_id:
            raise SettingsError(f"There is no redrive {redrive_id!r}: `headwater redrive status` lists them.")
        return _redrive(rows[0])

    def unfinished(self) -> list[Redrive]:
        """Return the redrives that are not done, the newest first."""
        rows = self._store.query("redrives", {"id": "", "rows_max": _REDRIVES_MAX})
        return [_redrive(row) for row in rows if row["state"] != "done"]

    def items(self, redrive_id: str) -> list[Item]:
        """Return the dead letters of a redrive in the order in which they are sent."""
        return [_item(row) for row in self._store.query("redrive_records", {"id": redrive_id})]

    def sent_elsewhere(self, redrive_id: str) -> set[EventRef]:
        """Return those that another redrive has sent."""
        rows = self._store.query("redrive_sent_elsewhere", {"id": redrive_id})
        return {EventRef.of(row) for row in rows}

    def _write(self, redrive: Redrive, now: datetime) -> None:
        fields = arrow_failures.REDRIVES.names
        row = {name: getattr(redrive, name) for name in fields if name != "version"} | {"version": _ms(now)}
        table = pa.Table.from_pylist([row], schema=arrow_failures.REDRIVES)
        self._store.insert("redrives", table, token=f"{redrive.redrive_id}-{redrive.state}-{_ms(now)}")


def _redrive(row: Mapping[str, Any]) -> Redrive:
    return Redrive(
        **{
            name: row[name]
            for name in (
                "redrive_id", "created_time", "actor", "selection", "planned", "rate_per_second", "state", "note",
            )
        }
    )  # fmt: skip


def _item(row: Mapping[str, Any]) -> Item:
    return Item(
        dead_letter=EventRef.of(row),
        origin=EventRef.parse(row["origin_event"]),
        target_topic=row["target_topic"],
        target_partition=row["target_partition"],
        target_offset=row["target_offset"],
        state=row["state"],
        sent_time=row["sent_time"],
    )


def _actor() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no user database, as in some containers
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
