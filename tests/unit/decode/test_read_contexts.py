"""Several trace contexts on one record, and contexts that are broken."""

import pytest

from collector.errors import RecordError
from tests.support.records import NOW_MS, Record, decoded, record_columns

TRACE, SPAN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "b7ad6b7169203331"
OTHER_TRACE, OTHER_SPAN = "0af7651916cd43dd8448eb211c80319c", "0020000000000001"


def w3c(trace: str = TRACE, span: str = SPAN) -> tuple[str, bytes]:
    return "traceparent", f"00-{trace}-{span}-01".encode()


def test_a_parent_is_taken_from_another_format_of_the_same_span() -> None:
    row = decoded(Record([w3c(), ("b3", f"{TRACE}-{SPAN}-1-{PARENT}".encode())]))

    assert (row["span_id"], row["parent_span_id"]) == (SPAN, PARENT)


@pytest.mark.parametrize(("trace", "span"), [(OTHER_TRACE, SPAN), (TRACE, OTHER_SPAN)])
def test_a_parent_of_another_span_is_not_taken(trace: str, span: str) -> None:
    row = decoded(Record([w3c(), ("b3", f"{trace}-{span}-1-{PARENT}".encode())]))

    assert (row["trace_id"], row["span_id"], row["parent_span_id"]) == (TRACE, SPAN, "")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("b3", f"{TRACE}-{SPAN}-1"),
        ("uber-trace-id", f"{TRACE}:{SPAN}:0:1"),
        ("MT-Activity-Id", w3c()[1].decode()),
    ],
)
def test_a_context_that_names_no_service_leaves_it_to_the_source(key: str, value: str) -> None:
    row = decoded(Record([(key, value.encode()), ("ce_source", b"/shop/checkout")]))

    assert (row["span_id"], row["service"]) == (SPAN, "checkout")


@pytest.mark.parametrize(
    "broken",
    [
        f"00-{TRACE.upper()}-{SPAN}-01".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}-01-more".encode(),
        b"\xff\xfe" * 20,
        b"",
    ],
)
def test_a_broken_context_is_noted_and_another_format_counts(broken: bytes) -> None:
    row = decoded(Record([("traceparent", broken), ("b3", f"{OTHER_TRACE}-{OTHER_SPAN}".encode())]))

    assert (row["trace_id"], row["trace_convention"]) == (OTHER_TRACE, "b3-single")
    assert row["errors"] == [RecordError.TRACE_CONTEXT_INVALID]


def test_a_null_context_is_none_and_no_mistake() -> None:
    row = decoded(Record([("traceparent", None)]))

    assert (row["trace_id"], row["trace_convention"], row["errors"]) == ("", "", [])


def test_a_header_knows_better_than_the_body_of_a_cloudevent() -> None:
    body = (
        f'{{"specversion":"1.0","id":"e","source":"/a","type":"t","traceparent":"00-{OTHER_TRACE}-{SPAN}-01"}}'
    ).encode()

    assert decoded(Record([w3c()], body))["trace_id"] == TRACE
    assert (
        decoded(Record([("ce_traceparent", f"00-{OTHER_TRACE}-{SPAN}-01".encode()), w3c()]))["trace_id"]
        == TRACE
    )
    assert decoded(Record([], body))["trace_id"] == OTHER_TRACE


def test_equal_contexts_of_a_chain_make_no_edge() -> None:
    """FastStream injects the context that it has read: three events under one span, none of them the cause."""
    columns = record_columns()
    for offset in range(3):
        columns.add("orders", 0, [Record([w3c(), ("correlation_id", b"c-1")], offset=offset)], NOW_MS)

    rows = columns.table(1).to_pylist()

    assert [row["names"] for row in rows] == [[f"span:{TRACE}-{SPAN}"]] * 3
    assert [row["reference_names"] for row in rows] == [[]] * 3


def test_equal_contexts_on_one_record_name_no_cause() -> None:
    assert decoded(Record([w3c(), w3c()]))["reference_names"] == []
