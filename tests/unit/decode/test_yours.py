"""Headers that a user declares: read before all others, and named among their own."""

from typing import get_args

from collector.decode.conventions import CONVENTIONS, Meaning
from collector.decode.conventions.yours import with_yours
from collector.settings import DeclaredHeader, DeclaredMeaning
from tests.support.records import Record, decoded

ACME = with_yours(
    [
        DeclaredHeader(key="x-acme-id", meaning="message id", namespace="acme"),
        DeclaredHeader(key="x-acme-cause", meaning="causation id", namespace="acme"),
        DeclaredHeader(key="X-Acme-Kind", meaning="event type"),
    ]
)


def test_cause_and_effect_meet_in_their_namespace() -> None:
    cause = decoded(Record([("x-acme-id", b"7")]), conventions=ACME)
    effect = decoded(Record([("X-ACME-ID", b"8"), ("x-acme-cause", b"7")]), conventions=ACME)

    assert cause["names"] == ["id/acme:7"]
    assert effect["names"] == ["id/acme:8"]
    assert (effect["reference_names"], effect["reference_evidences"]) == (["id/acme:7"], ["header"])
    assert (cause["errors"], effect["errors"]) == ([], [])


def test_an_id_in_a_namespace_is_shown_where_there_is_no_other() -> None:
    assert decoded(Record([("x-acme-id", b"7")]), conventions=ACME)["message_id"] == "7"
    both = decoded(Record([("x-acme-id", b"7"), ("ce_id", b"e-1")]), conventions=ACME)
    assert (both["message_id"], both["names"]) == ("e-1", ["id/acme:7", "id:e-1"])


def test_what_is_declared_counts_before_what_is_known() -> None:
    row = decoded(Record([("ce_type", b"known"), ("x-acme-kind", b"declared")]), conventions=ACME)

    assert row["type"] == "declared"


def test_a_known_key_can_be_given_another_meaning() -> None:
    conventions = with_yours([DeclaredHeader(key="x-request-id", meaning="causation id")])

    row = decoded(Record([("X-Request-Id", b"7")]), conventions=conventions)

    assert row["reference_names"] == ["id:7"]


def test_nothing_declared_is_the_table_as_it_is() -> None:
    assert with_yours([]) is CONVENTIONS


def test_every_meaning_that_can_be_declared_is_one() -> None:
    assert {Meaning(meaning) for meaning in get_args(DeclaredMeaning)} < set(Meaning)
