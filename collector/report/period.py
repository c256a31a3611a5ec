"""Weeks and ranges of days. A day begins at midnight in the zone that is asked for, whatever the clocks do. Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.errors import SettingsError

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)
_WEEK_DAYS = 7
DAYS_USUAL = 28
DAYS_MAX = 731


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of `zone`, from the first up to and without `after`."""

    first: date
    after: date
    zone: tzinfo = field(default=UTC)

    @property
    def start(self) -> datetime:
        """The first moment, in UTC."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in it, in UTC. A day with a change of clocks is 23 or 25 hours."""
        return _midnight(self.after, self.zone)

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.after - self.first).days

    @property
    def name(self) -> str:
        """What people call it: an ISO week, else its first and last day."""
        if self.days == _WEEK_DAYS and self.first.isoweekday() == 1:
            return week_name(self.first)
        return f"{self.first} to {self.last}" if self.last > self.first else f"{self.first}"

    @property
    def last(self) -> date:
        """The last day."""
        return self.after - timedelta(days=1)

    def before(self, steps: int = 1) -> "Period":
        """Return the period of the same number of days that ends where this one begins, or further back."""
        back = timedelta(days=self.days * steps)
        return Period(self.first - back, self.after - back, self.zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def zone_of(name: str) -> tzinfo:
    """Return a time zone by its name. Raises SettingsError for one that this machine does not know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(
            f"There is no time zone called {name!r}. Write UTC or, e.g., Europe/Berlin."
        ) from None


def week(text: str, zone: tzinfo = UTC) -> Period:
    """Read `2026-W47`. Raises SettingsError for what is no week, e.g. week 53 of a year with 52."""
    match = _WEEK.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        raise SettingsError(f"{text[:40]!r} is not a week. Write it as 2026-W47.") from None
    return Period(monday, monday + timedelta(days=_WEEK_DAYS), zone)


def week_of(moment: datetime, zone: tzinfo = UTC) -> Period:
    """Return the ISO week in which a moment lies."""
    day = moment.astimezone(zone).date()
    monday = day - timedelta(days=day.isoweekday() - 1)
    return Period(monday, monday + timedelta(days=_WEEK_DAYS), zone)


def last_whole_week(now: datetime, zone: tzinfo = UTC) -> Period:
    """Return the newest week that is over."""
    return week_of(now, zone).before()


def week_name(day: date) -> str:
    """Return `2026-W47`."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"


def last_days(now: datetime, days: int, zone: tzinfo = UTC) -> Period:
    """Return the last `days` days, today among them."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return Period(tomorrow - timedelta(days=days), tomorrow, zone)


def days_between(first: str | None, last: str | None, now: datetime, zone: tzinfo = UTC) -> Period:
    """Return the days from `first` to `last` (2026-11-16, both included); without, the last 28 up to today.

    Raises SettingsError for what is no day, for an empty range and for one of more than DAYS_MAX.
    """
    after = (_day(last) if last else now.astimezone(zone).date()) + timedelta(days=1)
    period = Period(_day(first) if first else after - timedelta(days=DAYS_USUAL), after, zone)
    if not 0 < period.days <= DAYS_MAX:
        raise SettingsError(f"The range has {period.days} days. It may have 1 to {DAYS_MAX}.")
    return period


def named(text: str, now: datetime, days_usual: int, zone: tzinfo = UTC) -> Period | None:
    """Read `2026-W47`, `2026-11-16..2026-11-22` or nothing, which is the last days; None for anything else."""
    first, dots, last = text.strip().partition("..")
    try:
        if not first:
            return last_days(now, days_usual, zone) if not dots else None
        return days_between(first, last, now, zone) if last else week(first, zone)
    except SettingsError:
        return None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise SettingsError(f"{text[:40]!r} is not a day. Write it as 2026-11-16.") from None


def steps_of(period: Period) -> list[Period]:
    """Cut a period into steps that a trend can show: days up to two weeks, else weeks from its end backwards."""
    size = 1 if period.days <= 2 * _WEEK_DAYS else _WEEK_DAYS
    steps = []
    after = period.after
    while after > period.first:
        first = max(period.first, after - timedelta(days=size))
        steps.append(Period(first, after, period.zone))
        after = first
    return steps[::-1]
