"""One cascade: picking, addresses, folding, live refresh, hostile text."""

import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect

from schemas.records import EventRef
from tests.browser.conftest import Dashboard
from tests.browser.story import Seen, Story

TIMES = "\N{MULTIPLICATION SIGN}"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _open(page: Page, dashboard: Dashboard, event: str) -> None:
    page.goto(f"{dashboard.url}/cascades?event={event}")
    expect(page.locator(".graph[data-drawn]")).to_be_visible()


def _expect_chosen(page: Page, event: str) -> None:
    expect(page.locator(".card.chosen")).to_have_attribute("data-id", event)


def test_a_link_opens_on_its_event_and_marks_the_way_to_the_failure(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["dead"])

    _expect_chosen(page, company.refs["dead"])
    expect(page.locator(".card.retry")).to_have_count(2)
    assert page.locator(".card.hot").count() == 5
    expect(page.get_by_text("Stopped at inventory after 3 attempts")).to_be_visible()
    panel = page.locator(".st-key-panel")
    expect(panel).to_contain_text("com.example.inventory.SchemaMismatch")
    expect(panel).to_contain_text("kafka_dlt-original-topic")
    expect(panel).to_contain_text("00 00 00 00 00 00 ff fe")
    expect(panel).to_contain_text("not UTF-8, 8 bytes in hexadecimal")


def test_a_click_selects_and_reload_and_back_restore(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["healthy"])
    _expect_chosen(page, company.refs["healthy"])
    card = page.locator(".card", has_text="PaymentAuthorized")
    other = card.get_attribute("data-id") or ""
    card.click()

    page.wait_for_url(f"**event={other.replace('/', '*')}*")
    expect(page.locator(".st-key-panel .hw-title")).to_have_text("PaymentAuthorized")
    page.reload()
    expect(page.locator(".st-key-panel .hw-title")).to_have_text("PaymentAuthorized")
    _expect_chosen(page, other)
    page.go_back()
    expect(page.locator(".st-key-panel .hw-title")).to_have_text("OrderPlaced")
    _expect_chosen(page, company.refs["healthy"])


def test_arrow_keys_walk_along_the_cascade(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["healthy"])
    _expect_chosen(page, company.refs["healthy"])
    page.locator(".graph").focus()
    page.keyboard.press("ArrowRight")

    expect(page.locator(".st-key-panel .hw-title")).not_to_have_text("OrderPlaced")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".st-key-panel .hw-title")).to_have_text("OrderPlaced")


def test_a_row_of_the_waterfall_selects_in_both_views(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["healthy"])
    fall = page.locator(".fall .scroll")
    expect(fall).to_be_visible()
    fall.click(position={"x": 120, "y": 28 + 24 + 12})

    expect(page.locator(".st-key-panel .hw-title")).to_have_text("PaymentRequested")
    assert "PaymentRequested" in (page.locator(".card.chosen").text_content() or "")


def test_a_fan_out_folds_and_its_failures_stay_visible(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["campaign"])

    expect(page.locator(".card.group", has_text=f"405 {TIMES} EmailSent")).to_be_visible()
    expect(page.locator(".card.group.dead")).to_contain_text("7 DEAD LETTERS")
    assert page.locator(".card").count() == 6
    page.locator(".card.group.dead").click()
    expect(page.locator(".st-key-panel .hw-title")).to_contain_text(f"7 {TIMES} EmailQueued")
    page.get_by_role("button", name="Draw all 7").click()
    expect(page.locator(".card.dead:not(.group)")).to_have_count(7)
    page.wait_for_url(re.compile("open=g-"))


def test_a_member_of_a_group_can_be_taken_out(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["campaign"])
    page.locator(".card.group", has_text=f"405 {TIMES} EmailSent").click()
    expect(page.locator(".st-key-panel .hw-title")).to_contain_text("405")
    page.locator(".st-key-panel tr[data-id]").nth(2).click()

    expect(page.locator(".card.group", has_text=f"404 {TIMES} EmailSent")).to_be_visible()
    expect(page.locator(".card.chosen")).to_have_attribute("data-id", re.compile("^emails/"))


def test_live_refresh_adds_events_and_moves_nothing(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["orphan"])
    _expect_chosen(page, company.refs["orphan"])
    page.get_by_role("button", name="Zoom in").click()
    graph = page.locator(".graph")
    graph.hover(position={"x": 60, "y": 60})
    page.mouse.down()
    page.mouse.move(220, 330, steps=4)
    page.mouse.up()
    cards = page.locator(".card").count()
    before = _place(page)
    scale = (graph.get_attribute("data-camera") or "").split()[2]

    _append(company, company.refs["orphan"], 3)

    expect(page.locator(".card")).to_have_count(cards + 3, timeout=15_000)
    assert _place(page) == pytest.approx(before, abs=1)
    assert (graph.get_attribute("data-camera") or "").split()[2] == scale
    _expect_chosen(page, company.refs["orphan"])


def _place(page: Page) -> tuple[float, float]:
    """Return where the chosen card is. While cards are drawn anew it is nowhere for a moment: look again then."""
    for _ in range(50):
        box = page.locator(".card.chosen .face").bounding_box()
        if box is not None:
            return box["x"], box["y"]
        page.wait_for_timeout(100)
    raise AssertionError("the chosen card is not to be seen")


def _append(dashboard: Dashboard, cause: str, number: int) -> None:
    """Store `number` more effects of an event, as a collector would while somebody looks."""
    ref = EventRef.parse(cause)
    assert ref
    row = dashboard.store.query("cascades_event", ref._asdict())[0]
    seen = Seen(ref, row["time"], row["service"], row["type"], row["trace_id"])
    story = Story(datetime.now(UTC))
    for step in range(number):
        story.event("late.arrivals", f"Late{step}", "late", seen.time + timedelta(seconds=1 + step), seen)
    story.write(dashboard.store, "late")


