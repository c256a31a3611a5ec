"""A collector's vital signs, written to the store for the Collector page."""

import asyncio

import psutil
import pyarrow as pa
import structlog

from collector.consume.reader import TopicReader
from collector.errors import HeadwaterError
from collector.pipeline import ClockMs, Pipeline
from collector.storage.api import Store
from schemas import arrow

log = structlog.get_logger()

_PERIOD_S = 2.0


class StatusReporter:
    """Writes status and progress every few seconds. Losing a row of it is no harm."""

    def __init__(
        self, store: Store, pipeline: Pipeline, reader: TopicReader, collector: str, now_ms: ClockMs
    ) -> None:
        self._store = store
        self._pipeline = pipeline
        self._reader = reader
        self._collector = collector
        self._now_ms = now_ms
        self._before = (now_ms(), 0)
        self._process = psutil.Process()

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            await asyncio.sleep(_PERIOD_S)
            await self.report()

    async def report(self) -> None:
        """Write one status row and one row per partition."""
        now_ms = self._now_ms()
        status, partitions = self._status(now_ms), self._partitions(now_ms)
        try:
            await asyncio.to_thread(
                self._store.insert, "collector_status", status, token=f"{self._collector}-{now_ms}"
            )
            await asyncio.to_thread(
                self._store.insert,
                "collector_partitions",
                partitions,
                token=f"{self._collector}-{now_ms}-partitions",
            )
        except HeadwaterError as error:
            log.debug("status not written", reason=str(error))

    def _status(self, now_ms: int) -> pa.Table:
        progress = self._pipeline.progress
        before_ms, before_records = self._before
        self._before = (now_ms, progress.records)
        buffered_records, buffered_bytes = self._pipeline.buffered
        row = {
            "collector": self._collector,
            "observed_time": now_ms,
            "started_time": progress.started_ms,
            "records_total": progress.records,
            "bytes_total": progress.bytes,
            "errors_total": progress.errors,
            "records_per_second": (progress.records - before_records)
            / max(0.001, (now_ms - before_ms) / 1e3),
            "flush_ms": progress.flush_ms,
            "link_ms": progress.link_ms,
            "buffered_records": buffered_records,
            "buffered_bytes": buffered_bytes,
            "assigned_partitions": len(self._reader.assignment()),
            "rss_bytes": self._process.memory_info().rss,
            "state": progress.state,
        }
        return pa.Table.from_pylist([row], schema=arrow.COLLECTOR_STATUS)

    def _partitions(self, now_ms: int) -> pa.Table:
        rows = []
        for place, committed in self._pipeline.progress.committed.items():
            end = self._reader.end_offset(place) if place in self._reader.assignment() else None
            if end is not None:
                rows.append(
                    {
                        "topic": place.topic,
                        "partition": place.partition,
                        "observed_time": now_ms,
                        "collector": self._collector,
                        "committed_offset": committed,
                        "end_offset": max(end, committed),
                        "paused": place in self._reader.consumer.paused(),
                    }
                )
        return pa.Table.from_pylist(rows, schema=arrow.COLLECTOR_PARTITIONS)
