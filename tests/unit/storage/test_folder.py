"""Who has a folder, and how to reach them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector.errors import StoreLockedError
from collector.storage.folder import (
    FolderLock,
    ServerState,
    engine_holder,
    holder,
    is_locked,
    read_state,
    write_state,
)
from tests.support.headwater import ROOT

STATE = ServerState(pid=1, port=2, password="three")
HOLD = """
import sys, pathlib
from collector.storage.folder import FolderLock
with FolderLock(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)

    assert read_state(tmp_path) == STATE
    assert os.listdir(tmp_path) == ["store.json"]  # noqa: PTH208 - names are what counts


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"pid": 1}', b'{"pid": "x", "port": 1, "password": ""}', b"\xff"]
)
def test_a_state_that_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    assert read_state(tmp_path) is None

    (tmp_path / "store.json").write_bytes(content)

    assert read_state(tmp_path) is None


def test_a_lock_is_seen_while_it_is_held_and_not_after(tmp_path: Path) -> None:
    assert not is_locked(tmp_path)

    with FolderLock(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(StoreLockedError, match=f"in use by process {os.getpid()} "), FolderLock(tmp_path):
            pass
        assert is_locked(tmp_path)

    assert not is_locked(tmp_path)


def test_looking_does_not_take_the_lock_from_anybody(tmp_path: Path) -> None:
    for _ in range(3):
        assert not is_locked(tmp_path)
        with FolderLock(tmp_path):
            assert is_locked(tmp_path)


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert is_locked(tmp_path)
        assert holder(tmp_path).startswith(f"process {other.pid} (")

        other.kill()
        other.wait()

    assert not is_locked(tmp_path)


def test_a_holder_that_cannot_be_seen_is_another_process(tmp_path: Path) -> None:
    assert holder(tmp_path) == "another process"
    (tmp_path / "store.lock").write_text("99999999")

    assert holder(tmp_path) == "another process"


def test_nobody_has_an_engine_that_is_not_there(tmp_path: Path) -> None:
    assert engine_holder(tmp_path / "no" / "where") == ""
