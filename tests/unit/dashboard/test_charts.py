"""Chart specifications: what is not known is not drawn."""

from datetime import UTC, datetime, timedelta

from collector import links
from dashboard.charts import line, rate_bars

NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
ROWS = [
    {"step": NOW.replace(second=0) - timedelta(minutes=5), "events": 30},
    {"step": NOW.replace(second=0), "events": 4},
]


def test_a_step_without_rows_has_no_bar_and_the_running_one_is_marked() -> None:
    spec = rate_bars(ROWS, "events", "events / min", now=NOW, window=timedelta(hours=1), step_s=30)
    bars = spec["layer"][1]["data"]["values"]

    assert [(bar["value"], bar["running"]) for bar in bars] == [(60, False), (8, False)]
    assert rate_bars(ROWS, "events", "", now=NOW, window=timedelta(hours=1), step_s=60)["layer"][1]["data"][
        "values"
    ][1]["running"]


def test_where_all_is_nought_the_axis_still_has_a_length() -> None:
    noughts = [{**row, "events": 0} for row in ROWS]
    axes = [
        rate_bars(rows, "events", "", now=NOW, window=timedelta(hours=1), step_s=60)["layer"][1]["encoding"][
            "y"
        ]
        for rows in (ROWS, noughts)
    ]

    assert [axis["scale"].get("domainMax") for axis in axes] == [None, 1]


def test_changes_are_lines_with_their_text() -> None:
    spec = rate_bars(
        ROWS, "events", "", now=NOW, window=timedelta(hours=1), step_s=60, changes=[(NOW, "orders changed")]
    )

    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["point", "bar", "rule", "text"]
    assert spec["layer"][3]["data"]["values"][0]["text"] == "orders changed"


def test_a_line_has_a_point_per_row() -> None:
    spec = line(ROWS, "events", "records / s", now=NOW, window=timedelta(hours=1))

    assert [value["value"] for value in spec["layer"][1]["data"]["values"]] == [30, 4]


def test_a_chart_spans_its_window_however_little_there_is_to_draw() -> None:
    hour = timedelta(hours=1)
    for spec in (
        line(ROWS, "events", "", now=NOW, window=hour),
        rate_bars(ROWS, "events", "", now=NOW, window=hour, step_s=60),
    ):
        ends = [value["time"] for value in spec["layer"][0]["data"]["values"]]
        assert ends == [(NOW - hour).isoformat(), NOW.isoformat()]


def test_texts_of_changes_that_lie_close_become_one_and_every_change_keeps_its_line() -> None:
    changes = [
        (NOW - timedelta(minutes=after), f"{name} changed") for after, name in ((1, "b"), (2, "a"), (40, "c"))
    ]
    spec = rate_bars(ROWS, "events", "", now=NOW, window=timedelta(hours=1), step_s=60, changes=changes)

    texts = [value["text"] for value in spec["layer"][3]["data"]["values"]]
    assert texts == ["", "b changed and 1 more", "c changed"]  # left of both lines
    assert len(spec["layer"][2]["data"]["values"]) == 3


def test_a_text_without_room_at_the_left_stands_at_the_newest_of_its_lines() -> None:
    changes = [(NOW - timedelta(minutes=after), f"{after} changed") for after in (55, 45)]
    spec = rate_bars(ROWS, "events", "", now=NOW, window=timedelta(hours=1), step_s=60, changes=changes)

    assert [value["text"] for value in spec["layer"][3]["data"]["values"]] == ["45 changed and 1 more", ""]


def test_addresses_keep_slashes_and_escape_the_rest() -> None:
    assert links.to_event("a b&c/0/1") == "cascades?event=a+b%26c/0/1"
    assert links.to_search("<x>") == "cascades?ref=%3Cx%3E"
    assert links.to_topic("t#1") == "flow?node=topic%3At%231"
