"""The page of one incident in a browser: its story, its numbers with what they mean, and ways on from there."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Dashboard, Seed, Watch
from tests.browser.seed_incident import CHILD, HOSTILE_ID, OPEN, seed_incident
from tests.browser.test_pages import CONTRAST

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def shop(start: Callable[[str, Seed | None], Dashboard]) -> Dashboard:
    return start("incident", seed_incident)


def address(shop: Dashboard, incident_id: str) -> str:
    return f"{shop.url}/incidents?incident={incident_id}"


def test_it_tells_what_why_since_when_and_what_nobody_knows(shop: Dashboard, page: Page) -> None:
    page.goto(address(shop, OPEN))

    said = page.locator(".hw-verdict")
    expect(said).to_contain_text("inventory fails on stock.reserve: open")
    expect(said).to_contain_text("web-checkout 5.1.0 was deployed (production) at")
    expect(said).to_contain_text("and with it orders changed its payload")
    life = page.locator(".hw-life")
    expect(life).to_contain_text("unknown: nobody has said so")
    expect(life).to_contain_text("The first bad event, walking back")
    expect(page.locator(".hw-badge", has_text="ESCALATED")).to_be_visible()


def test_one_axis_holds_changes_failures_lag_and_alerts(shop: Dashboard, page: Page) -> None:
    page.goto(address(shop, OPEN))

    axis = page.locator(".hw-axis")
    for text in ("first bad moment", "told on call: opened", "noticed by the rule", "escalated"):
        expect(axis.locator(".moments")).to_contain_text(text)
    for style in ("bad", "lag", "plain"):
        expect(axis.locator(f".bars.{style} i").first).to_be_attached()
    width = axis.locator(".plot").evaluate("one => one.getBoundingClientRect().right")
    rights = axis.locator(".plot span").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right)"
    )
    assert max(rights) <= width + 30  # half of the last tick's text


def test_it_leads_on_to_the_change_the_reason_and_the_cascade(shop: Dashboard, page: Page) -> None:
    page.goto(address(shop, OPEN))
    expect(page.locator(f"a[href*='drift?change={shop.refs['change']}']").first).to_be_visible()
    expect(page.locator("a[href*='dead-letters?reason=']").first).to_be_visible()
    expect(page.get_by_text("headwater redrive plan --topic stock.reserve --group inventory")).to_be_visible()
    expect(page.get_by_text(f"headwater incidents ack {OPEN}")).to_be_visible()

    page.locator("tr", has_text="See one of them").click()

    page.wait_for_url(re.compile(r"/cascades\?event=stock\.reserve\.dlq"))
    expect(page.locator(".card.dead")).to_be_visible()


def test_a_part_leads_to_the_whole_and_back(shop: Dashboard, page: Page) -> None:
    page.goto(address(shop, CHILD))
    expect(page.locator(".hw-verdict")).to_contain_text("It follows from an incident further up")

    page.locator("tr", has_text="it follows from this one").click()

    page.wait_for_url(re.compile(f"incident={OPEN}"))
    expect(page.locator(".hw-verdict")).to_contain_text("1 more incident follows from it")
    expect(page.locator("tr", has_text="again and again")).to_be_visible()


def test_hostile_words_stay_words(shop: Dashboard, page: Page) -> None:
    page.goto(address(shop, HOSTILE_ID))

    expect(page.get_by_text("never: found in history that was read later")).to_be_visible()
    expect(page.get_by_text("none of its sample events is stored any more")).to_be_visible()
    assert page.evaluate("window.__hacked") is None
    assert page.locator(".hw-axis script, .hw-life script, .hw-facts script, .hw-facts img").count() == 0


def test_an_unknown_incident_is_said_to_be_unknown(shop: Dashboard, empty: Dashboard, page: Page) -> None:
    page.goto(address(shop, "nobody"))
    expect(page.locator(".hw-verdict")).to_contain_text("There is not exactly one incident")

    page.goto(address(empty, OPEN))
    expect(page.locator(".hw-verdict")).to_contain_text("No data yet")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_on_the_axis_can_be_read_in_both_themes(
    shop: Dashboard, chromium: Browser, watch: Watch, scheme: str
) -> None:
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    watch.attach(page)
    page.goto(address(shop, OPEN))
    text = page.locator(".hw-axis .moments span").first
    expect(text).to_be_visible()

    style = "(element, name) => getComputedStyle(element)[name]"
    paper = page.locator(".stApp").evaluate(style, "backgroundColor")
    assert page.evaluate(CONTRAST, [text.evaluate(style, "color"), paper]) >= 4.5
    context.close()
