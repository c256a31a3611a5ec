"""A Vega-Lite specification for a figure by days or weeks, the time before in pale. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.charts import BLUE


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of one step; `value` None = nothing was measured. `is_few`: too few to say anything."""

    start: datetime
    end: datetime
    label: str
    value: float | None
    text: str
    note: str
    is_few: bool
    is_before: bool


def trend_bars(points: Sequence[Point], title: str, *, height: int = 150) -> dict[str, Any]:
    """Draw a bar per step, hollow where it rests on few; no bar where nothing was measured.

    Of `seconds` as title, the unit is that in which the highest bar is easily read.
    """
    size, title = _unit(points, title)
    values = [
        {
            "label": point.label,
            "value": None if point.value is None else point.value / size,
            "text": point.text,
            "note": point.note,
            "kind": "few" if point.is_few else "before" if point.is_before else "now",
        }
        for point in points
    ]
    kind = {"field": "kind", "type": "nominal", "legend": None}
    x = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "scale": {"domain": [point.label for point in points]},  # a step without a value keeps its place
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": True, "grid": False},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        # A domain of its own where all is zero: else the axis has no numbers.
        "scale": {"domainMin": 0} if any(point.value for point in points) else {"domain": [0, 1]},
        "axis": {
            "title": title, "titleFontSize": 11, "tickCount": 3, "minExtent": 48, "maxExtent": 48, "format": "~s",
        },
    }  # fmt: skip
    bars = {
        "data": {"values": values},  # at the top they would come after the picture is drawn
        "mark": {"type": "bar", "stroke": BLUE, "strokeWidth": 1},
        "encoding": {
            "y": y,
            "color": {**kind, "scale": {"domain": ["now", "before", "few"], "range": [BLUE, BLUE, BLUE]}},
            "fillOpacity": {
                **kind,
                "scale": {"domain": ["now", "before", "few"], "range": [0.85, 0.35, 0.06]},
            },
            "strokeDash": {
                "condition": {"test": "datum.kind === 'few'", "value": [3, 2]},
                "value": [1, 0],
            },
            "tooltip": [
                {"field": "label", "title": "from"},
                {"field": "text", "title": title},
                {"field": "note", "title": "rests on"},
            ],
        },
    }
    return {
        "height": height,
        "encoding": {"x": x},
        "layer": [bars],
        "config": {"view": {"stroke": None}},
    }


def _unit(points: Sequence[Point], title: str) -> tuple[float, str]:
    if title != "seconds":
        return 1.0, title
    highest = max((point.value or 0.0 for point in points), default=0.0)
    sizes = ((172_800.0, 86_400.0, "days"), (7_200.0, 3_600.0, "hours"), (120.0, 60.0, "minutes"))
    return next(((size, name) for least, size, name in sizes if highest >= least), (1.0, title))
