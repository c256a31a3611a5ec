"""The pure half of the HTTP interface."""

import gzip
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.wire import (
    BadBodyError,
    Insert,
    TooLargeError,
    compress,
    decompress,
    output_format,
    split_insert,
    status_of,
)

ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "": bytes,
}
LIMIT = 10 * 2**20


def whole(body: bytes, encoding: str, bytes_max: int = LIMIT) -> bytes:
    return b"".join(decompress(body, encoding, bytes_max=bytes_max))


@given(blocks=st.lists(st.binary(max_size=5000), max_size=6), encoding=st.sampled_from(sorted(ENCODERS)))
def test_every_block_comes_back_in_order(blocks: list[bytes], encoding: str) -> None:
    assert whole(b"".join(ENCODERS[encoding](block) for block in blocks), encoding) == b"".join(blocks)


@given(
    content=st.binary(min_size=1, max_size=300_000),
    accepted=st.sampled_from(["lz4", "zstd;q=1, lz4", "br, gzip", "", "br"]),
)
def test_what_is_compressed_for_a_client_it_can_read(content: bytes, accepted: str) -> None:
    body, encoding = compress(content, accepted)

    assert encoding in ("", *accepted.replace(";q=1", "").split(", "))
    assert whole(body, encoding) == content


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate"])
def test_a_torn_body_is_an_error_wherever_it_was_torn(encoding: str) -> None:
    content = bytes(range(256)) * 20
    first = len(ENCODERS[encoding](content))
    body = ENCODERS[encoding](content) + ENCODERS[encoding](b"second")

    for length in range(1, len(body)):
        if length == first:
            assert whole(body[:length], encoding) == content
            continue
        with pytest.raises(BadBodyError):
            whole(body[:length], encoding)


@pytest.mark.parametrize("encoding", sorted(ENCODERS))
def test_the_limit_holds_for_what_comes_out(encoding: str) -> None:
    body = ENCODERS[encoding](bytes(LIMIT + 1))

    assert len(whole(body, encoding, LIMIT + 1)) == LIMIT + 1
    with pytest.raises(TooLargeError):
        whole(body, encoding)


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip"])
def test_a_bomb_comes_out_in_small_pieces(encoding: str) -> None:
    body = ENCODERS[encoding](bytes(200 * 2**20))

    largest = max(len(piece) for piece in decompress(body, encoding, bytes_max=2**30))

    assert largest <= 40 * 2**20


@pytest.mark.parametrize("encoding", ["br", "nonsense"])
def test_an_unknown_encoding_is_named(encoding: str) -> None:
    with pytest.raises(BadBodyError, match=encoding):
        whole(b"x", encoding)


@pytest.mark.parametrize(
    ("text", "sql", "format_name", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\x01\n", "INSERT INTO t ", "Native", b"\x01\n"),
        (
            b"insert into `a b` (x, `FORMAT y`) format TSV\r\n1",
            "insert into `a b` (x, `FORMAT y`) ",
            "TSV",
            b"1",
        ),
        (b"INSERT INTO t SETTINGS a='b' FORMAT CSV ", "INSERT INTO t SETTINGS a='b' ", "CSV", b""),
        (b"INSERT INTO t FORMAT JSONEachRow {}", "INSERT INTO t ", "JSONEachRow", b"{}"),
        (b"/* SELECT */ INSERT INTO t FORMAT TSV", "/* SELECT */ INSERT INTO t ", "TSV", b""),
        (b"INSERT INTO t (a) VALUES", "INSERT INTO t (a) ", "Values", b""),
    ],
)
def test_an_insert_is_split_from_its_data(text: bytes, sql: str, format_name: str, data: bytes) -> None:
    found = split_insert(text)

    assert found == Insert(sql, format_name, len(text) - len(data))


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1 FORMAT Native",
        b"INSERT INTO t SELECT * FROM u FORMAT Null",
        b"INSERT INTO t VALUES (1)",
        b"INSERT INTO t SELECT 'FORMAT TSV\n'",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"-- INSERT INTO t FORMAT TSV\nSELECT 1",
        b"",
    ],
)
def test_other_statements_are_left_alone(text: bytes) -> None:
    assert split_insert(text) is None


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT 1 FORMAT JSON", "JSON"),
        ("SELECT 1\n format CSV ;\n", "CSV"),
        ("SELECT 'FORMAT JSON'", ""),
        ("SELECT 1", ""),
    ],
)
def test_the_format_that_a_query_names(sql: str, name: str) -> None:
    assert output_format(sql) == name


@pytest.mark.parametrize(
    ("code", "status"), [(62, 400), (516, 403), (60, 404), (307, 413), (241, 500), (1002, 500)]
)
def test_error_codes_have_the_status_of_a_server(code: int, status: int) -> None:
    assert status_of(code) == status
