"""The figures of a range of days beside those of the range before: what the page, the command and exports show."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.detect.measures import Durations
from collector.report.facts import Facts, read_facts
from collector.report.figures import Figures, Key, Line, Selection, figures, lines, names
from collector.report.objectives import Kept, read_kept
from collector.report.period import Period, steps_of
from collector.settings import Objective
from collector.storage.api import Store
from collector.words import visible

PARTS_MAX = 200
CSV_COLUMNS = (
    "by", "name", "figure", "title", "unit", "value", "p90", "n", "before", "before_n", "trend", "note",
    "from", "to", "before_from", "before_to", "definition",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one flow, topic, team or service; of everything, where `key` is None."""

    key: Key | None
    name: str
    now: Figures
    before: Figures
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trend; figures as in `Figures`, None and n = 0 where nothing was measured."""

    period: Period
    detect: Durations
    restore: Durations
    incidents: int
    drift: int
    dead_letter_rate: float | None
    is_watched: bool


@dataclass(frozen=True, slots=True)
class Reliability:
    """A period, the one of the same length before it, and the steps of both, oldest first."""

    now: datetime
    period: Period
    before: Period
    everything: Part
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    kept: tuple[Kept, ...]
    facts: Facts


def read_reliability(
    store: Store,
    period: Period,
    now: datetime,
    *,
    by: Key | None = None,
    flows: Mapping[str, str] | None = None,
    teams: Mapping[str, str] | None = None,
    objectives: Sequence[Objective] = (),
) -> Reliability:
    """Return the figures of `period`. Budgets are of the windows that end with it, or now where it is not over."""
    before = period.before()
    facts = read_facts(store, [*steps_of(before), *steps_of(period)], now, flows=flows, teams=teams)
    kept = read_kept(store, objectives, min(now, period.end)) if objectives else []
    return judge(facts, period, by=by, kept=kept)


def judge(facts: Facts, period: Period, *, by: Key | None = None, kept: Sequence[Kept] = ()) -> Reliability:
    """Return what facts say of `period`; they have the one before it as well. Pure."""
    chosen = [Selection(by, name) for name in names(facts, period, by)[:PARTS_MAX]] if by else []
    return Reliability(
        now=facts.now,
        period=period,
        before=period.before(),
        everything=part(facts, period, period.before(), Selection()),
        parts=tuple(part(facts, period, period.before(), one) for one in chosen),
        steps=tuple(step(facts, one) for one in facts.steps),
        kept=tuple(kept),
        facts=facts,
    )


def part(facts: Facts, period: Period, before: Period, selection: Selection) -> Part:
    """Return the figures of a selection in two periods."""
    now, then = figures(facts, period, selection), figures(facts, before, selection)
    return Part(selection.key, selection.value, now, then, tuple(lines(now, then)))


def step(facts: Facts, period: Period) -> Step:
    """Return one step of the trends."""
    found = figures(facts, period)
    return Step(
        period=period,
        detect=found.times["detect"],
        restore=found.times["restore"],
        incidents=len(found.incidents),
        drift=len(found.drift),
        dead_letter_rate=found.dead_letter_rate,
        is_watched=bool(facts.first_time and period.end > facts.first_time and period.start < facts.now),
    )


def document(found: Reliability) -> dict[str, Any]:
    """Return the JSON document that programs get: text that is not known and numbers without data are null."""
    return {
        "from": found.period.start,
        "to": found.period.end,
        "before_from": found.before.start,
        "before_to": found.before.end,
        "as_of": found.now,
        "first_record": found.facts.first_time,
        **_part_document(found.everything),
        "parts": [
            {"by": one.key, "name": one.name, **_part_document(one)} for one in found.parts
        ],
        "objectives": [kept_document(one) for one in found.kept],
        "trend": [
            {
                "from": one.period.start,
                "to": one.period.end,
                "restore_median_s": one.restore.median_s,
                "restore_p90_s": one.restore.p90_s,
                "restore_n": one.restore.n,
                "detect_median_s": one.detect.median_s,
                "detect_n": one.detect.n,
                "incidents": one.incidents if one.is_watched else None,
                "drift_incidents": one.drift if one.is_watched else None,
                "dead_letters_per_1000": one.dead_letter_rate,
            }
            for one in found.steps
        ],
    }  # fmt: skip


def _part_document(one: Part) -> dict[str, Any]:
    return {
        "incidents": len(one.now.incidents),
        "still_open": len(one.now.still_open),
        "found_in_history": one.now.backfilled,
        "folded_into_others": one.now.folded,
        "withdrawn": one.now.withdrawn,
        "figures": [
            {
                "figure": line.name,
                "title": line.title,
                "unit": line.unit,
                "value": line.value,
                "p90": line.p90,
                "n": line.n,
                "before": line.before,
                "before_n": line.before_n,
                "trend": line.direction,
                "note": line.note or None,
                "definition": line.definition,
                "incidents": list(line.incidents),
            }
            for line in one.lines
        ],
    }


def kept_document(one: Kept) -> dict[str, Any]:
    """Return how an objective was kept, for programs."""
    return {
        "name": one.objective.name,
        "objective": one.objective.objective,
        "topic": one.objective.topic,
        "consumer_group": one.objective.consumer_group,
        "window_days": one.objective.window_days,
        "watched_days": round(one.watched_days, 2),
        "bad": one.budget.bad,
        "total": one.budget.total,
        "budget_left": one.budget.left,
        "burn": one.budget.burn,
        "burn_last_day": one.recent.burn,
    }


def csv_text(found: Reliability) -> str:
    """Return every figure as a line of CSV; a number without data is an empty cell.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in (found.everything, *found.parts):
        writer.writerows(_csv_rows(found, one))
    return out.getvalue()


def _csv_rows(found: Reliability, one: Part) -> Iterable[dict[str, Any]]:
    for line in one.lines:
        yield {
            "by": one.key or "",
            "name": _harmless(one.name),
            "figure": line.name,
            "title": line.title,
            "unit": line.unit,
            "value": _cell(line.value),
            "p90": _cell(line.p90),
            "n": line.n,
            "before": _cell(line.before),
            "before_n": line.before_n,
            "trend": line.direction,
            "note": line.note,
            "from": found.period.start.isoformat(),
            "to": found.period.end.isoformat(),
            "before_from": found.before.start.isoformat(),
            "before_to": found.before.end.isoformat(),
            "definition": line.definition,
        }


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _harmless(name: str) -> str:
    text = visible(name)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
