"""Figures of a past whose truth is known, against the same figures computed from the truth by other means."""

import csv
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pypdf import PdfReader

from collector.errors import SettingsError
from collector.report.links import Links
from collector.report.pdf import refuses_all, renderer
from collector.report.period import Period, week_of
from collector.report.read_review import read_review
from collector.report.reliability import document, read_reliability
from collector.settings import Objective, load
from collector.storage.api import Store
from collector.storage.migrate import migrate
from collector.storage.open import open_store
from tests.support.told_past import FLOWS, TEAMS, WRITERS, Failure, Past, Release, past, store_past

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = "<a href='https://elsewhere.example'>x</a><object data='file:///etc/hostname'>"


@pytest.fixture(scope="module")
def told(database_url: Callable[[str], str]) -> Iterator[tuple[Store, Past, str]]:
    """Return a store with a past, and its truth: four weeks before it the clocks of Berlin were set back."""
    url = database_url("told_past")
    store = open_store(url)
    migrate(store)
    truth = past(NOW, seed=5, weeks=10)
    store_past(store, truth, hostile=HOSTILE)
    yield store, truth, url
    store.command("DROP DATABASE IF EXISTS told_past SYNC")
    store.close()


class Counted:
    """The truth of a period, counted without any of the code under test."""

    def __init__(self, truth: Past, start: datetime, end: datetime) -> None:
        self.truth, self.start, self.end = truth, start, end
        self.failures = self.begun(start, end)
        self.weeks = (min(end, truth.now) - max(start, truth.begin)) / timedelta(days=7)

    def begun(self, start: datetime, end: datetime) -> list[Failure]:
        return [one for one in self.truth.failures if start <= one.begin < end and one.counts]

    def releases(self, services: Iterable[str] | None = None) -> list[Release]:
        return [
            one
            for one in self.truth.releases
            if self.start <= one.time < self.end and (services is None or one.service in services)
        ]

    def failed(self, releases: list[Release], failures: list[Failure]) -> dict[int, Release]:
        """Return the release that each failure is put down to: the latest of that service, at most two hours old."""
        found = {}
        for one in failures:
            if one.release is None:
                continue
            recent = [
                release
                for release in releases
                if release.service == one.release.service
                and one.begin - timedelta(hours=2) <= release.time <= one.begin
            ]
            if recent:
                found[one.number] = max(recent, key=lambda release: release.time)
        return found


def _times(values: list[timedelta]) -> tuple[int, float | None, float | None]:
    seconds = [value.total_seconds() for value in values]
    if not seconds:
        return 0, None, None
    return len(seconds), float(np.median(seconds)), float(np.percentile(seconds, 90))


def _expected(
    counted: Counted, *, failures: list[Failure], services: set[str] | None, topics: set[str] | None
) -> dict[str, Any]:
    live = [one for one in failures if one.noticed is not None]
    over = [one for one in failures if one.lasted is not None]
    releases = counted.releases(services)
    later = counted.begun(counted.start, counted.end + timedelta(hours=2))
    wanted = {one.number for one in failures} | {
        one.number for one in later if one.begin >= counted.end and topics is None
    }
    blamed = counted.failed(releases, [one for one in later if one.number in wanted])
    by_number = {one.number: one for one in later}
    drift = [one for one in failures if one.kind == "schema_break" or one.is_drift]
    written = sum(
        counted.start <= at < counted.end and (topics is None or topic in topics)
        for at, topic in counted.truth.written
    )
    dead = sum(
        counted.start <= at < counted.end and (topics is None or topic in topics)
        for at, topic, *_ in counted.truth.given_up
    )
    ends: dict[Release, list[datetime | None]] = {}
    for number, release in blamed.items():
        lasted = by_number[number].lasted
        ends.setdefault(release, []).append(None if lasted is None else by_number[number].begin + lasted)
    recovered = [
        max(end for end in found if end is not None) - release.time
        for release, found in ends.items()
        if None not in found
    ]
    failed_releases = len(set(blamed.values()))
    return {
        "detect": _times([one.noticed for one in live if one.noticed]),
        "acknowledge": _times([one.acknowledged for one in live if one.acknowledged]),
        "mitigate": _times(
            [
                max(timedelta(), one.lasted - one.noticed)
                for one in live
                if one.lasted is not None and one.noticed
            ]
        ),
        "restore": _times([one.lasted for one in over if one.lasted is not None]),
        "failed_deployment_recovery": _times(recovered),
        "deployment_frequency": (len(releases), len(releases) / counted.weeks, None),
        "change_failure_rate": (len(releases), failed_releases / len(releases) if releases else None, None),
        "drift_incidents": (len(drift), len(drift) / counted.weeks * 13, None),
        "dead_letter_rate": (dead, 1_000 * dead / written if written else None, None),
    }


def _said(part: dict[str, Any]) -> dict[str, Any]:
    return {line["figure"]: (line["n"], line["value"], line["p90"]) for line in part["figures"]}


