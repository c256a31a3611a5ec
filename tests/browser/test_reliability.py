"""The Reliability page in a browser: figures as in the truth, what is behind them, and what can be taken along."""

import csv
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from collector.storage.api import Store
from tests.browser.conftest import Dashboard, Seed
from tests.support.told_past import Past, past, store_past

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TRUTH: list[Past] = []


def _seed(store: Store, now: datetime) -> dict[str, str]:
    TRUTH.append(past(now.replace(microsecond=0), seed=3, weeks=9))
    store_past(store, TRUTH[0], hostile="<img src=x onerror=alert(1)>")
    return {}


@pytest.fixture(scope="module")
def told(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("told_past", _seed)


def test_figures_are_those_of_the_truth_and_lead_to_what_is_behind_them(told: Dashboard, page: Page) -> None:
    page.goto(f"{told.url}/reliability")
    truth = TRUTH[0]
    midnight = truth.now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    since = midnight - timedelta(days=28)
    counted = [one for one in truth.failures if one.counts and since <= one.begin < midnight]

    expect(page.locator(".hw-verdict")).to_contain_text(f"{len(counted)} incidents from")
    panel = page.locator(".st-key-figure_panel")
    expect(panel).to_contain_text("Time to restore (MTTR, restore)")
    expect(panel).to_contain_text("From the first bad event to the last one")
    expect(panel.locator("a[href*='incidents?incident=inc-']").first).to_be_visible()

    page.locator("tr[data-id='detect']").click()
    page.wait_for_url(re.compile("figure=detect"))
    seen = sum(one.noticed is not None for one in counted)
    expect(panel).to_contain_text(f"Rests on {seen} incidents")
    expect(panel).to_contain_text("nobody could have noticed them in time")


def test_a_week_a_scorecard_and_the_published_values(told: Dashboard, page: Page) -> None:
    week = (TRUTH[0].now - timedelta(days=7)).isocalendar()
    page.goto(f"{told.url}/reliability?range={week.year}-W{week.week:02d}")

    expect(page.locator(".hw-verdict")).to_contain_text(f"in week {week.week} of {week.year}")
    shipping = page.locator("tr[data-id='shipping']").last
    expect(shipping).to_contain_text("records carry the id of an outbox relay; 0 of")
    expect(page.locator("tr[data-id='notifier']").last).to_contain_text("though")
    expect(page.locator("tr", has_text="Published: Plain queues")).to_contain_text("89 min")
    expect(page.get_by_text("Published values of unaudited origin")).to_be_visible()


def test_figures_and_the_weekly_report_can_be_taken_along(
    told: Dashboard, page: Page, tmp_path: Path
) -> None:
    page.goto(f"{told.url}/reliability")
    expect(page.get_by_role("button", name="These figures as CSV")).to_be_visible(timeout=60_000)

    with page.expect_download(timeout=60_000) as figures:
        page.get_by_role("button", name="These figures as CSV").click()
    figures.value.save_as(tmp_path / "figures.csv")
    with page.expect_download(timeout=60_000) as report:
        page.get_by_role("button", name=re.compile("The report of")).click()
    report.value.save_as(tmp_path / "weekly.html")

    rows = list(csv.DictReader((tmp_path / "figures.csv").read_text(encoding="utf-8").splitlines()))
    assert {row["figure"] for row in rows} >= {
        "detect",
        "acknowledge",
        "mitigate",
        "restore",
        "drift_incidents",
    }
    _reads_well_alone(page.context.new_page(), (tmp_path / "weekly.html").as_uri())


def _reads_well_alone(page: Page, address: str) -> None:
    """The file loads nothing, obeys nothing that came from the wire, and fits."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    expect(page.locator("article").first).to_be_visible()
    expect(page.locator("svg.axis").first).to_be_visible()
    expect(page.locator("h3").first).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img, script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert requests == [address]
    page.close()


def test_a_range_that_is_none_is_said(told: Dashboard, page: Page) -> None:
    page.goto(f"{told.url}/reliability?range=2026-W99")

    expect(page.locator(".hw-verdict")).to_contain_text("That is no range of days.")
