"""Run the Java producers once against Apache Kafka and keep what they wrote. From the root of the repository:

python -m tests.data.programs.record_java [PRODUCER …]
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka.admin import AdminClient

from tests.support.kafka import ApacheKafka
from tests.support.recordings import save_recording

HERE = Path(__file__).parent
PROGRAMS = {
    "spring-kafka": "SpringKafka.java",
    "kafka-connect": "KafkaConnect.java",
    "kafka-streams": "KafkaStreamsErrors.java",
    "opentelemetry-javaagent": "PlainClients.java",
}
OPTIONS = ["-Xmx384m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
_RUN_SECONDS_MAX = 300


def record(producer: str) -> int:
    """Let Maven fetch the producer's jars, run its program, and return how many records it left."""
    program = HERE / producer / PROGRAMS[producer]
    with tempfile.TemporaryDirectory() as folder:
        jars = Path(folder, "jars")
        _run(
            *("mvn", "-q", "-B", "-f", str(program.with_name("pom.xml")), "dependency:copy-dependencies"),
            *("-DincludeScope=runtime", f"-DoutputDirectory={jars}"),
        )
        classpath = f"{jars}/*:{folder}/classes"
        _run("javac", "-nowarn", "-d", f"{folder}/classes", "-cp", classpath, str(program))
        broker = ApacheKafka(Path(folder, "kafka"))
        Path(folder, "kafka").mkdir()
        try:
            broker.start()
            _run("java", *OPTIONS, *_agent(jars), "-cp", classpath, program.stem, broker.bootstrap)
            found = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=10).topics
            return save_recording(
                producer,
                broker.bootstrap,
                sorted(topic for topic in found if not topic.startswith("__")),
                versions=_versions(program.with_name("pom.xml")),
                program=f"tests/data/programs/{producer}/{program.name}",
                day=f"{datetime.now(UTC):%Y-%m-%d}",
            )
        finally:
            broker.stop()


def _agent(jars: Path) -> list[str]:
    """Return the options that put an agent among the jars around the program; its spans go nowhere."""
    silent = [f"-Dotel.{signal}.exporter=none" for signal in ("traces", "metrics", "logs")]
    return [option for jar in jars.glob("*-javaagent-*.jar") for option in (f"-javaagent:{jar}", *silent)]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=_RUN_SECONDS_MAX)


def _versions(pom: Path) -> dict[str, str]:
    dependencies = ET.parse(pom).iterfind("{*}dependencies/{*}dependency")
    return {found.findtext("{*}artifactId", ""): found.findtext("{*}version", "") for found in dependencies}


if __name__ == "__main__":
    for name in sys.argv[1:] or PROGRAMS:
        print(name, record(name))