def _same(said: dict[str, Any], expected: dict[str, Any]) -> None:
    assert said.keys() == expected.keys()
    for name, (n, value, p90) in expected.items():
        assert said[name][0] == n, name
        assert said[name][1] == (None if value is None else pytest.approx(value, rel=1e-6)), name
        assert said[name][2] == (None if p90 is None else pytest.approx(p90, rel=1e-6)), name


@pytest.mark.parametrize(
    "period",
    [
        Period(date(2026, 10, 30), date(2026, 11, 27)),
        Period(date(2026, 10, 19), date(2026, 10, 26), BERLIN),  # the clocks are set back on its last day
        Period(date(2026, 11, 2), date(2026, 11, 9), BERLIN),
        Period(date(2026, 9, 1), date(2026, 10, 1)),  # half of it lies before the first record
    ],
)
def test_figures_are_those_of_the_truth(told: tuple[Store, Past, str], period: Period) -> None:
    store, truth, _ = told

    found = document(read_reliability(store, period, NOW))

    counted = Counted(truth, period.start, period.end)
    counted.weeks = (min(period.end, NOW) - max(period.start, _hour(truth.begin))) / timedelta(days=7)
    assert len(counted.failures) > 2
    _same(_said(found), _expected(counted, failures=counted.failures, services=None, topics=None))
    assert found["found_in_history"] == sum(one.noticed is None for one in counted.failures)
    assert found["still_open"] == sum(one.lasted is None for one in counted.failures)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def test_the_figures_before_are_those_of_the_period_before(told: tuple[Store, Past, str]) -> None:
    store, _, _ = told
    period = week_of(NOW - timedelta(days=14))

    found = read_reliability(store, period, NOW)
    before = read_reliability(store, period.before(), NOW)

    assert [(one.before, one.before_n) for one in found.everything.lines] == [
        (one.value, one.n) for one in before.everything.lines
    ]


def test_parts_are_counted_by_topic_and_flow(told: tuple[Store, Past, str]) -> None:
    store, truth, _ = told
    period = Period(date(2026, 10, 1), date(2026, 11, 26))

    by_topic = document(read_reliability(store, period, NOW, by="topic"))["parts"]
    by_flow = document(read_reliability(store, period, NOW, by="flow", flows=FLOWS, teams=TEAMS))["parts"]

    counted = Counted(truth, period.start, period.end)
    topics = {name: {name} for name in WRITERS}
    flows = {name: set(pattern.split("|")) for name, pattern in FLOWS.items()}
    for parts, wanted in ((by_topic, topics), (by_flow, flows)):
        assert {part["name"] for part in parts} == set(wanted)
        for part in parts:
            own = [one for one in counted.failures if one.topic in wanted[part["name"]]]
            services = {WRITERS[topic] for topic in wanted[part["name"]]} | {one.failing for one in own}
            expected = _expected(counted, failures=own, services=services, topics=wanted[part["name"]])
            _same(_said(part), expected)


def test_a_budget_is_what_the_objective_allows_less_what_was_given_up(told: tuple[Store, Past, str]) -> None:
    store, truth, _ = told
    until = NOW
    objectives = [
        Objective(name="all", objective=0.9, window_days=28),
        Objective(name="stock", objective=0.99, topic="stock", consumer_group="inv.*", window_days=56),
        Objective(name="nobody", objective=0.999, topic="no such topic", window_days=28),
    ]

    kept = document(read_reliability(store, week_of(NOW), NOW, objectives=objectives))["objectives"]

    for one, topics, groups in (
        (kept[0], set(WRITERS), None),
        (kept[1], {"stock"}, {"inventory"}),
    ):
        since = _hour(until) - timedelta(days=one["window_days"])
        last_day = _hour(until) - timedelta(days=1)
        failures = {  # of two dead letters of one record, each counts where they lie on both sides of the last day
            (at >= last_day, group, origin)
            for at, topic, group, origin in truth.given_up
            if since <= at < until and topic in topics and (groups is None or group in groups)
        }
        written = sum(since <= at < until and topic in topics for at, topic in truth.written)
        assert (one["bad"], one["total"]) == (len(failures), written)
        assert failures
        assert one["budget_left"] == pytest.approx(1 - (one["bad"] / written) / (1 - one["objective"]))
    assert kept[2]["budget_left"] is None


