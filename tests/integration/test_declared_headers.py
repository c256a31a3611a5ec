"""A company's own headers, declared in headwater.toml and used as a user does: by doctor, and by the collector."""

import os
import subprocess

from tests.integration.conftest import Setup
from tests.support.headwater import COMMAND, environment_of
from tests.support.produce import Sent, send

DECLARED = """
[[headers]]
key = "x-acme-id"
meaning = "message id"
namespace = "acme"

[[headers]]
key = "x-acme-cause"
meaning = "causation id"
namespace = "acme"
"""


def test_declared_headers_are_understood_and_link(any_setup: Setup) -> None:
    setup = any_setup
    orders, payments = setup.topic("orders"), setup.topic("payments")
    (cause,) = send(setup.bootstrap, [Sent(orders, headers=[("x-acme-id", b"7")])])
    (effect,) = send(setup.bootstrap, [Sent(payments, headers=[("x-acme-id", b"8"), ("x-acme-cause", b"7")])])
    folder = setup.folder / "collector-0"
    folder.mkdir()

    before = doctor(setup, payments)
    (folder / "headwater.toml").write_text(DECLARED)
    after = doctor(setup, payments)
    setup.collector().run_once()

    assert "100%  x-acme-cause: not understood" in before
    assert "0%  name their cause" in before
    assert "100%  x-acme-cause: causation id (yours)" in after
    assert "100%  name their cause" in after
    assert setup.database.edges() == [(cause, effect)]


def doctor(setup: Setup, topic: str) -> str:
    """Return what `headwater doctor --sample` prints, run where the collector will run."""
    run = subprocess.run(
        [*COMMAND, "doctor", "--sample", topic],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=setup.folder / "collector-0",
        env={**os.environ, **environment_of({"bootstrap_servers": setup.bootstrap}), "COLUMNS": "200"},
    )
    return run.stdout
