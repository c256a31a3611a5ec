"""A schema registry that speaks Confluent's interface: Apicurio Registry from Maven Central, kept in memory."""

import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.processes import end, free_ports, spawn, wait_until

_ARTIFACT = "io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all"
_CACHED = "io/apicurio/apicurio-registry-app/3.3.3/apicurio-registry-app-3.3.3-all.tar.gz"


class Registry:
    """Fetched by Maven and unpacked into `folder` when it is started. It needs Java 21 or later at `java`."""

    def __init__(self, folder: Path, java: str) -> None:
        self._folder = folder
        self._java = java
        self._process: subprocess.Popen[bytes] | None = None
        self.versions: dict[str, str] = {}

    def start(self) -> str:
        """Start it and return the address of its interface for Confluent's clients."""
        command = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={_ARTIFACT}", "-Dtransitive=false"]
        subprocess.run(command, check=True, timeout=600)
        with tarfile.open(Path.home() / ".m2" / "repository" / _CACHED) as archive:
            archive.extractall(self._folder, filter="data")
        (jar,) = self._folder.rglob("quarkus-run.jar")
        (port,) = free_ports(1)
        options = [
            "-Xmx384m",
            "-XX:+UseSerialGC",
            f"-Dquarkus.http.port={port}",
            "-Dquarkus.http.host=127.0.0.1",
        ]
        self._process = spawn(
            [self._java, *options, "-jar", str(jar)], log=self._folder / "registry.log", cwd=jar.parent
        )
        address = f"http://127.0.0.1:{port}/apis/ccompat/v7"
        wait_until(lambda: _answers(f"{address}/subjects"), what="the registry starts", seconds_max=120)
        self.versions = {"apicurio-registry-app": "3.3.3"}
        return address

    def stop(self) -> None:
        """End it; its schemas are gone."""
        if self._process is not None:
            end(self._process, seconds_max=10)
            self._process = None


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
