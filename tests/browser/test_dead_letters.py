"""The Dead letters page in a browser: it opens at what matters, answers by its address, and bears 500 topics."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from collector.cli import app
from tests.browser.conftest import Dashboard


def told(dashboard: Dashboard) -> dict[str, Any]:
    """Return what the command line says of the same store now."""
    url = dashboard.store_url
    result = CliRunner().invoke(app, ["dlq", "--json", "--store", url])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_opens_at_the_foremost_reason_with_the_numbers_of_the_command_line(
    failing: Dashboard, page: Page
) -> None:
    page.goto(f"{failing.url}/dead-letters")

    expect(page.locator(".hw-verdict")).to_contain_text(
        re.compile(r"and \d+ more( fail:|;) [\d,]+ events given up in 15 minutes")
    )
    first = told(failing)["reasons"][0]
    panel = page.locator(".st-key-reason_panel")
    expect(panel).to_contain_text(f"{first['consumer_group']} on {first['topic']}")
    expect(panel).to_contain_text(f"{first['failures']} of")
    for heading in ("Why", "What it touched", "What to do", "Details"):
        expect(panel.get_by_text(heading, exact=True)).to_be_visible()
    expect(panel).to_contain_text(first["redrive_command"])
    expect(page.get_by_text(re.compile(r"and \d+ more: headwater dlq --json has them"))).to_be_visible()


def test_a_reason_is_opened_by_its_address_and_an_unknown_one_is_told(failing: Dashboard, page: Page) -> None:
    blamed = next(reason for reason in told(failing)["reasons"] if reason["suspects"])
    page.goto(f"{failing.url}/dead-letters?reason={blamed['reason_id']}")

    panel = page.locator(".st-key-reason_panel")
    expect(panel).to_contain_text(f"on {blamed['topic']}")
    expect(panel).to_contain_text("Payload of " + blamed["topic"])
    expect(panel).to_contain_text("of the failed events have the new structure")

    panel.locator("a[href*='drift?change=']").first.click()
    page.wait_for_url("**/drift?change=*")
    expect(page.locator(".st-key-drift_panel")).to_contain_text(blamed["topic"])

    page.goto(f"{failing.url}/dead-letters?reason=ffffffffffffffff")
    expect(page.get_by_text("has not come up in seven days")).to_be_visible()
