"""The jars of Apache Kafka, fetched once by Maven and kept outside the tree."""

import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
FETCH_SECONDS_MAX = 300


class KafkaMissingError(Exception):
    """Apache Kafka cannot be run here. The message is the one line that the test run prints."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Apache Kafka tests not run: {why}")


def kafka_version() -> str:
    """Return the version that the pom asks for."""
    found = ET.parse(POM).findtext("{*}properties/{*}kafka.version")
    assert found, f"{POM} does not name kafka.version"
    return found


@cache
def kafka_classpath() -> str:
    """Return the `-cp` value that runs Apache Kafka. Raises KafkaMissingError where that cannot be had.

    The first call on a machine takes about ten seconds and 45 MB; later ones look at the cache only.
    """
    if shutil.which("java") is None:
        raise KafkaMissingError("there is no `java` (apt install openjdk-17-jre-headless maven)")
    cache_dir = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater"
    jars = cache_dir / f"kafka-{kafka_version()}"
    if not jars.is_dir():
        _fetch(jars)
    return f"{jars}/*"


def _fetch(jars: Path) -> None:
    """Let Maven copy the jars next to `jars`, then move them there in one step: complete or absent."""
    if shutil.which("mvn") is None:
        raise KafkaMissingError("its jars are not cached and there is no `mvn` (apt install maven)")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-kafka-") as folder:
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={folder}/jars"]
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX, check=False
            )
        except subprocess.TimeoutExpired:
            raise KafkaMissingError(f"Maven did not finish within {FETCH_SECONDS_MAX} s") from None
        if run.returncode:
            reason = next((line for line in run.stdout.splitlines() if "ERROR" in line), "no reason given")
            raise KafkaMissingError(f"Maven cannot fetch the jars: {reason[:200]}")
        if not jars.is_dir():  # another test run may have been quicker
            Path(folder, "jars").rename(jars)
