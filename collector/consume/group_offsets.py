"""How far consumer groups have read, asked of the brokers. Nothing here joins a group or commits anything."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from confluent_kafka import ConsumerGroupTopicPartitions, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from collector.consume.connection import librdkafka, topic_pattern
from collector.errors import BrokerUnavailableError
from collector.settings import Settings

_ANSWER_S_MAX = 5.0
_CONNECT_S_MAX = 3.0
_GROUPS_MAX = 1_000
_PARTITIONS_MAX = 20_000
OWN_GROUPS = "headwater-redrive-"


class Place(NamedTuple):
    """A partition as one consumer group sees it."""

    group: str
    topic: str
    partition: int


class Progress(NamedTuple):
    """Offsets as in the table group_offsets; -1 = not known."""

    committed: int
    end: int
    state: str
    members: int


@dataclass
class Looked:
    """What one look at the brokers found. `problem` says what they did not show, empty = all was seen."""

    progress: dict[Place, Progress] = field(default_factory=dict)
    groups: int = 0
    refused: int = 0
    problem: str = ""


class GroupReader:
    """Asks for groups and offsets with one connection. Calls block for some seconds at most."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._wanted = re.compile(topic_pattern(settings))
        self._admin: AdminClient | None = None

    def look(self) -> Looked:
        """Return the progress of every group on topics that Headwater reads, its own groups left out.

        Raises BrokerUnavailableError where no broker answers, or where none may list groups.
        """
        admin = self._connected()
        looked = Looked()
        listed = _listed(admin, self._settings)
        groups = [group for group in listed if not self._is_own(group)]
        looked.groups = len(groups)
        described = _described(admin, groups[:_GROUPS_MAX], listed)
        committed = _committed(admin, groups[:_GROUPS_MAX], looked)
        places = [place for place in sorted(committed) if self._wanted.match(place.topic)]
        ends = _ends(admin, {(place.topic, place.partition) for place in places[:_PARTITIONS_MAX]})
        for place in places[:_PARTITIONS_MAX]:
            end = ends.get((place.topic, place.partition), -1)
            state, members = described[place.group]
            at = committed[place]
            looked.progress[place] = Progress(at, max(end, at) if end >= 0 else -1, state, members)
        if len(groups) > _GROUPS_MAX or len(places) > _PARTITIONS_MAX:
            looked.problem = (
                f"There are {len(groups)} consumer groups with {len(places)} partitions between them: only the first "
                f"{_GROUPS_MAX} groups and {_PARTITIONS_MAX} partitions are followed."
            )
        return looked

    def _connected(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(librdkafka(self._settings))
        return self._admin

    def _is_own(self, group: str) -> bool:
        return group == self._settings.group_id or group.startswith(OWN_GROUPS)


def _listed(admin: AdminClient, settings: Settings) -> dict[str, str]:
    """Return each group with its state."""
    try:
        admin.list_topics(timeout=_CONNECT_S_MAX)
        listed = admin.list_consumer_groups(request_timeout=_ANSWER_S_MAX).result(_ANSWER_S_MAX)
    except (KafkaException, TimeoutError) as error:
        raise BrokerUnavailableError(
            f"The brokers at {settings.bootstrap_servers} do not list consumer groups ({_reason(error)}). Without them "
            "dead letters are counted per record produced, and consumers that stand still are not seen. "
            "Headwater needs DESCRIBE on the cluster and on groups."
        ) from None
    return {group.group_id: _state(group.state) for group in listed.valid}


def _described(
    admin: AdminClient, groups: Sequence[str], listed: Mapping[str, str]
) -> dict[str, tuple[str, int]]:
    """Return state and number of members; where a broker does not describe a group, what the list said of it."""
    found = dict.fromkeys(groups, ("unknown", 0)) | {group: (listed[group], 0) for group in groups}
    if groups:
        asked = admin.describe_consumer_groups(list(groups), request_timeout=_ANSWER_S_MAX)
        for group, described in _answers(asked):
            state = _state(described.state)
            if state != "unknown":
                found[group] = (state, len(described.members))
    return found


def _committed(admin: AdminClient, groups: Sequence[str], looked: Looked) -> dict[Place, int]:
    """Return the committed offsets; count in `looked` the groups that were not shown."""
    asked: dict[str, Future[Any]] = {}
    for group in groups:
        wanted = [ConsumerGroupTopicPartitions(group)]
        asked |= admin.list_consumer_group_offsets(wanted, request_timeout=_ANSWER_S_MAX)
    found: dict[Place, int] = {}

    def refused(_group: str, error: Exception) -> None:
        looked.refused += 1
        looked.problem = f"The brokers do not show the offsets of {looked.refused} groups ({_reason(error)})."

    for group, answer in _answers(asked, refused):
        for partition in answer.topic_partitions:
            if partition.error is None and partition.offset >= 0:
                found[Place(group, partition.topic, partition.partition)] = partition.offset
    return found


def _ends(admin: AdminClient, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    wanted = {
        TopicPartition(topic, partition): OffsetSpec.latest() for topic, partition in sorted(partitions)
    }
    if not wanted:
        return {}
    asked = admin.list_offsets(
        wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=_ANSWER_S_MAX
    )
    return {(place.topic, place.partition): answer.offset for place, answer in _answers(asked)}


def _answers(
    asked: Mapping[Any, "Future[Any]"], refused: Callable[[Any, Exception], None] = lambda _key, _error: None
) -> Iterable[tuple[Any, Any]]:
    for key, answer in asked.items():
        try:
            yield key, answer.result(_ANSWER_S_MAX)
        except (KafkaException, TimeoutError) as error:
            refused(key, error)


def _state(state: Any) -> str:
    name = str(getattr(state, "name", state)).lower()
    if "rebalanc" in name or name in ("assigning", "reconciling"):
        return "rebalancing"
    return name if name in ("stable", "empty", "dead") else "unknown"


def _reason(error: Exception) -> str:
    if isinstance(error, KafkaException) and error.args:
        return str(getattr(error.args[0], "name", lambda: error.args[0])())
    return type(error).__name__
