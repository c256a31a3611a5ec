"""The wheel, which is what the image holds: all of Headwater, nothing else, and it runs far from this tree."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from schemas.sql import migrations

ROOT = Path(__file__).parents[2]
PACKAGES = ("collector", "dashboard", "schemas")


def run(command: Sequence[object], folder: Path) -> str:
    """Run a command in `folder` with nothing of ours on Python's path; return what it printed."""
    ours = {"PYTHONPATH", "VIRTUAL_ENV", "HEADWATER_STORE"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,  # the assertion below says more
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as deploy/Dockerfile does."""
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it as deploy/Dockerfile does; return the folder of the environment's programs."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", "--without-pip", folder / "env"], folder)
    programs = folder / "env" / "bin"
    uv_install = [Path(sys.executable).with_name("uv"), "pip", "install", "--python", programs / "python"]
    wanted = ["-c", ROOT / "requirements.lock", "-r", ROOT / "pyproject.toml"]
    run([*uv_install, "--require-hashes", *wanted], folder)
    run([*uv_install, "--no-deps", wheel], folder)
    return programs


def test_holds_every_file_of_the_three_packages_and_no_other(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert held == expected


def test_shares_no_package_with_another_distribution(installed: Path, tmp_path: Path) -> None:
    ask = "from importlib.metadata import packages_distributions as p; print([p().get(n) for n in {names}])"

    printed = run([installed / "python", "-c", ask.format(names=PACKAGES)], tmp_path)

    assert printed.strip() == str([["headwater"]] * len(PACKAGES))


def test_shows_its_commands_from_any_folder(installed: Path, tmp_path: Path) -> None:
    shown = run([installed / "headwater", "--help"], tmp_path)

    assert {"up", "collect", "cascade", "dashboard"} <= set(shown.split())


def test_finds_its_statements_and_runs_a_store(installed: Path, tmp_path: Path) -> None:
    printed = run([installed / "headwater", "migrate", "--store", f"embedded:{tmp_path / 'store'}"], tmp_path)

    assert f"{len(migrations())} migrations applied." in printed


def test_finds_its_dashboard(installed: Path, tmp_path: Path) -> None:
    ask = "from collector.commands.dashboard import app_script; print(app_script())"

    script = Path(run([installed / "python", "-c", ask], tmp_path).strip())

    assert script.is_relative_to(installed.parent)
    assert (script.parent / ".streamlit" / "config.toml").is_file()
