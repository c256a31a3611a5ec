"""What `headwater doctor --sample` says of the records of a topic."""

from collections.abc import Sequence

from collector.commands.doctor import header_lines, linkability_lines
from collector.decode.conventions import CONVENTIONS, Convention
from collector.decode.conventions.yours import with_yours
from collector.settings import DeclaredHeader
from tests.support.records import NOW_MS, Record, record_columns

ACME = with_yours([DeclaredHeader(key="x-acme-cause", meaning="causation id", namespace="acme")])
RECORDS = [
    Record([("x-acme-cause", b"1"), ("x-trace", b"?")], offset=0),
    Record([("x-acme-cause", b"2"), ("ce_id", b"e")], offset=1),
]


def lines(records: Sequence[Record], conventions: Sequence[Convention]) -> tuple[list[str], list[str]]:
    columns = record_columns(conventions=conventions)
    columns.add("orders", 0, records, NOW_MS)
    events = columns.table(1)
    return linkability_lines(events), header_lines(events, conventions)


def test_a_header_that_is_not_understood_is_named_with_what_to_do() -> None:
    linkability, headers = lines(RECORDS, CONVENTIONS)

    assert "  0%  name their cause" in linkability
    assert any(line.startswith("What it costs: ") for line in linkability)
    assert headers[:3] == [
        " 50%  ce_id: message id (cloudevents)",
        "100%  x-acme-cause: not understood",
        " 50%  x-trace: not understood",
    ]
    assert headers[-1].startswith('[[headers]] key = "x-acme-cause", meaning = "causation id"')


def test_once_it_is_declared_it_is_understood_and_links() -> None:
    linkability, headers = lines(RECORDS, ACME)

    assert "100%  name their cause" in linkability
    assert not any(line.startswith("What it costs: ") for line in linkability)
    assert headers[:2] == [
        "100%  x-acme-cause: causation id (yours)",
        " 50%  ce_id: message id (cloudevents)",
    ]


def test_a_word_means_what_it_means_beside_the_others_of_its_framework() -> None:
    alone = [Record([("SourceAddress", b"loopback://a")])]
    beside = [Record([("MessageId", b"1"), ("SourceAddress", b"loopback://a")])]

    assert lines(alone, CONVENTIONS)[1][0] == "100%  SourceAddress: not understood"
    assert "100%  SourceAddress: source (masstransit)" in lines(beside, CONVENTIONS)[1]


def test_where_all_is_understood_nothing_is_asked_for() -> None:
    _, headers = lines([Record([("ce_id", b"1"), ("causation-id", b"0")])], CONVENTIONS)

    assert headers == [
        "100%  ce_id: message id (cloudevents)",
        "100%  causation-id: causation id (plain-ids)",
    ]
