"""The page of incidents in a browser: what is wrong, what is told apart, and where it leads."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard, Seed
from tests.browser.incidents import seed_incidents, seed_many_incidents

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="session")
def broken(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("broken", seed_incidents)


@pytest.fixture(scope="session")
def many_incidents(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("many", seed_many_incidents)


def test_the_page_says_what_is_wrong_why_and_leads_to_the_incident(broken: Dashboard, page: Page) -> None:
    page.goto(f"{broken.url}/incidents")

    said = page.get_by_role("status").first
    expect(said).to_contain_text("billing fails on payments.captured, since")
    expect(said).to_contain_text("payments 2.5.0")
    expect(said).to_contain_text("Nobody has acknowledged it")
    expect(page.get_by_role("heading", name="Not over (1)")).to_be_visible()
    past = page.locator(f"tr[data-id='{broken.refs['over']}']")
    expect(past).to_contain_text("payments 2.4.0")
    expect(past).to_contain_text("ada since")
    expect(past).to_contain_text("not sent again")
    page.locator(f"tr[data-id='{broken.refs['open']}']").click()

    page.wait_for_url(re.compile(f"incidents.incident={broken.refs['open']}"))


def test_the_overview_leads_to_the_open_incident(broken: Dashboard, page: Page) -> None:
    page.goto(broken.url)

    link = page.get_by_role("link", name="Incident: billing fails on payments.captured")
    expect(link).to_have_attribute("href", f"incidents?incident={broken.refs['open']}")


def test_hundreds_are_folded_filtered_by_address_and_harmless(many_incidents: Dashboard, page: Page) -> None:
    page.goto(f"{many_incidents.url}/incidents?window=1+y&state=not+over&topic=orders")

    rows = page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Over"))).to_have_count(0)
    expect(page.locator("tbody tr a", has_text=re.compile("^[^↳].*(orders)")).first).to_be_visible()

    page.goto(f"{many_incidents.url}/incidents?window=1+y")
    expect(page.get_by_role("heading", name=re.compile("^Over, in the last 1 y"))).to_be_visible()
    expect(page.get_by_text(re.compile("and [0-9]+ more: choose"))).to_be_visible()
    assert page.evaluate("window.__hacked") is None


def test_nothing_watched_is_not_all_quiet(company: Dashboard, empty: Dashboard, page: Page) -> None:
    page.goto(f"{empty.url}/incidents")
    expect(page.get_by_role("status").first).to_contain_text("No data yet")

    page.goto(f"{company.url}/incidents")
    expect(page.get_by_role("status").first).to_contain_text("Nobody looks for incidents")
