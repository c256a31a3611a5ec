"""Templates: what differs in data only is the same, what differs in words is not."""

import re

from hypothesis import given
from hypothesis import strategies as st

from collector.detect.dead_letters_text import (
    MESSAGE_CHARACTERS_MAX,
    said_message,
    template_id,
    template_of,
)
from collector.settings import load

REDACT = re.compile(load().redact_exceptions)


def test_folds_what_is_data() -> None:
    message = (
        "Order ord-123456 of customer 'John Smith' not found at 2026-11-23T10:00:00Z in 0x1f, "
        "123e4567-e89b-12d3-a456-426614174000, com.shop.Invoice@1a2b3c4d, 10.0.0.1:8080, a.b@c.de, -12.50 EUR"
    )

    assert template_of(message) == (
        "Order <id> of customer '<text>' not found at <time> in <hex>, "
        "<uuid>, com.shop.Invoice@<hex>, <address>, <email>, <n> EUR"
    )


def test_keeps_what_names_the_reason() -> None:
    kept = [
        "Missing required creator property 'amount_cents' (fields seen: currency, amount)",
        "Cannot deserialize value of type `int` from String",
        "Cannot read java.lang.Int32 as utf8 in Log4j",
        "can't parse it's",
    ]

    assert [template_of(message) for message in kept] == kept


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.uuids(), st.uuids())
def test_messages_that_differ_in_data_have_one_template(one: int, other: int, a: object, b: object) -> None:
    first, second = (
        f"order {number} of '{uuid} x' is gone: ord-{number}" for number, uuid in ((one, a), (other, b))
    )

    assert template_of(first) == template_of(second)


@given(st.text(max_size=2_000))
def test_any_text_has_a_bounded_template_that_folds_to_itself_in_length(text: str) -> None:
    template = template_of(text)

    assert len(template) <= 300
    assert template_id("E", template) == template_id("E", template_of(text))
    assert template_id("E", template) != template_id("F", template)


def test_the_cause_speaks_and_not_its_wrapper() -> None:
    stack = "a.Wrapper: failed\n\tat x\nCaused by: b.Cause: card refused\n\tat y\n"

    assert said_message("Listener failed", stack, "b.Cause", REDACT) == "card refused"
    assert said_message("x; nested exception is b.Cause: gone", "", "b.Cause", REDACT) == "gone"
    assert said_message("plain", "", "b.Cause", REDACT) == "plain"


def test_messages_are_redacted_and_bounded() -> None:
    said = said_message("login of a.b@c.de failed, password=hunter2 " + "x" * 5_000, "", "", REDACT)

    assert said.startswith("login of *** failed, *** x")
    assert len(said) == MESSAGE_CHARACTERS_MAX
