"""What deploy/ names exists in the code. No container is run here."""

import re
from typing import Any

import pytest
import yaml
from typer.main import get_command

from collector.cli import app
from collector.settings import Settings
from tests.unit.docs.generate import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
COMMANDS = set(get_command(app).commands)  # type: ignore[attr-defined]
SETTINGS = {f"HEADWATER_{name.upper()}" for name in Settings.model_fields}
OURS = ("collector", "watcher", "receiver", "dashboard")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def instructions(name: str) -> list[str]:
    """Return the arguments of every `name` instruction of the Dockerfile, continued lines joined."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return [line.partition(" ")[2].strip() for line in text.splitlines() if line.startswith(f"{name} ")]


def test_compose_runs_kafka_clickhouse_and_all_of_headwater(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"kafka", "clickhouse", *OURS}


@pytest.mark.parametrize("service", OURS)
def test_our_services_run_a_command_that_exists(compose: dict[str, Any], service: str) -> None:
    told = compose["services"][service]
    program, command = told.get("healthcheck", {}).get("test", ["CMD", "headwater", "up"])[1:]

    assert set(told["command"]) <= COMMANDS
    assert program == "headwater"
    assert command in COMMANDS


@pytest.mark.parametrize("service", OURS)
def test_our_services_set_nothing_but_settings_that_exist(compose: dict[str, Any], service: str) -> None:
    environment = compose["services"][service]["environment"]

    assert set(environment) <= SETTINGS
    assert {"HEADWATER_STORE"} <= set(environment)


def test_our_services_are_built_from_files_that_exist(compose: dict[str, Any]) -> None:
    for service in OURS:
        build = compose["services"][service]["build"]
        context = DEPLOY / build["context"]
        assert context.resolve() == ROOT
        assert (context / build["dockerfile"]).resolve() == DOCKERFILE


def test_every_service_says_how_healthy_it_is_and_what_it_waits_for(compose: dict[str, Any]) -> None:
    services = compose["services"]
    of_the_image = {"dashboard"} if instructions("HEALTHCHECK") else set()

    assert {name for name, service in services.items() if "healthcheck" in service} | of_the_image == set(
        services
    )
    for service in services.values():
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "test" in services[other]["healthcheck"]


def test_every_volume_is_declared_and_used(compose: dict[str, Any]) -> None:
    used = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
    }

    assert used == set(compose["volumes"])


def test_ports_are_published_on_loopback_only(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]

    assert published
    assert all(str(port).startswith("127.0.0.1:") for port in published)


def test_the_password_is_in_the_environment_and_has_no_default() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    uses = re.findall(r"\$\{CLICKHOUSE_PASSWORD([^}]*)\}", text)

    assert "CLICKHOUSE_PASSWORD: ${CLICKHOUSE_PASSWORD:?" in text
    assert all(use == "" or use.startswith(":?") for use in uses)


def test_the_dockerfile_copies_what_exists_and_what_its_ignore_file_lets_through() -> None:
    copied = [
        part for copy in instructions("COPY") if not copy.startswith("--from") for part in copy.split()[:-1]
    ]
    let_through = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line[:1] == "!"
    }

    assert copied
    assert all((ROOT / name).exists() for name in copied)
    assert set(copied) == let_through


def test_the_image_sets_nothing_but_settings_that_exist_and_runs_a_command_that_does() -> None:
    named = set(re.findall(r"\bHEADWATER_\w+", DOCKERFILE.read_text()))

    assert named
    assert named <= SETTINGS
    assert instructions("CMD") == ['["up"]']
    assert "up" in COMMANDS


def test_the_image_does_not_run_as_root_and_installs_by_hash() -> None:
    installs = [command for command in instructions("RUN") if "pip install" in command]

    assert instructions("USER") == ["headwater"]
    assert [
        install for install in installs if "--require-hashes" not in install and "--no-deps" not in install
    ] == []


def test_the_ports_of_image_and_compose_are_where_we_listen(compose: dict[str, Any]) -> None:
    ports = {
        service: str(Settings.model_fields[f"{setting}_port"].default)
        for service, setting in (("dashboard", "dashboard"), ("receiver", "http"))
    }

    assert instructions("EXPOSE") == [" ".join(ports.values())]
    for service, port in ports.items():
        assert compose["services"][service]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"HEADWATER_DASHBOARD_PORT={ports['dashboard']}" in DOCKERFILE.read_text()
    assert f"HEADWATER_HTTP_PORT={ports['receiver']}" in DOCKERFILE.read_text()


def test_the_readme_of_deploy_links_to_what_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)", (DEPLOY / "README.md").read_text())

    assert links
    assert [link for link in links if not (DEPLOY / link).exists()] == []


def test_the_headwater_commands_in_deploy_exist() -> None:
    used = re.findall(r"bin/headwater (\w+)", (DEPLOY / "README.md").read_text())

    assert used
    assert set(used) <= COMMANDS
