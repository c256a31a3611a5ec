"""The outbox: what has to be told is written down first, then sent until it is acknowledged, once per transition."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, get_args

import pyarrow as pa
import structlog

from collector.alert.channels import Alert, Transition, link_to
from collector.alert.plan import Planned, Told, planned
from collector.alert.send import SendError, send
from collector.detect.read_incidents import read_incidents, read_one
from collector.settings import AlertChannel, Settings
from collector.storage.api import Store
from schemas import arrow
from schemas.incidents import Incident

log = structlog.get_logger()

EVERY_S = 5.0
BACK_OFF_S_MIN, BACK_OFF_S_MAX = 10.0, 900.0
GIVEN_UP_AFTER = timedelta(days=3)
ALIVE_S = 60.0
JOINS_AFTER_S = 2.0
_LOOKED_BACK = timedelta(days=30)

Send = Callable[[AlertChannel, Alert], None]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of `alerts`."""

    alert_id: str
    incident_id: str
    transition: str
    channel: str
    created_time: datetime
    state: str
    attempts: int
    next_time: datetime
    sent_time: datetime | None
    problem: str


class SendAlerts:
    """The task that sends. Of several watchers the one that has been there longest does."""

    name = "alerts"
    every_s = EVERY_S

    def __init__(
        self,
        store: Store,
        settings: Settings,
        watcher: str,
        send_one: Send = send,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._channels = {channel.name: channel for channel in settings.alerts}
        self._dashboard_url = settings.dashboard_url
        self._watcher = watcher
        self._send = send_one
        self._pause = pause

    def step(self, now: datetime) -> None:
        """See Task."""
        if not self._channels:
            return
        self._write_down(now)
        if not self._is_the_sender():
            return
        blocked: set[tuple[str, str]] = set()
        for row in self._waiting():
            order = (row.incident_id, row.channel)
            if order in blocked:
                continue  # resolved is not told before opened
            if row.next_time > now or not self._deliver(row, now):
                blocked.add(order)

    def _write_down(self, now: datetime) -> None:
        found = read_told(self._store, now - _LOOKED_BACK, now)
        ids = [one.incident.incident_id for one in found]
        rows = self._store.query("alerts_told", {"ids": ids})
        told = {(row["incident_id"], row["transition"], row["channel"]) for row in rows}
        new = [
            row_of(one, channel.name, now)
            for channel in self._channels.values()
            for one in planned(found, channel, now, told)
        ]
        if new:
            # Version 0: whoever writes it down once more does not undo what has become of it.
            _write(
                self._store, new, versions=[0] * len(new), token=f"planned-{now.timestamp()}-{self._watcher}"
            )

    def _is_the_sender(self) -> bool:
        """Keep a place in the row of watchers and return whether it is the first."""
        self._store.execute("alerts_join", {"watcher": self._watcher, "alive_s": ALIVE_S})
        rows = self._store.query("alerts_first", {"alive_s": ALIVE_S})
        if not rows or rows[0]["watcher"] != self._watcher:
            return False
        if rows[0]["age_s"] < JOINS_AFTER_S:
            # Another may have joined at the same moment; by then each sees both.
            self._pause(JOINS_AFTER_S - rows[0]["age_s"])
            rows = self._store.query("alerts_first", {"alive_s": ALIVE_S})
        return bool(rows and rows[0]["watcher"] == self._watcher)

    def _waiting(self) -> Sequence[Row]:
        rows = self._store.query("alerts_waiting")
        found = [Row(**{name: row[name] for name in Row.__slots__}) for row in rows]
        return sorted(found, key=lambda row: (row.created_time, _rank(row.transition), row.alert_id))

    def _deliver(self, row: Row, now: datetime) -> bool:
        """Try once; return whether the next of this incident may be sent."""
        incident = read_one(self._store, row.incident_id)
        channel = self._channels.get(row.channel)
        if incident is None or channel is None:
            self._note(replace(row, state="given up", problem="the settings know this channel no more"))
            return True
        try:
            self._send(channel, alert_of(row, incident, self._dashboard_url, now))
        except SendError as error:
            over = now - row.created_time > GIVEN_UP_AFTER
            state = "given up" if over else "waiting"
            log.warning("an alert was not taken", channel=row.channel, reason=str(error), state=state)
            wait_s = back_off_s(row.attempts, error)
            later = replace(row, state=state, problem=str(error), next_time=now + timedelta(seconds=wait_s))
            self._note(replace(later, attempts=row.attempts + 1))
            return over
        self._note(replace(row, state="sent", sent_time=now, problem="", attempts=row.attempts + 1))
        return True

    def _note(self, row: Row) -> None:
        final = 1 << 32 if row.state != "waiting" else 0
        token = f"{row.alert_id}-{row.state}-{row.attempts}"
        _write(self._store, [row], versions=[final + row.attempts], token=token)


def read_told(store: Store, since: datetime, until: datetime) -> list[Told]:
    """Return the incidents with impact in [since, until], with the moments of their diaries that alerts go by."""
    incidents = read_incidents(store, since=since, until=until)
    rows = store.query("alerts_moments", {"ids": [one.incident_id for one in incidents]})
    moments = {row["incident_id"]: row for row in rows}
    nothing = {"escalated_time": None, "reopened_time": None}
    return [
        Told(one, said["escalated_time"], said["reopened_time"])
        for one in incidents
        for said in (moments.get(one.incident_id, nothing),)
    ]


def alert_of(row: Row, incident: Incident, dashboard_url: str, now: datetime) -> Alert:
    """Return what has to be told, as the incident stands `now`."""
    word, _, number = row.transition.partition(" ")
    transition: Transition = next(known for known in get_args(Transition) if known == word)
    turn = int(number or 1) - 1
    link = link_to(dashboard_url, incident.incident_id)
    return Alert(row.alert_id, incident, transition, turn, link, now)


def row_of(one: Planned, channel: str, now: datetime) -> Row:
    """Return the row to write down."""
    said = "\n".join((one.incident.incident_id, one.transition, channel))
    alert_id = hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
    return Row(alert_id, one.incident.incident_id, one.transition, channel, now, "waiting", 0, now, None, "")


def back_off_s(attempts: int, error: SendError) -> float:
    """Return how long to wait after so many attempts before this one: doubling, or as the receiver asked."""
    if error.after_s is not None:
        return max(BACK_OFF_S_MIN, error.after_s)
    return BACK_OFF_S_MAX if error.lasting else min(BACK_OFF_S_MAX, BACK_OFF_S_MIN * 2 ** min(attempts, 10))


def _rank(transition: str) -> int:
    return [known in transition for known in get_args(Transition)].index(True)


def _write(store: Store, rows: Sequence[Row], *, versions: Sequence[int], token: str) -> None:
    dicts: list[Mapping[str, Any]] = [
        {**{name: getattr(row, name) for name in Row.__slots__}, "version": version}
        for row, version in zip(rows, versions, strict=True)
    ]
    store.insert("alerts", pa.Table.from_pylist(dicts, schema=arrow.ALERTS), token=token)
