"""Figures as a person says them: the same in the command, on the page and in the report. Pure."""

from datetime import timedelta

from collector.detect.measures import Direction, Durations
from collector.report.figures import Figures, Line
from collector.report.objectives import Kept
from collector.report.period import Period
from collector.words import count, duration, many

NO_DATA = "no data"
_A_DAY = timedelta(days=1)
DIRECTIONS: dict[Direction, str] = {
    "better": "better",
    "worse": "worse",
    "steady": "about the same",
    "too few": "too few to say",
    "no data": "no comparison",
}
ARROWS: dict[Direction, str] = {"better": "▲ ", "worse": "▼ ", "steady": "", "too few": "", "no data": ""}
COUNTED: dict[str, str] = {
    "deployment_frequency": "deployment",
    "change_failure_rate": "deployment",
    "failed_deployment_recovery": "failed deployment",
    "drift_incidents": "incident",
    "dead_letter_rate": "dead letter",
}
VERDICTS_NOTE = (
    "A verdict needs a change of at least a fifth, and at least five on both sides (of drift and dead letters: five "
    "that came, or that were to be expected). No data is not zero: it means that nothing was there to measure."
)


def seconds(value_s: float | None) -> str:
    """Return a length of time, or that there is none."""
    return NO_DATA if value_s is None else duration(value_s * 1_000)


def short(value_s: float | None) -> str:
    """Return a length of time in one unit, for where there is little room."""
    if value_s is None:
        return NO_DATA
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value_s >= size:
            many_ = value_s / size
            return f"{many_:.0f} {unit}" if many_ >= 10 or unit == "min" else f"{many_:.1f} {unit}"
    return f"{value_s:.0f} s"


def number(value: float | None, unit: str) -> str:
    """Return a figure with its unit, as precise as it deserves."""
    if value is None:
        return NO_DATA
    if unit == "s":
        return seconds(value)
    if unit == "share":
        return f"{value:.0%}" if value >= 0.095 or not value else f"{value:.1%}"
    if 0 < value < 0.05:
        return f"<0.1 {unit}"
    return f"{count(value) if value >= 100 else f'{value:.1f}'.removesuffix('.0')} {unit}"


def value_text(line: Line) -> str:
    """Return what a figure is now."""
    return number(line.value, line.unit)


def before_text(line: Line) -> str:
    """Return what it was before, and on how many that rests."""
    return number(line.before, line.unit) + (f" (n = {count(line.before_n)})" if line.before_n else "")


def n_text(line: Line) -> str:
    """Return on how many incidents, deployments or dead letters a figure rests."""
    return many(line.n, COUNTED.get(line.name, "incident"))


def trend_text(line: Line) -> str:
    """Return the verdict in words."""
    return DIRECTIONS[line.direction]


def spread_text(found: Durations) -> str:
    """Return median, 90th percentile and number of some times in one line."""
    if found.median_s is None:
        return NO_DATA
    return f"{seconds(found.median_s)} (p90 {seconds(found.p90_s)}, n = {found.n})"


def watched_text(found: Figures) -> str:
    """Return what to know of a period that was not watched as a whole; empty where it was, but for a day."""
    period = found.period
    if found.watched is None:
        return "Less than a day of this time has any record: rates per week and quarter are not given."
    start, end = found.watched
    said = []
    if start > period.start:
        said.append(f"the first record is of {start:%d %b %Y %H:%M} UTC")
    if period.end - end > _A_DAY:
        said.append("this time is not over")
    if not said:
        return ""
    days = (end - start) / _A_DAY
    return f"{_sentence(said)}: rates are of {days:.1f} days of {period.days}."


def _sentence(parts: list[str]) -> str:
    text = ", and ".join(parts)
    return text[0].upper() + text[1:]


def period_text(period: Period) -> str:
    """Return a period in words: week 47 of 2026 (16 to 22 November)."""
    first, last = period.first, period.last
    if first == last:
        days = f"{first.day} {first:%B %Y}"
    elif (first.month, first.year) == (last.month, last.year):
        days = f"{first.day} to {last.day} {last:%B %Y}"
    elif first.year == last.year:
        days = f"{first.day} {first:%B} to {last.day} {last:%B %Y}"
    else:
        days = f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
    if "-W" in period.name:
        year, _, week = period.name.partition("-W")
        return f"week {int(week)} of {year} ({days})"
    return days


def when_text(period: Period) -> str:
    """Return when something was, for a sentence: in week 47 of 2026 (…), from 1 to 5 May 2026, on 1 May 2026."""
    before = "in" if "-W" in period.name else "on" if period.days == 1 else "from"
    return f"{before} {period_text(period)}"


def kept_text(one: Kept) -> str:
    """Return how an objective was kept, in one line."""
    objective, budget = one.objective, one.budget
    aim = f"{objective.objective * 100:.6g} % over {many(objective.window_days, 'day')}"
    if budget.left is None or budget.burn is None:
        return f"{aim}: {NO_DATA}, as no record of it came"
    said = f"{aim}: {budget.left:.0%} of the budget left ({count(budget.bad)} bad of {count(budget.total)})"
    said += f", burn {budget.burn:.2g}"
    if one.recent.burn is not None:
        said += f", {one.recent.burn:.2g} in the last day"
    if one.watched_days < objective.window_days - 1:
        said += f"; only {one.watched_days:.1f} days of it have any record"
    return said
