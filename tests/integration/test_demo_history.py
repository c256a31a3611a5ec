"""The past on a broker: times in the past, offsets as foretold, and the present goes on from there."""

import asyncio
import io
import json
import time
from pathlib import Path

from rich.console import Console

from collector.demo.broker import broker
from collector.demo.run import run
from collector.demo.show import Show
from collector.demo.stage import Plan
from collector.settings import load
from tests.integration.test_demo_company import read_everything

DAYS = 2.0


async def test_history_comes_first_and_the_present_never_reads_it_again(tmp_path: Path) -> None:
    began_s = time.time()
    async with broker(tmp_path / "broker.log") as address:
        plan = Plan(
            rate=5, seconds=4, history_days=DAYS, headwater=False, data=tmp_path, truth=tmp_path / "truth"
        )
        show = Show(Console(file=io.StringIO()), time.monotonic())
        await run(plan, load(bootstrap_servers=address), show, asyncio.Event())
        records = await read_everything(address)
    lines = [json.loads(line) for line in (tmp_path / "truth").read_text().splitlines()]

    assert {line["effect"] for line in lines} == set(records)
    past = {name for name, record in records.items() if record.timestamp < (began_s - 30) * 1000}
    assert len(past) > 5_000
    assert min(record.timestamp for record in records.values()) >= (began_s - DAYS * 86_400 - 60) * 1000
    present = set(records) - past
    assert present
    assert all(
        line["cause"] is None or line["cause"] in present for line in lines if line["effect"] in present
    )
    numbers = [line["effect"].rsplit("/", 1) for line in lines]
    assert len({(place, int(offset)) for place, offset in numbers}) == len(records)
