"""Vega-Lite specifications as plain dictionaries. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

RED = "#e5484d"
BLUE = "#4f83cc"
AMBER = "#c67f00"
_TEXT_SHARE = 0.3  # of the width: about what a text takes
_AXIS_WIDTH = 48  # the same on every chart of a page, so that times stand below each other
_TICK_EVERY_MINUTE_S = 600
_ROOM_FOR_TEXT = 1.3
NOUGHT_IS_NOUGHT = "datum.value === 0 ? '0' : datum.label"  # in thousands it would be 0k


def rate_bars(
    rows: Sequence[dict[str, Any]],
    field: str,
    title: str,
    *,
    now: datetime,
    window: timedelta,
    step_s: int,
    colour: str = BLUE,
    height: int = 130,
    times: bool = True,
    changes: Sequence[tuple[datetime, str]] = (),
) -> dict[str, Any]:
    """Draw `field` of `rows` (with `step`, UTC) as bars per minute; `changes` as dashed lines with a text.

    A step without a row has no bar. The running step is pale: it is not over yet.
    """
    values = [
        {
            "from": row["step"].isoformat(),
            "to": (row["step"] + timedelta(seconds=step_s)).isoformat(),
            "value": row[field] * 60 / step_s,
            "running": row["step"] + timedelta(seconds=step_s) > now,
        }
        for row in rows
    ]
    x = _time_axis(times)
    highest = max((value["value"] for value in values), default=0)
    y = _value_axis("value", title, is_nought=not highest)
    if changes and highest:  # room above the bars for what the lines say
        y["scale"]["domainMax"] = highest * _ROOM_FOR_TEXT
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar", "color": colour},
        "encoding": {
            "x": {**x, "field": "from"},
            "x2": {"field": "to"},
            "y": y,
            "y2": {"datum": 0},
            "opacity": {"condition": {"test": "datum.running", "value": 0.35}, "value": 0.85},
            "tooltip": [
                {
                    "field": "from",
                    "type": "temporal",
                    "format": "%H:%M",
                    "scale": {"type": "utc"},
                    "title": "UTC",
                },
                {"field": "value", "type": "quantitative", "format": ",.1f", "title": title},
            ],
        },
    }
    return {
        "height": height,
        "layer": [_frame(x, now, window), bars, *_change_marks(_apart(changes, now - window, window), x)],
        "config": {"view": {"stroke": None}},
    }


def line(
    rows: Sequence[dict[str, Any]],
    field: str,
    title: str,
    *,
    now: datetime,
    window: timedelta,
    height: int = 130,
) -> dict[str, Any]:
    """Draw `field` of `rows` (with `step`, UTC) as a line with points; nothing is drawn where there is no row."""
    values = [{"time": row["step"].isoformat(), "value": row[field]} for row in rows]
    x = _time_axis(True)
    is_nought = not any(value["value"] for value in values)
    points = {
        "data": {"values": values},
        "mark": {"type": "line", "color": BLUE, "point": {"size": 12, "color": BLUE}, "strokeWidth": 1.5},
        "encoding": {
            "x": {**x, "field": "time"},
            "y": _value_axis("value", title, is_nought=is_nought),
            "tooltip": [
                {
                    "field": "time",
                    "type": "temporal",
                    "format": "%H:%M:%S",
                    "scale": {"type": "utc"},
                    "title": "UTC",
                },
                {"field": "value", "type": "quantitative", "format": ",.1f", "title": title},
            ],
        },
    }
    return {"height": height, "layer": [_frame(x, now, window), points], "config": {"view": {"stroke": None}}}


def two_forms(rows: Sequence[dict[str, Any]], *, step_s: int, height: int = 170) -> dict[str, Any]:
    """Draw `old_events` and `new_events` of `rows` (with `step`, UTC) as bars upon each other; no row, no bar."""
    values = [
        {
            "from": row["step"].isoformat(),
            "to": (row["step"] + timedelta(seconds=step_s)).isoformat(),
            "form": form,
            "records": row[field],
            "y": row["old_events"] if field == "new_events" else 0,
            "y2": row["old_events"] + (row["new_events"] if field == "new_events" else 0),
        }
        for row in rows
        for form, field in (("old", "old_events"), ("new", "new_events"))
        if row[field]
    ]
    x = _time_axis(True)
    if len({row["step"] for row in rows}) * step_s < _TICK_EVERY_MINUTE_S:
        x["axis"]["tickCount"] = {"interval": "minute", "step": 1}  # else a minute is written several times
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {**x, "field": "from"},
            "x2": {"field": "to"},
            "y": _value_axis("y", "records"),
            "y2": {"field": "y2"},
            "color": {
                "field": "form",
                "type": "nominal",
                "scale": {"domain": ["old", "new"], "range": [BLUE, AMBER]},
                "legend": {"orient": "bottom", "title": None, "padding": 0, "offset": 2},
            },
            "tooltip": [
                {
                    "field": "from",
                    "type": "temporal",
                    "format": "%d %b %H:%M",
                    "scale": {"type": "utc"},
                    "title": "UTC",
                },
                {"field": "form", "type": "nominal"},
                {"field": "records", "type": "quantitative", "format": ","},
            ],
        },
    }
    # Data at the top would reach the picture after it is drawn, and leave it empty until the next refresh.
    return {"height": height, "layer": [bars], "config": {"view": {"stroke": None}}}


def _frame(x: dict[str, Any], now: datetime, window: timedelta) -> dict[str, Any]:
    """Return an invisible layer that spans the window: a fixed domain is not kept beside other layers."""
    ends = {"values": [{"time": (now - window).isoformat()}, {"time": now.isoformat()}]}
    return {"data": ends, "mark": {"type": "point", "opacity": 0}, "encoding": {"x": {**x, "field": "time"}}}


def _apart(
    changes: Sequence[tuple[datetime, str]], begin: datetime, window: timedelta
) -> list[tuple[datetime, str]]:
    """Return the changes with one text for those whose texts would lie upon each other; each keeps its line.

    The text, of the newest, stands left of all their lines, where there is room for it.
    """
    groups: list[list[tuple[datetime, str]]] = []
    for time, text in sorted(changes, reverse=True):
        if groups and groups[-1][0][0] - time <= window * _TEXT_SHARE:
            groups[-1].append((time, text))
        else:
            groups.append([(time, text)])
    shown: list[tuple[datetime, str]] = []
    for group in groups:
        text = f"{group[0][1]} and {len(group) - 1} more" if len(group) > 1 else group[0][1]
        has_room = group[-1][0] - begin > window * _TEXT_SHARE
        bearer = len(group) - 1 if has_room else 0
        shown.extend((time, text if place == bearer else "") for place, (time, _) in enumerate(group))
    return shown


def _time_axis(times: bool) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": None, "format": "%H:%M", "grid": False, "tickCount": 8}
    if not times:
        axis |= {"labels": False, "ticks": False, "domain": False}
    return {"type": "temporal", "scale": {"type": "utc", "nice": False}, "axis": axis}


def _value_axis(field: str, title: str, *, is_nought: bool = False) -> dict[str, Any]:
    """Return an axis from nought up; where all values are nought (`is_nought`) it still needs a length."""
    axis = {"title": title, "titleFontSize": 11, "tickCount": 3, "format": "~s"}
    axis["labelExpr"] = NOUGHT_IS_NOUGHT
    axis |= {"minExtent": _AXIS_WIDTH, "maxExtent": _AXIS_WIDTH}
    scale = {"domainMin": 0} | ({"domainMax": 1} if is_nought else {})
    return {"field": field, "type": "quantitative", "scale": scale, "axis": axis}


def _change_marks(changes: Sequence[tuple[datetime, str]], x: dict[str, Any]) -> list[dict[str, Any]]:
    if not changes:
        return []
    data = {"values": [{"time": time.isoformat(), "text": text} for time, text in changes]}
    at = {"x": {**x, "field": "time"}}
    text = {
        "type": "text",
        "align": "right",
        "dx": -4,
        "dy": 2,
        "baseline": "top",
        "color": AMBER,
        "fontSize": 11,
    }
    return [
        {"data": data, "mark": {"type": "rule", "strokeDash": [4, 3], "color": AMBER}, "encoding": at},
        {
            "data": data,
            "mark": {**text, "limit": 260},
            "encoding": {**at, "y": {"value": 0}, "text": {"field": "text"}},
        },
    ]
