"""What the services decide."""

from typing import Any

from collector.demo.handlers.delivering import dispatch, notify, relay_order
from collector.demo.handlers.paying import DEAD_LETTERS, RETRIES, redrive, take_payment, write_invoice
from collector.demo.handlers.selling import manage_stock, open_case, place_order
from collector.demo.model import Draft, Record
from collector.demo.payloads import paid_cents
from collector.demo.spring import retry_headers
from collector.demo.story import RepeatingStory, Scene, scene
from schemas.records import EventRef

STORY = RepeatingStory(start_s=0.0)
CALM, FAILING, FIXED = 10.0, 60.0, 126.0


def at(second: float) -> Scene:
    return scene(STORY, second, seed=1)


def read(
    topic: str, payload: dict[str, Any], headers: list[tuple[str, bytes | None]] | None = None
) -> Record:
    return Record(EventRef(topic, 0, 1), payload.get("order_id"), payload, headers or [], CALM)


def paid(number: int, second: float) -> Record:
    """A captured payment of an order that is not declined."""
    while True:
        (placed,) = place_order(number, at(second))
        reserved = manage_stock([read(placed.topic, placed.payload)], at(second))[0]
        (draft,) = take_payment([read(reserved.topic, reserved.payload)], at(second))
        if draft.topic == "payments.captured":
            return read(draft.topic, draft.payload)
        number += 1


def fail(record: Record, draft: Draft) -> Record:
    """The copy that a failed record becomes."""
    assert draft.failure
    return Record(
        EventRef(draft.topic, 0, 9), record.key, record.payload, retry_headers(record, draft.failure), CALM
    )


def test_a_payment_that_billing_can_read_becomes_an_invoice_over_the_same_amount() -> None:
    record = paid(1, CALM)

    (invoice,) = write_invoice([record], at(CALM))

    assert invoice.topic == "billing.invoices"
    assert invoice.payload["net_cents"] + invoice.payload["vat_cents"] == record.payload["amount_cents"]


def test_a_payment_of_the_broken_release_is_retried_twice_and_then_given_up() -> None:
    record = paid(1, FAILING)
    seen = []
    for _ in range(3):
        (draft,) = write_invoice([record], at(FAILING))
        seen.append((draft.topic, draft.relation))
        record = fail(record, draft)

    assert seen == [(RETRIES[0], "retried"), (RETRIES[1], "retried"), (DEAD_LETTERS, "dead_lettered")]


def test_every_change_breaks_the_old_billing_and_none_the_new_one() -> None:
    for turn in range(3):
        record = paid(1, turn * 180 + FAILING)
        calm = paid(1, CALM)

        assert write_invoice([record], at(turn * 180 + FAILING))[0].relation == "retried"
        assert write_invoice([record], at(turn * 180 + FIXED))[0].topic == "billing.invoices"
        assert paid_cents(record.payload) == paid_cents(calm.payload)


def test_dead_letters_are_sent_again_to_where_they_failed_and_not_before_the_fix() -> None:
    failed = paid(1, FAILING)
    (first,) = write_invoice([failed], at(FAILING))
    dead = fail(failed, first)

    (again,) = redrive([dead], at(FAILING))

    assert again.topic == failed.ref.topic
    assert again.relation == "redriven"
    incident = STORY.incident(FAILING)
    assert incident
    assert incident.redriven_s <= FAILING + again.after_s < incident.over_s


def test_what_is_sent_again_for_billing_is_not_delivered_twice() -> None:
    again = read(
        "payments.captured", paid(1, FAILING).payload, [("kafka_dlt-original-consumer-group", b"billing")]
    )

    assert relay_order([again], at(FIXED)) == []


def test_an_order_fans_out_into_one_shipment_per_parcel() -> None:
    payload = {"orderId": "ord-1", "customerId": "cus-1", "parcels": 3, "delivery": {}}

    drafts = dispatch([read("outbox.event.order", payload)], at(CALM))

    assert [draft.payload["parcel"]["number"] for draft in drafts] == [1, 2, 3]


def test_a_few_mailboxes_are_gone_and_the_rest_gets_mail() -> None:
    drafts = [
        notify([read("loyalty.points", {"order_id": f"ord-{number}", "customer_id": "c"})], at(CALM))[0]
        for number in range(1000)
    ]

    dead = [draft for draft in drafts if draft.relation == "dead_lettered"]
    assert 3 <= len(dead) < 25
    assert {draft.topic for draft in dead} == {"loyalty.points-dlt"}
    assert {draft.topic for draft in drafts} - {"loyalty.points-dlt"} == {"notifications.sent"}


def test_only_doubtful_orders_become_cases() -> None:
    verdict = {
        "order_id": "o",
        "customer_id": "c",
        "score": 0.9,
        "signals": {"new_device": True},
        "model": "m",
    }

    assert open_case([read("fraud.verdicts", verdict | {"verdict": "pass"})], at(CALM)) == []
    assert (
        open_case([read("fraud.verdicts", verdict | {"verdict": "review"})], at(CALM))[0].topic
        == "fraud.cases"
    )
