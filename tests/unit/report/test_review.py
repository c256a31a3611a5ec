"""The report of a week: its forms, its words, and that nothing from the wire is obeyed."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from collector import links as pages
from collector.report.facts import Facts, Traffic
from collector.report.follow_ups import FollowUp
from collector.report.html import html_text
from collector.report.links import Links
from collector.report.markdown import escaped, markdown_text
from collector.report.period import Period
from collector.report.pictures import Row, Tree
from collector.report.review import Review, Traced, review, weeks_of
from schemas.incidents import Incident
from tests.support.incidents import cause, incident, still_open

WEEK = Period(date(2026, 11, 16), date(2026, 11, 23))
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LINKS = Links("https://headwater.example.org/")
HOSTILE = "".join(
    (
        "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
        "[x](javascript:alert(1)) **b** `c` \u202e\x1b[31m | \n# h",
    )
)


def made(*incidents: Incident, **more: object) -> Review:
    traced = {one.incident_id: Traced(None, _tree(one.topic)) for one in incidents}
    follow_ups = [FollowUp("drift", one.title, one.service, LINKS.change("c")) for one in incidents]
    return review(facts(*incidents, **more), WEEK, traced=traced, follow_ups=follow_ups)


def facts(*incidents: Incident, **more: object) -> Facts:
    steps = tuple(weeks_of(WEEK))
    traffic = tuple(Traffic(step, "stock.reserve", 500, 0, 0) for step in range(len(steps)))
    found = Facts(
        steps=steps,
        now=NOW,
        first_time=datetime(2026, 1, 1, tzinfo=UTC),
        incidents=incidents,
        traffic=traffic,
    )
    return replace(found, **more)  # type: ignore[arg-type]


def _tree(topic: str) -> Tree:
    rows = (
        Row(0, "shop", topic, 1, "", -1, f"{topic}/0/1"),
        Row(1, "shop", f"{topic}.dlq", 3, "dead", 0, f"{topic}.dlq/0/1"),
    )
    return Tree(rows, 4, 0)


def test_a_quiet_week_is_not_a_week_without_data() -> None:
    quiet, nothing = made(), made(traffic=(), first_time=None)

    assert quiet.sentence == "A quiet week: no incident in 500 records."
    assert nothing.sentence.startswith("No data: not one record of this week was seen")
    assert "<article>" not in html_text(quiet, LINKS)
    assert "The week in figures" in html_text(quiet, LINKS)
    assert "The week in figures" not in html_text(nothing, LINKS)
    assert "headwater doctor" in html_text(nothing, LINKS)


def test_the_first_week_has_nothing_to_compare_with() -> None:
    began = WEEK.start + timedelta(days=1)
    last = len(weeks_of(WEEK)) - 1
    first = made(incident(), first_time=began, traffic=(Traffic(last, "stock.reserve", 500, 0, 0),))

    assert any("first week with data" in note for note in first.notes)
    assert all(not one.is_watched for one in first.weeks[:-1])
    assert {line.direction for line in first.everything.lines} == {"no data"}
    assert "not watched" in markdown_text(first, LINKS)


def test_a_week_that_is_not_over_says_so() -> None:
    running = made(still_open(), now=WEEK.start + timedelta(days=3))

    assert any("not over" in note for note in running.notes)
    assert "so far" in running.sentence


def test_the_longest_is_told_first_and_the_rest_is_listed() -> None:
    many = [
        incident(
            begin := WEEK.start + timedelta(hours=number),
            incident_id=f"i-{number}",
            mitigated_time=begin + timedelta(minutes=number + 1),
        )
        for number in range(30)
    ]
    found = made(*many)

    assert found.sentence.startswith(
        "30 incidents; the longest was inventory gives up on stock.reserve (30 min)"
    )
    assert [told.incident.incident_id for told in found.tellings][:3] == ["i-29", "i-28", "i-27"]
    assert len(found.tellings) + len(found.others) == 30
    assert html_text(found, LINKS).count("<article>") == len(found.tellings)


def test_every_number_leads_to_the_page_behind_it() -> None:
    text = html_text(made(incident()), LINKS)

    for address in (
        LINKS.incident(incident().incident_id),
        LINKS.figures(WEEK, "restore"),
        LINKS.topic("stock.reserve"),
        LINKS.event("stock.reserve/0/1"),
        LINKS.change("c"),
    ):
        assert f'href="{address.replace("&", "&amp;")}"' in text


@pytest.mark.parametrize(
    ("absolute", "relative"),
    [
        (LINKS.incident("inc-1"), pages.to_incident("inc-1")),
        (LINKS.event("a b/0/1"), pages.to_event("a b/0/1")),
        (LINKS.topic("t&x"), pages.to_topic("t&x")),
        (LINKS.reason("r"), pages.to_reason("r")),
        (LINKS.change("c"), pages.to_change("c")),
        (LINKS.stream("t", "s"), pages.to_stream("t|s")),
        (LINKS.figures(WEEK, "restore"), pages.to_figures("2026-11-16", "2026-11-22", "restore")),
        (LINKS.figures(WEEK), pages.to_figures("2026-11-16", "2026-11-22")),
    ],
)
def test_addresses_are_those_of_the_pages(absolute: str, relative: str) -> None:
    assert absolute == f"https://headwater.example.org/{relative}"


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def _obeyed(html: str) -> None:
    seen = _Seen()
    seen.feed(html)
    # Aligned cells of Markdown become styles that say nothing else.
    seen.attributes = [one for one in seen.attributes if not re.fullmatch(r"text-align:\w+", one[1])]
    assert not seen.tags & {"script", "img", "iframe", "link", "object", "embed", "base", "form"}
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "style")]
    hrefs = [value for name, value in seen.attributes if name in ("href", "xlink:href")]
    assert all(value.startswith("https://headwater.example.org/") for value in hrefs)
    assert "\u202e" not in html
    assert "\x1b" not in html


@settings(max_examples=25)  # each makes the whole file, twice
@given(st.one_of(st.just(HOSTILE), st.text()))
def test_nothing_from_the_wire_is_obeyed(text: str) -> None:
    hostile = incident(
        title=text, topic=text, service=text, consumer_group=text, team=text, flow=text, acknowledged_by=text,
        acknowledged_time=incident().detected_time, sample_events=(f"{text}/0/1",),
        causes=(cause(timedelta(minutes=3), 0.9, text=text, service=text, event=f"{text}/0/1"),),
    )  # fmt: skip
    found = made(hostile)

    _obeyed(html_text(found, LINKS))
    _obeyed(MarkdownIt("commonmark").enable("table").render(markdown_text(found, LINKS)))


@given(st.text())
def test_escaped_text_is_text_in_markdown(text: str) -> None:
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"- x {escaped(text)} x")

    assert set(re.findall(r"<([a-z0-9]+)", html)) <= {"ul", "li"}
