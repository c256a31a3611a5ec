"""The Schema drift page in a browser: what changed, by whom, and links to what comes next."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard


def test_the_page_says_what_changed_by_whom_and_links_to_the_first_record(
    company: Dashboard, page: Page
) -> None:
    page.goto(f"{company.url}/drift")

    expect(page.get_by_role("status").first).to_contain_text("orders changed: web-checkout, since")
    panel = page.locator(".st-key-drift_panel")
    expect(panel).to_contain_text("items[].qty: integer")
    expect(panel).to_contain_text("BREAKING")
    expect(panel).to_contain_text("+ items[].warehouse_id: null")
    first = panel.locator("a[href*='cascades?event=orders/']").first
    expect(first).to_be_visible()
    expect(panel.locator(".hw-diff .del")).to_have_count(1)


def test_without_data_the_page_says_so_and_what_to_do(empty: Dashboard, page: Page) -> None:
    page.goto(f"{empty.url}/drift")

    expect(page.get_by_role("status").first).to_contain_text("No data")
    expect(page.get_by_text("headwater demo")).to_be_visible()
