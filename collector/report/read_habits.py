"""What services were seen to do, for the scorecard."""

from datetime import datetime, timedelta
from typing import Any

from collector.report.scorecard import Habits, Wire
from collector.storage.api import Store

LOOKED_AT = timedelta(days=7)
"""Of a long range only its end: habits are what a service does now, and some are looked up event by event."""
ORDERED_MAX = 200_000


def read_habits(store: Store, since: datetime, until: datetime, now: datetime) -> Habits:
    """Return what was observed in the end of [since, until), as far as it is not to come; dead letters in all of it."""
    end = min(until, now)
    recently = max(since, end - LOOKED_AT)
    span = {"since": since, "until": until}
    recent = {"since": recently, "until": end}
    return Habits(
        since=recently,
        until=end,
        wire=_wire(store.query("habit_wire", recent)),
        order={
            row["service"]: (row["compared"], row["late"])
            for row in store.query("habit_order", {**recent, "rows_max": ORDERED_MAX})
        },
        duplicates={
            row["service"]: (row["seen"], row["doubled"], row["example"])
            for row in store.query("habit_idempotency", recent)
        },
        dead_letters={
            row["service"]: (row["dead_letters"], row["last_event"])
            for row in store.query("habit_dead_letters", span)
        },
        linked={row["service"]: row["linked"] for row in store.query("habit_links", recent)},
    )


def _wire(rows: list[dict[str, Any]]) -> dict[str, Wire]:
    return {
        row["service"]: Wire(
            events=row["events"],
            copies=row["copies"],
            schema_ids=row["schema_ids"],
            message_ids=row["message_ids"],
            outbox_ids=row["outbox_ids"],
            claims=row["claims"],
        )
        for row in rows
    }
