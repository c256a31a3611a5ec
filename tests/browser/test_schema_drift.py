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


def test_what_a_change_led_to_is_one_line_and_leads_to_the_dead_letters(
    failing: Dashboard, page: Page
) -> None:
    page.goto(f"{failing.url}/drift")

    expect(page.get_by_role("status").first).to_contain_text("dead letters of group-")
    panel = page.locator(".st-key-drift_panel")
    expect(panel).to_contain_text("Whom it hits")
    expect(panel).to_contain_text("What to do")
    panel.locator("a[href*='dead-letters?reason=']").first.click()

    page.wait_for_url("**/dead-letters?reason=*")
    expect(page.locator(".st-key-reason_panel")).to_contain_text("What changed before")


def test_a_change_is_opened_by_its_address(failing: Dashboard, page: Page) -> None:
    page.goto(f"{failing.url}/drift")
    row = page.get_by_role("link", name="total → amount (renamed?)").first
    href = row.get_attribute("href")

    page.goto(f"{failing.url}/{(href or '').lstrip('/')}")

    expect(page.locator(".st-key-drift_panel .hw-diff")).to_contain_text("+ amount")


def test_without_data_the_page_says_so_and_what_to_do(empty: Dashboard, page: Page) -> None:
    page.goto(f"{empty.url}/drift")

    expect(page.get_by_role("status").first).to_contain_text("No data")
    expect(page.get_by_text("headwater demo")).to_be_visible()
