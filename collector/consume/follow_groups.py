"""Follows consumer groups: what changed since the last look goes to group_offsets."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from collector.consume.group_offsets import GroupReader, Place, Progress
from collector.errors import BrokerUnavailableError
from collector.settings import Settings
from collector.storage.api import Store
from schemas import arrow_failures

EVERY_S = 15.0
_WRITTEN_AGAIN_AFTER = timedelta(minutes=5)
_PAUSE_AFTER_FAILURE = timedelta(
    minutes=1
)  # a broker that is away must not hold up the other tasks each time
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class FollowGroups:
    """The task that fills group_offsets and group_polls."""

    name = "consumer groups"
    every_s = EVERY_S

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._reader = GroupReader(settings)
        self._written: dict[Place, tuple[Progress, datetime]] = {}
        self._not_before = _BEGIN

    def step(self, now: datetime) -> None:
        """See Task. Raises BrokerUnavailableError where groups cannot be listed."""
        if now < self._not_before:
            return
        try:
            looked = self._reader.look()
        except BrokerUnavailableError as error:
            self._not_before = now + _PAUSE_AFTER_FAILURE
            self._tell(now, groups=0, refused=0, partitions=0, problem=str(error))
            raise
        # Not every broker tells the end of a partition right: what a collector fetched is there for certain.
        fetched = {
            (row["topic"], row["partition"]): row["end_offset"] for row in self._store.query("groups_ends")
        }
        seen = {
            place: progress._replace(end=max(progress.end, fetched.get((place.topic, place.partition), -1)))
            for place, progress in looked.progress.items()
        }
        changed = [
            (place, progress) for place, progress in seen.items() if self._is_news(place, progress, now)
        ]
        rows = [
            {
                "consumer_group": place.group,
                "topic": place.topic,
                "partition": place.partition,
                "observed_time": now,
                "committed_offset": progress.committed,
                "end_offset": progress.end,
                "state": progress.state,
                "members": progress.members,
            }
            for place, progress in changed
        ]
        table = pa.Table.from_pylist(rows, schema=arrow_failures.GROUP_OFFSETS)
        self._store.insert("group_offsets", table, token=f"groups-{now.timestamp()}")
        self._tell(
            now,
            groups=looked.groups,
            refused=looked.refused,
            partitions=len(looked.progress),
            problem=looked.problem,
        )
        self._written = {place: self._written[place] for place in seen if place in self._written}
        self._written |= {place: (progress, now) for place, progress in changed}

    def _is_news(self, place: Place, progress: Progress, now: datetime) -> bool:
        before = self._written.get(place)
        return before is None or before[0] != progress or now - before[1] >= _WRITTEN_AGAIN_AFTER

    def _tell(self, now: datetime, *, groups: int, refused: int, partitions: int, problem: str) -> None:
        row = {
            "observed_time": now,
            "groups": groups,
            "refused": refused,
            "partitions": partitions,
            "problem": problem,
        }
        table = pa.Table.from_pylist([row], schema=arrow_failures.GROUP_POLLS)
        self._store.insert("group_polls", table, token=f"polls-{now.timestamp()}")