def test_an_unmet_claim_and_an_unlinked_trace_are_told(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["orphan"])

    expect(page.locator(".card", has_text="CAUSE NOT SEEN")).to_be_visible()
    expect(page.locator(".st-key-panel")).to_contain_text("id:never-seen-<b>4711</b>, which was never seen")
    expect(page.get_by_text("more events in the same trace, but nothing links them")).to_be_visible()


def test_hostile_text_stays_text(company: Dashboard, page: Page) -> None:
    for path in ("/", "/flow", "/cascades", "/flows", "/anomalies", "/linkability", "/collector"):
        page.goto(company.url + path)
        expect(
            page.get_by_text("all times are UTC")
        ).to_be_visible()  # the last thing on each of these pages but one
        _expect_inert(page)
    _open(page, company, company.refs["hostile"])
    panel = page.locator(".st-key-panel")
    expect(panel).to_contain_text("<script>window.__hacked=1</script>")
    expect(panel).to_contain_text("\\x1b[31mred")
    expect(panel).to_contain_text("⟨U+202E⟩")
    expect(panel).to_contain_text("masked before it was stored")
    expect(panel).to_contain_text("name is not UTF-8, in hexadecimal")
    _expect_inert(page)


def _expect_inert(page: Page) -> None:
    assert page.evaluate("window.__hacked") is None
    assert page.locator("img[src=x], a[href^=javascript]").count() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ord-20001", "found by correlation id"),
        ("nothing-like-this", "Nothing found"),
        ("SMTPRecipients", "No id or key, but 7 events"),
        ("<b>x</b>`*", "Nothing found"),
    ],
)
def test_a_search_finds_or_says_that_it_does_not(
    company: Dashboard, page: Page, text: str, said: str
) -> None:
    page.goto(company.url + "/cascades")
    field = page.get_by_role("textbox", name="Search")
    field.fill(text)
    field.press("Enter")

    expect(page.get_by_text(said).first).to_be_visible()
    assert "ref=" in page.url


def test_ten_thousand_events_are_drawn_with_the_rest_folded(big: Dashboard, page: Page) -> None:
    page.goto(f"{big.url}/cascades?event={big.refs['dead']}")
    graph = page.locator(".graph[data-drawn]")
    expect(graph).to_be_visible(timeout=40_000)
    rows = int(page.locator(".fall").get_attribute("data-rows") or 0)
    assert 2_500 <= rows < 10_000  # what does not fit is folded below its causes
    page.get_by_role("button", name="Show everything").click()
    expect(graph).to_have_attribute("data-drawn", "canvas")
    page.get_by_role("button", name="Go to the failure").click()
    expect(graph).to_have_attribute("data-drawn", "svg")
    expect(page.locator(".card.dead")).to_be_visible()


def test_a_map_of_hundreds_of_topics_says_what_it_leaves_out(big: Dashboard, page: Page) -> None:
    page.goto(big.url + "/flow")

    expect(page.locator(".graph[data-drawn]")).to_be_visible(timeout=40_000)
    expect(page.get_by_text("busiest are drawn")).to_be_visible()


def test_where_it_started_and_what_it_touched_are_told(company: Dashboard, page: Page) -> None:
    _open(page, company, company.refs["dead"])

    expect(page.locator(".hw-box", has_text="Where it started")).to_contain_text("stock.reserve/")
    expect(page.locator(".hw-box", has_text="Where it started")).to_contain_text(
        "failed at inventory and was retried"
    )
    touched = page.locator(".hw-box", has_text="What it touched")
    expect(touched).to_contain_text("6 events, 3 services, 5 topics, 1 business key, 1 dead letter")
    page.get_by_text("touched, as a list: 6 events").click()
    button = page.get_by_role("button", name="Download as CSV")
    button.hover()  # waits until the list has unfolded: a click on a button that moves is lost
    with page.expect_download(timeout=60_000) as download:
        button.click()
    assert download.value.path().read_text().count("\n") == 7


def test_waiting_is_told_from_working_where_spans_do(company: Dashboard, page: Page) -> None:
    parcel = company.store.query("search_text", {"text": "ParcelDelivered", "events_max": 1})[0]
    _open(page, company, str(EventRef(parcel["topic"], parcel["partition"], parcel["offset"])))

    expect(page.locator(".st-key-panel")).to_contain_text("in the topic")
    expect(page.locator(".hw-box", has_text="Where the time went")).to_contain_text("Waiting in topics")


def test_candidates_are_offered_and_not_drawn(company: Dashboard, page: Page) -> None:
    event, guess = EventRef.parse(company.refs["parcel"]), EventRef.parse(company.refs["healthy"])
    assert event
    assert guess
    row = {f"effect_{name}": value for name, value in event._asdict().items()}
    row |= {f"cause_{name}": value for name, value in guess._asdict().items()}
    now = datetime.now(UTC)
    row |= {"confidence": 0.31, "name": "<b>courier</b> reads orders", "cause_type": "OrderPlaced"}
    row |= {"cause_time": now, "effect_time": now, "inferred_time": now}
    company.store.insert("edge_candidates", pa.Table.from_pylist([row]), token="guess")
    _open(page, company, company.refs["parcel"])

    panel = page.locator(".st-key-panel")
    expect(panel).to_contain_text("too unsure: not drawn")
    expect(panel).to_contain_text("confidence 0.31: <b>courier</b> reads orders")
    assert page.locator(".card").count() == 1
