"""Which processes Headwater runs, and where its dashboard listens."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.errors import SettingsError
from collector.parts import choose_dashboard_port, dashboard_url, logs_folder, parts
from collector.settings import load


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_an_embedded_store_runs_first_and_a_server_runs_by_itself(tmp_path: Path) -> None:
    embedded = parts(load(store=f"embedded:{tmp_path}"), {}, dashboard_port=8501, http_port=4318)
    server = parts(load(store="http://default@localhost:8123/x"), {}, dashboard_port=None, http_port=4318)

    assert [child.name for child in embedded] == ["store", "collector", "watcher", "receiver", "dashboard"]
    assert [child.name for child in server] == ["collector", "watcher", "receiver"]


def test_children_get_what_the_flags_say(tmp_path: Path) -> None:
    children = parts(
        load(store=f"embedded:{tmp_path}"), {"HEADWATER_GROUP_ID": "x"}, dashboard_port=9000, http_port=9001
    )

    assert {child.environment["HEADWATER_GROUP_ID"] for child in children} == {"x"}
    assert children[-1].environment["HEADWATER_DASHBOARD_PORT"] == "9000"
    assert children[-2].environment["HEADWATER_HTTP_PORT"] == "9001"


def test_logs_are_kept_beside_the_embedded_store(tmp_path: Path) -> None:
    assert logs_folder(load(store=f"embedded:{tmp_path}?database=x")) == tmp_path.resolve() / "logs"


def test_a_port_that_somebody_chose_and_that_is_taken_is_a_sentence(taken: int) -> None:
    with pytest.raises(SettingsError, match=f"cannot listen on port {taken}"):
        choose_dashboard_port(load(dashboard_port=taken))


def test_instead_of_a_default_port_that_is_taken_the_next_is_used(taken: int) -> None:
    default = load().model_copy(update={"dashboard_port": taken})
    default.model_fields_set.discard("dashboard_port")

    assert choose_dashboard_port(default) > taken


def test_port_zero_is_a_free_one() -> None:
    port = choose_dashboard_port(load(dashboard_port=0))

    with socket.socket() as mine:
        mine.bind(("127.0.0.1", port))


def test_the_address_is_one_that_a_browser_can_open() -> None:
    assert dashboard_url(load(dashboard_host="0.0.0.0"), 8501) == "http://127.0.0.1:8501"
