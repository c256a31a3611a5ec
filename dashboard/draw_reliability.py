"""Figures, incidents, habits and budgets as rows of lists, and what the Reliability page says first. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from collector import links
from collector.detect.measures import VERDICT_N_MIN, compare
from collector.report import words
from collector.report.figures import Figures, Line, impact_s
from collector.report.objectives import Kept
from collector.report.reliability import Part, Reliability, Step
from collector.report.scorecard import HABITS, REFERENCES, Card, Comparison, Finding, Reference
from collector.report.words import seconds, short
from dashboard.text import count, many, visible
from dashboard.trend_chart import Point
from schemas.incidents import Incident

FIGURES = "figures"
TONES = {"better": "good", "worse": "dead", "steady": "", "too few": "mute", "no data": "mute"}
FINDINGS: dict[Finding, tuple[str, str]] = {
    "in place": ("✓ in place", "good"),
    "partly": ("◐ partly", "retry"),
    "not in place": ("✖ not in place", "dead"),
    "unknown": ("unknown", "mute"),
}
INCIDENTS_SHOWN = 100
Rows = list[dict[str, Any]]


def say(found: Reliability) -> tuple[str, str, list[str]]:
    """Return level, sentence and details of the verdict."""
    now = found.everything.now
    if not now.incidents and not now.originals:
        return "none", f"No data {_when(found)}: nothing was seen, which is not zero.", []
    details = [note] if (note := words.watched_text(now)) else []
    if not now.incidents:
        records = count(now.originals)
        return "good", f"No incident {_when(found)}, in {records} records.", details
    restore = _line(found.everything, "restore")
    level = {"better": "good", "worse": "bad"}.get(restore.direction, "warn")
    sentence = f"{many(len(now.incidents), 'incident')} {_when(found)}"
    if restore.value is not None:
        sentence += f"; half of those that are over lasted at most {seconds(restore.value)}"
    sentence += {
        "better": f", less than before ({seconds(restore.before)}).",
        "worse": f", longer than before ({seconds(restore.before)}).",
        "steady": ", about as before.",
        "too few": ": too few to say whether it gets better.",
        "no data": ": there is nothing to compare with.",
    }[restore.direction]
    moved = [line for line in found.everything.lines if line.direction in ("better", "worse")]
    for direction in ("worse", "better"):
        names = [line.title for line in moved if line.direction == direction]
        if names:
            details.append(f"{direction.capitalize()} than before: {', '.join(names)}.")
    return level, sentence, details + _rest(now)


def _rest(now: Figures) -> list[str]:
    said = []
    if now.still_open:
        said.append(f"{count(len(now.still_open))} not over")
    if now.backfilled:
        said.append(f"{count(now.backfilled)} found in history, which nobody could have noticed in time")
    if now.folded:
        said.append(f"{count(now.folded)} more follow from one of these and are not counted")
    return [f"{'; '.join(said)}."] if said else []


def _when(found: Reliability) -> str:
    return words.when_text(found.period)


def _line(part: Part, name: str) -> Line:
    return next(line for line in part.lines if line.name == name)


def figure_list(found: Reliability, height: int) -> dict[str, Any]:
    """Return every figure now and before."""
    columns = [
        {"text": "Figure"},
        {"text": "now", "style": "number", "width": "112px"},
        {"text": "rests on", "style": "number", "width": "140px"},
        {"text": "before", "style": "number", "width": "112px"},
        {"text": "trend", "width": "124px"},
    ]
    days = (str(found.period.first), str(found.period.last))
    rows = [
        {"id": line.name, "href": links.to_figures(*days, line.name), "cells": _figure_cells(line)}
        for line in found.everything.lines
    ]
    return {"scope": FIGURES, "label": "Figures", "columns": columns, "rows": rows, "height": height}


def _figure_cells(line: Line) -> Rows:
    p90 = f"p90 {words.number(line.p90, line.unit)}" if line.p90 is not None else ""
    has = line.value is not None
    return [
        {"text": line.title, "under": line.definition.split(". ")[0].rstrip(".") + ".", "style": "strong"},
        {"text": words.value_text(line), "under": p90, "style": "" if has else "mute"},
        {"text": words.n_text(line) if has else "", "under": line.note},
        {
            "text": words.number(line.before, line.unit),
            "under": f"n = {count(line.before_n)}" if line.before_n else "",
            "style": "" if line.before is not None else "mute",
        },
        {"text": words.ARROWS[line.direction] + words.trend_text(line), "style": TONES[line.direction]},
    ]


def incident_list(incidents: Sequence[Incident], now: datetime, height: int) -> dict[str, Any]:
    """Return the incidents behind a figure, longest first."""
    ordered = sorted(incidents, key=lambda one: (-impact_s([one], now), one.incident_id))
    columns = [
        {"text": "Incident"},
        {"text": "began", "style": "time"},
        {"text": "lasted", "style": "number"},
    ]
    rows = [
        {
            "id": one.incident_id,
            "href": links.to_incident(one.incident_id),
            "cells": [
                {"text": visible(one.title, 120), "under": visible(_where(one), 120), "style": "strong"},
                {"text": f"{one.impact_time:%d %b %H:%M}"},
                {
                    "text": seconds((one.mitigated_time - one.impact_time).total_seconds())
                    if one.mitigated_time
                    else "not over",
                    "under": _noticed(one),
                    "style": "" if one.mitigated_time else "dead",
                },
            ],
        }
        for one in ordered[:INCIDENTS_SHOWN]
    ]
    return {"scope": "", "label": "Incidents", "columns": columns, "rows": rows, "height": height}


def _noticed(one: Incident) -> str:
    if one.backfilled or one.detected_time is None:
        return "found in history"
    return f"noticed after {short((one.detected_time - one.impact_time).total_seconds())}"


def _where(one: Incident) -> str:
    return " · ".join(filter(None, (one.topic, one.service or one.consumer_group, one.team)))


def part_list(found: Reliability, by: str, height: int) -> dict[str, Any]:
    """Return flows, topics, teams or services, those with the longest impact first."""
    columns = [
        {"text": by.title(), "width": "150px"},
        {"text": "incidents", "style": "number"},
        {"text": "lasted together", "style": "number"},
        {"text": "to detect", "style": "number"},
        {"text": "to acknowledge", "style": "number"},
        {"text": "to mitigate", "style": "number"},
        {"text": "to restore", "style": "number"},
        {"text": "trend", "width": "140px"},
        {"text": "drift incidents", "style": "number"},
        {"text": "changes failed", "style": "number"},
        {"text": "dead letters", "style": "number"},
    ]
    worst = max((impact_s(one.now.incidents, found.now) for one in found.parts), default=0.0) or 1.0
    rows = [
        {"id": one.name, **_part_link(one, by), "cells": _part_cells(one, found.now, worst)}
        for one in found.parts
    ]
    return {"scope": "", "label": f"Figures by {by}", "columns": columns, "rows": rows, "height": height}


def _part_link(one: Part, by: str) -> dict[str, str]:
    return {"href": links.to_topic(one.name)} if by == "topic" else {}


def _part_cells(one: Part, now: datetime, worst: float) -> Rows:
    total = impact_s(one.now.incidents, now)
    restore = _line(one, "restore")
    failed = one.now.change_failures
    dead: dict[str, Any] = {"text": words.number(one.now.dead_letter_rate, "per 1,000")}
    if one.key == "service":
        dead = {"text": "not counted by service", "style": "mute"}
    return [
        {"text": visible(one.name, 80), "style": "strong"},
        {"text": count(len(one.now.incidents))},
        {"text": short(total) if total else "none", "meter": total / worst, "meterStyle": "dead"},
        *(_time_cell(one.now, name) for name in ("detect", "acknowledge", "mitigate", "restore")),
        {
            "text": words.ARROWS[restore.direction] + words.trend_text(restore),
            "style": TONES[restore.direction],
        },
        {"text": count(len(one.now.drift)) if one.now.drift_per_quarter is not None else words.NO_DATA},
        {
            "text": words.number(failed.share, "share"),
            "under": f"{failed.count} of {failed.of}" if failed.of else "no deployment known",
            "style": "" if failed.of else "mute",
        },
        dead,
    ]


def _time_cell(now: Figures, name: str) -> dict[str, Any]:
    found = now.times[name]
    if found.median_s is None:
        return {"text": words.NO_DATA, "style": "mute"}
    few = "" if found.is_enough else "mute"
    return {"text": short(found.median_s), "under": f"p90 {short(found.p90_s)}, n = {found.n}", "style": few}


def points(found: Reliability, figure: str) -> list[Point]:
    """Return the trend of time to restore (`restore`), time to detect, drift incidents or dead letters."""
    return [_point(one, figure, is_before=one.period.end <= found.period.start) for one in found.steps]


def _point(one: Step, figure: str, *, is_before: bool) -> Point:
    value: float | None
    if figure in ("restore", "detect"):
        spread = one.restore if figure == "restore" else one.detect
        value, text, note, few = (
            spread.median_s,
            seconds(spread.median_s),
            f"n = {spread.n}",
            not spread.is_enough,
        )
    elif figure == "drift_incidents":
        value, text, note, few = float(one.drift), str(one.drift), many(one.incidents, "incident"), False
    else:
        value, few = one.dead_letter_rate, False
        text, note = words.number(value, "per 1,000"), ""
    if not one.is_watched:
        value, text = None, words.NO_DATA
    period = one.period
    return Point(period.start, period.end, f"{period.first:%d %b}", value, text, note, few, is_before)


def card_list(cards: Sequence[Card], height: int) -> dict[str, Any]:
    """Return the services with what was found of each habit."""
    columns = [
        {"text": "Service", "width": "130px"},
        *({"text": title} for title, _ in HABITS.values()),
        {"text": "deployments", "style": "number"},
        {"text": "to restore", "style": "number"},
        {"text": "drift", "style": "number"},
    ]
    rows = [
        {
            "id": card.service,
            "cells": [
                {"text": visible(card.service, 60), "under": many(card.events, "record"), "style": "strong"},
                *(_habit_cell(card, habit) for habit in HABITS),
                {"text": words.number(card.deployments_per_week, "a week")},
                _restore_cell(card),
                {"text": words.number(card.drift_per_quarter, "a quarter")},
            ],
        }
        for card in cards
    ]
    return {"scope": "", "label": "Discipline", "columns": columns, "rows": rows, "height": height}


def _habit_cell(card: Card, habit: Any) -> dict[str, Any]:
    found = card.habits[habit]
    text, tone = FINDINGS[found.finding]
    return {"text": text, "under": found.text, "style": tone}


def _restore_cell(card: Card) -> dict[str, Any]:
    restore = card.restore
    if restore.median_s is None:
        return {"text": words.NO_DATA, "style": "mute"}
    few = "" if restore.is_enough else "mute"
    return {"text": short(restore.median_s), "under": f"n = {restore.n}", "style": few}


def comparison_list(compared: Sequence[Comparison]) -> dict[str, Any]:
    """Return services with a habit beside those without, and the published values last."""
    columns = [
        {"text": "Habit"},
        {"text": "services with", "style": "number"},
        {"text": "without", "style": "number"},
        {"text": "deployments a week, with", "style": "number"},
        {"text": "without", "style": "number"},
        {"text": "time to restore, with", "style": "number"},
        {"text": "without", "style": "number"},
        {"text": "drift incidents a quarter, with", "style": "number"},
        {"text": "without", "style": "number"},
        {"text": "verdict", "width": "150px"},
    ]
    rows = [{"id": one.title, "cells": _comparison_cells(one)} for one in compared]
    rows += [{"id": reference.name, "cells": _reference_cells(reference)} for reference in REFERENCES]
    return {"scope": "", "label": "With and without", "columns": columns, "rows": rows}


def _comparison_cells(one: Comparison) -> Rows:
    groups = (one.having, one.lacking)
    return [
        {"text": one.title, "style": "strong"},
        *({"text": count(len(group.services))} for group in groups),
        *({"text": words.number(group.deployments_per_week, "").strip()} for group in groups),
        *({"text": short(group.restore.median_s), "under": f"n = {group.restore.n}"} for group in groups),
        *({"text": words.number(group.drift_per_quarter, "").strip()} for group in groups),
        {"text": _compared(one), "style": "mute"},
    ]


def _reference_cells(reference: Reference) -> Rows:
    """Return the published values, below those that are like them: with all three habits, or without."""
    values = (
        f"{reference.deployments_per_week:g}",
        f"{reference.restore_min:g} min",
        f"{reference.drift_per_quarter:g}",
    )
    cells: Rows = [
        {"text": f"Published: {reference.name}", "under": "unaudited", "style": "mute"},
        {"text": ""},
    ]
    cells.append({"text": ""})
    for value in values:
        pair = (value, "") if reference.has_habits else ("", value)
        cells += [{"text": text, "style": "mute"} for text in pair]
    return [*cells, {"text": "for orientation only", "style": "mute"}]


def _compared(one: Comparison) -> str:
    having, lacking = one.having.restore, one.lacking.restore
    if min(having.n, lacking.n) < VERDICT_N_MIN or having.median_s is None or lacking.median_s is None:
        return f"too few incidents to say ({having.n} and {lacking.n})"
    direction = compare(having, lacking)
    if direction == "better":
        return f"those with it were over in {having.median_s / lacking.median_s:.0%} of the time"
    return "about the same" if direction == "steady" else "those with it were slower"


def kept_list(kept: Sequence[Kept]) -> dict[str, Any]:
    """Return the objectives with what is left of their budgets."""
    columns = [
        {"text": "Objective"},
        {"text": "budget left", "style": "number", "width": "150px"},
        {"text": "bad", "style": "number"},
        {"text": "records", "style": "number"},
        {"text": "burn", "style": "number"},
        {"text": "burn, last day", "style": "number"},
    ]
    return {
        "scope": "",
        "label": "Error budgets",
        "columns": columns,
        "rows": [{"id": one.objective.name, "cells": _kept_cells(one)} for one in kept],
    }


def _kept_cells(one: Kept) -> Rows:
    objective, budget = one.objective, one.budget
    group = "" if objective.consumer_group == ".*" else f", group {objective.consumer_group}"
    aim = f"{objective.objective * 100:.6g} % of {objective.topic}{group} over {many(objective.window_days, 'day')}"
    if one.watched_days < objective.window_days - 1:
        aim += f"; {one.watched_days:.1f} days of it have any record"
    left: dict[str, Any] = {"text": words.NO_DATA, "style": "mute"}
    if budget.left is not None:
        tone = "dead" if budget.left < 0 else "retry" if budget.left < 0.25 else "good"
        left = {
            "text": f"{budget.left:.0%}",
            "style": tone,
            "meter": max(0.0, budget.left),
            "meterStyle": tone,
        }
    return [
        {"text": visible(objective.name, 80), "under": visible(aim, 160), "style": "strong"},
        left,
        {"text": count(budget.bad) if budget.total else ""},
        {"text": count(budget.total) if budget.total else "none"},
        {"text": _burn(budget.burn)},
        {"text": _burn(one.recent.burn)},
    ]


def _burn(burn: float | None) -> str:
    return words.NO_DATA if burn is None else f"{burn:.2g}"
