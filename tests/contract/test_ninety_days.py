"""The benchmark of ninety days in small: what it fills is what the figures and the report say."""

from datetime import UTC, datetime, timedelta

from collector.report.html import html_text
from collector.report.links import Links
from collector.report.period import last_days, last_whole_week
from collector.report.read_review import read_review
from collector.report.reliability import read_reliability
from collector.settings import load
from collector.storage.api import Store
from tests.bench.ninety_days import DAYS, DEPLOYMENTS, FAILS_ONE_IN, INCIDENTS, fill, tell

NOW = datetime(2026, 11, 26, 5, tzinfo=UTC)


def test_ninety_days_are_counted_whole(store: Store) -> None:
    events = 20 * FAILS_ONE_IN
    fill(store, events, NOW - timedelta(days=DAYS), batches=3)
    tell(store, events, NOW - timedelta(days=DAYS))

    found = read_reliability(store, last_days(NOW, DAYS + 1), NOW, by="topic")
    report = html_text(read_review(store, last_whole_week(NOW), NOW, load()), Links("http://127.0.0.1:8501"))

    now = found.everything.now
    assert now.dead_letters == 20
    assert now.originals == events - 20
    assert (len(now.incidents), len(now.deployments)) == (INCIDENTS, DEPLOYMENTS)
    assert now.change_failures.count > 0
    assert report.count("<article>") == 12
