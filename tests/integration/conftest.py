"""One broker and one store for all of these tests; topics, consumer group and database per test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.headwater import Collector, Database, StoreProcess
from tests.support.jars import KafkaMissingError, kafka_classpath
from tests.support.kafka import ApacheKafka, Broker, TansuBroker
from tests.support.processes import wait_until
from tests.support.registry import RegistryMissingError, registry_home

_why_no_kafka = pytest.StashKey[str]()
_why_no_registry = pytest.StashKey[str]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs Apache Kafka or a registry where these cannot be had; the summary says so in a line."""
    asking = [item for item in items if "schema_registry" in getattr(item, "fixturenames", ())]
    if asking:
        try:
            registry_home(fetch=False)
        except RegistryMissingError as missing:
            config.stash[_why_no_registry] = str(missing)
            items[:] = [item for item in items if item not in asking]
            config.hook.pytest_deselected(items=asking)
    needing = [item for item in items if "kafka" in getattr(item, "fixturenames", ())]
    for item in needing:
        item.add_marker(pytest.mark.kafka)
    if not needing:
        return
    try:
        kafka_classpath()
    except KafkaMissingError as missing:
        config.stash[_why_no_kafka] = str(missing)
        items[:] = [item for item in items if item not in needing]
        config.hook.pytest_deselected(items=needing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why tests were left out, if they were."""
    for key in (_why_no_kafka, _why_no_registry):
        if why := config.stash.get(key, None):
            terminalreporter.write_line(why, yellow=True)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Apache Kafka, one node. Tests may restart it, and must leave it running."""
    broker = ApacheKafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def any_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Apache Kafka where it can be had, else the broker that comes as a wheel."""
    try:
        kafka_classpath()
    except KafkaMissingError:
        broker = TansuBroker(tmp_path_factory.mktemp("tansu"))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
    else:
        yield request.getfixturevalue("kafka")


@pytest.fixture(scope="session")
def store_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """The embedded store, served by `headwater store`. Tests may freeze it, and must leave it answering."""
    process = StoreProcess(tmp_path_factory.mktemp("store") / "data")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@dataclass
class Setup:
    """What one test works with. Its topics begin with `prefix`, and its collectors read no others."""

    bootstrap: str
    database: Database
    prefix: str
    folder: Path
    collectors: list[Collector] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        """The cluster as its owner sees it."""
        return Cluster(self.bootstrap)

    @property
    def group(self) -> str:
        """The consumer group of the collectors."""
        return f"group-of-{self.prefix}"

    def topic(self, name: str, *, partitions: int = 1, **config: str) -> str:
        """Create a topic and return its full name. Dots in the names of `config` are written `__`."""
        full_config = {key.replace("__", "."): value for key, value in config.items()}
        return self.cluster.create_topic(self.prefix + name, partitions=partitions, config=full_config)

    def collector(self, *, store_port: int | None = None, **settings: str) -> Collector:
        """Make a collector (not started). It is killed when the test ends."""
        defaults = {
            "bootstrap_servers": self.bootstrap,
            "store": self.database.store.url(self.database.name, port=store_port),
            "group_id": self.group,
            "include_topics": f"{self.prefix}.*",
            "session_timeout_ms": "3000",
            "batch_age_ms_max": "200",
        }
        made = Collector(self.folder / f"collector-{len(self.collectors)}", defaults | settings)
        self.collectors.append(made)
        return made

    def wait_until(
        self, reached: Callable[[], bool], *, what: str, seconds_max: float, pause_seconds: float = 0.1
    ) -> None:
        """Wait until `reached()`. Raises AssertionError in time, or when a collector has ended by itself."""

        def reached_alive() -> bool:
            for collector in self.collectors:
                collector.assert_running()
            return reached()

        wait_until(reached_alive, what=what, seconds_max=seconds_max, pause_seconds=pause_seconds)

    def kill_collectors(self) -> None:
        """End what still runs. May be called twice."""
        for collector in self.collectors:
            collector.kill()


NewSetup = Callable[[str], Setup]


@pytest.fixture(scope="session")
def new_setup(store_process: StoreProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewSetup]:
    """Return a function from the address of a broker to a setup that nobody else uses."""
    made: list[Setup] = []

    def new(bootstrap: str) -> Setup:
        number = len(made) + 1
        database = store_process.create_database(f"test_{number}")
        made.append(Setup(bootstrap, database, f"test-{number}.", tmp_path_factory.mktemp("collectors")))
        return made[-1]

    yield new
    for setup in made:
        setup.kill_collectors()


@pytest.fixture
def kafka_setup(kafka: ApacheKafka, new_setup: NewSetup) -> Iterator[Setup]:
    """A setup of its own for one test, on Apache Kafka."""
    setup = new_setup(kafka.bootstrap)
    yield setup
    setup.kill_collectors()


@pytest.fixture
def any_setup(any_broker: Broker, new_setup: NewSetup) -> Iterator[Setup]:
    """A setup of its own for one test, on whatever broker there is."""
    setup = new_setup(any_broker.bootstrap)
    yield setup
    setup.kill_collectors()