def test_a_week_tells_what_the_truth_holds(told: tuple[Store, Past, str]) -> None:
    store, truth, _ = told
    week = week_of(NOW - timedelta(days=7))

    review = read_review(store, week, NOW, load())

    counted = Counted(truth, week.start, week.end)
    numbers = sorted(int(one.incident.incident_id.removeprefix("inc-"), 16) for one in review.tellings)
    assert numbers == sorted(one.number for one in counted.failures)
    lasted = [
        one.incident.mitigated_time - one.incident.impact_time
        for one in review.tellings
        if one.incident.mitigated_time
    ]
    assert lasted == sorted(lasted, reverse=True)
    assert [one.incidents for one in review.weeks] == [
        len(Counted(truth, one.period.start, one.period.end).failures) for one in review.weeks
    ]
    waiting = sum(one.kind == "dead letters" for one in review.follow_ups)
    assert waiting > 0
    undone = {one.link for one in review.follow_ups if one.kind == "drift"}
    assert undone == {
        Links(load().dashboard_url).change(f"change-{one.number}")
        for one in truth.failures
        if one.is_drift
        and one.number % 3
        and one.release
        and week.end - timedelta(days=28) <= one.release.time < week.end
    }
    assert any(one.kind == "not linked" and "notifier to emails" in one.text for one in review.follow_ups)


def test_the_commands_say_the_same(told: tuple[Store, Past, str], tmp_path: Path) -> None:
    _, truth, url = told
    run = _headwater(url, tmp_path)
    span = ["--from", "2026-11-02", "--to", "2026-11-08", "--by", "topic"]

    as_json = json.loads(run("reliability", *span, "--json"))
    as_csv = list(csv.DictReader(run("reliability", *span, "--csv").splitlines()))
    as_text = run("reliability", *span)
    run("report", "--week", "2026-W45", "--out", "week.html")
    run("report", "--week", "2026-W45", "--out", "week.md")

    restore = next(line for line in as_json["figures"] if line["figure"] == "restore")
    row = next(row for row in as_csv if row["figure"] == "restore" and not row["by"])
    assert float(row["value"]) == pytest.approx(restore["value"], rel=1e-5)
    assert int(row["n"]) == restore["n"] == len(Counted(truth, *_week("2026-11-02")).failures)
    assert len(as_csv) == 9 * (1 + len(as_json["parts"]))
    assert "Time to restore (MTTR, restore)" in as_text
    page = (tmp_path / "week.html").read_text(encoding="utf-8")
    assert page.count("<article>") == restore["n"]
    assert not re.search(r"<(script|link|img|iframe)|\ssrc=|@import|url\(", page)
    assert (
        (tmp_path / "week.md")
        .read_text(encoding="utf-8")
        .startswith("# Week 45 of 2026 (2 to 8 November 2026)")
    )


def test_the_week_as_pdf_holds_the_words_and_links_of_the_page(
    told: tuple[Store, Past, str], tmp_path: Path
) -> None:
    try:
        fetcher = refuses_all(renderer())
    except SettingsError as missing:
        pytest.fail(str(missing), pytrace=False)
    for address in ("file:///etc/hostname", "http://127.0.0.1:9/", "data:text/plain,x"):
        with pytest.raises(ValueError, match="disallowed protocol"):
            fetcher.fetch(address)
    run = _headwater(told[2], tmp_path)
    run("report", "--week", "2026-W45", "--out", "week.html")
    run("report", "--week", "2026-W45", "--out", "week.pdf")

    page = (tmp_path / "week.html").read_text(encoding="utf-8")
    pdf = PdfReader(tmp_path / "week.pdf")
    words = _unspaced(
        " ".join(sheet.extract_text() for sheet in pdf.pages)
    )  # long names are broken at line ends
    sentence = re.search(r'<p class="sentence[^>]*>(.*?)</p>', page)
    assert sentence
    assert _unspaced(html.unescape(sentence[1])) in words
    assert _unspaced(HOSTILE) in words
    for title in ("What broke", "The week in figures", "The weeks before", "Still to be done"):
        assert _unspaced(title) in words
    assert f"1of{len(pdf.pages)}" in words
    assert 2 <= len(pdf.pages) <= 9

    annotations = [one.get_object() for sheet in pdf.pages for one in sheet.get("/Annots", [])]
    assert {one["/A"]["/URI"] for one in annotations} == set(
        map(html.unescape, re.findall('href="([^"]+)"', page))
    )
    for one in annotations:  # boxes over pictures among them: each can be hit
        sides = [
            float(side) for side in one["/Rect"]
        ]  # two opposite corners, whichever, of a sheet of 595 by 842
        assert 0 <= min(sides[::2]) < max(sides[::2]) <= 596
        assert 0 <= min(sides[1::2]) < max(sides[1::2]) <= 842
    assert pdf.metadata
    assert pdf.metadata.title == "Reliability, week 45 of 2026 (2 to 8 November 2026)"
    assert str(pdf.root_object["/Lang"]) == "en"
    assert not {"/EmbeddedFiles", "/JavaScript"} & set(pdf.root_object.get("/Names", {}))


def _unspaced(text: str) -> str:
    return "".join(text.split())


def _week(first: str) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return start, start + timedelta(days=7)


def _headwater(url: str, folder: Path) -> Callable[..., str]:
    from typer.testing import CliRunner

    from collector.cli import app

    def run(command: str, *arguments: str) -> str:
        out = [str(folder / each) if each.startswith("week.") else each for each in arguments]
        answer = CliRunner().invoke(app, [command, *out, "--store", url])
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    return run
