"""Every page opens cold by its address, says something, and talks to nobody else."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Dashboard, Watch

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = [
    ("/", "Overview"),
    ("/flow", "Flow map"),
    ("/cascades", "Cascades"),
    ("/flows", "Flows"),
    ("/anomalies", "Anomalies"),
    ("/linkability", "Linkability"),
    ("/reliability", "Reliability"),
    ("/dead-letters", "Dead letters"),
    ("/collector", "Collector"),
]


@pytest.mark.parametrize(("path", "title"), PAGES)
def test_a_page_opens_cold_by_its_address(company: Dashboard, page: Page, path: str, title: str) -> None:
    page.goto(company.url + path)

    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".hw").first).to_be_visible()
    expect(page.get_by_text("all times are UTC")).to_be_visible()


@pytest.mark.parametrize(("path", "title"), PAGES)
def test_an_empty_store_is_no_data_and_not_zero(empty: Dashboard, page: Page, path: str, title: str) -> None:
    page.goto(empty.url + path)

    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".hw-verdict")).to_contain_text("No data yet")
    expect(page.get_by_text("headwater up")).to_be_visible()


def test_the_overview_says_what_fails_and_leads_to_it(company: Dashboard, page: Page) -> None:
    page.goto(company.url)

    verdict = page.locator(".hw-verdict")
    expect(verdict).to_contain_text("inventory")
    expect(verdict).to_contain_text("dead letters in 15 minutes")
    page.locator("tr", has_text="stock.reserve.dlq").first.click()

    expect(page.locator("h1")).to_have_text("Cascades")
    page.wait_for_url(re.compile(r"/cascades\?event=stock\.reserve\.dlq"))
    expect(page.locator(".card.dead")).to_be_visible()


def test_dead_letters_say_why_what_it_touched_and_what_to_do(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/dead-letters")

    expect(page.locator(".hw-verdict")).to_contain_text("inventory")
    expect(page.locator(".hw-verdict")).to_contain_text("given up in 15 minutes")
    page.locator("tr", has_text="inventory on").first.click()
    page.wait_for_url(re.compile(r"/dead-letters\?.*reason="))
    panel = page.locator(".st-key-reason_panel")
    expect(panel).to_contain_text("What it touched")
    expect(panel).to_contain_text("headwater redrive plan --reason")

    page.goto(page.url)  # the address alone says it all
    panel.locator("tr", has_text="the event that failed").first.click()
    expect(page.locator("h1")).to_have_text("Cascades")


def test_a_topic_of_the_collector_page_leads_to_the_map(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/collector")
    page.locator("tr", has_text="emails").first.click()

    page.wait_for_url("**/flow?node=topic*")
    expect(page.get_by_text("Written by")).to_be_visible()


def test_the_map_selects_by_click_and_shows_numbers(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/flow")
    page.locator("[data-id='service:inventory']").click()

    page.wait_for_url("**/flow?node=service*inventory*")
    expect(page.locator(".st-key-node_panel")).to_contain_text("of what it takes in")
    expect(page.locator(".card.chosen")).to_have_attribute("data-id", "service:inventory")


def test_the_window_of_the_map_is_in_the_address(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/flow?window=15+m&show=Failing")

    expect(page.locator("[data-id='topic:stock.reserve.dlq']")).to_be_visible()
    expect(page.locator("[data-id='topic:ledger.entries']")).to_have_count(0)
    expect(page.get_by_text("in the last 15 m")).to_be_visible()


CONTRAST = """
([fore, back]) => {
  const light = (colour) => {
    const pen = document.createElement('canvas').getContext('2d');
    pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [one, other] = [light(fore), light(back)].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05);
}
"""


FILLS = """
(card) => ['.face', '.title', '.sub'].map((part) => getComputedStyle(card.querySelector(part)).fill)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cards_can_be_read_in_both_themes(
    company: Dashboard, chromium: Browser, watch: Watch, scheme: str
) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    watch.attach(page)
    page.goto(f"{company.url}/cascades?event={company.refs['dead']}")
    card = page.locator(".card.dead")
    expect(card).to_be_visible()

    # In one look: a card may be drawn anew between two.
    face, *texts = card.evaluate(FILLS)
    for text in texts:
        assert page.evaluate(CONTRAST, [text, face]) >= 4.5
    style = "(element, name) => getComputedStyle(element)[name]"
    paper = page.locator(".stApp").evaluate(style, "backgroundColor")
    assert (page.evaluate(CONTRAST, ["white", paper]) > 10) == (scheme == "dark")
    context.close()


def test_an_anomaly_says_how_it_is_judged_and_opens_its_examples(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/anomalies")

    expect(page.locator(".hw-verdict")).to_contain_text("processed twice")
    expect(page.locator(".st-key-anomaly_panel")).to_contain_text("the consumer is not idempotent")
    page.locator("tr", has_text="Out of order").click()
    expect(page.locator(".st-key-anomaly_panel")).to_contain_text("Neighbours with the same key")
    page.wait_for_url("**/anomalies?anomaly=out_of_order*")
    page.locator(".st-key-anomaly_panel tr[data-id]").first.click()

    page.wait_for_url(re.compile(r"/cascades\?event=shop\.prices"))
    expect(page.locator(".graph[data-drawn]")).to_be_visible()


def test_a_missing_step_is_named_and_opens_what_waits(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/flows")

    expect(page.locator(".hw-verdict")).to_contain_text(
        "ParcelDelivered (deliveries) usually follows ParcelHandedOver (parcels) within 4.00 s; missing for"
    )
    page.locator("tr", has_text="CampaignStarted").click()
    expect(page.locator(".st-key-flow_panel")).to_contain_text("EmailQueued (emails.queue)")
    page.locator("tr", has_text="after ParcelHandedOver").click()

    page.wait_for_url(re.compile(r"/cascades\?event=parcels"))


def test_a_grade_comes_with_advice_for_the_client(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/linkability")

    expect(page.locator(".hw-verdict")).to_contain_text("have an exact cause")
    panel = page.locator(".st-key-linkability_panel")
    expect(panel).to_contain_text("carrier.webhooks")
    expect(panel).to_contain_text("CloudEvents SDK")
    expect(panel).to_contain_text("a day, become exact")
    page.get_by_text("By service").click()
    expect(page.locator("tr[data-id='shipping']")).to_be_visible()


def test_the_map_shows_what_changed_and_the_past(company: Dashboard, page: Page) -> None:
    page.goto(company.url + "/flow?window=15+m&against=The+window+before")

    expect(page.locator(".hw-verdict")).to_contain_text("changed in the last 15 m")
    expect(page.locator(".card.fresh[data-id='topic:stock.reserve.dlq']")).to_contain_text("NEW")
    expect(page.locator("tr", has_text="courier → deliveries")).to_contain_text("before")
    page.goto(company.url + "/flow?at=2020-01-01+10:00")
    expect(page.get_by_text("No event in 1 h up to 2020-01-01 10:00 UTC")).to_be_visible()
