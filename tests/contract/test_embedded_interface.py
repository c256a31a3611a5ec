"""The embedded store speaks ClickHouse's HTTP interface: its ordinary client, and curl, can use it."""

import gzip
import http.client
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import clickhouse_connect
import lz4.frame
import pyarrow as pa
import pytest
import zstandard
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from collector.storage.folder import ServerState, read_state

ROW = [
    2**64 - 1,
    "it's ü\t\n",
    None,
    "low",
    datetime(2026, 11, 23, 23, 59, 59, 123_000, tzinfo=UTC),
    ["a", None],
    {"k": [1, 2]},
    UUID(int=2**127),
    Decimal("12.345"),
    True,
    (1, "x"),
]
COLUMNS = (
    "id UInt64, text String, nothing Nullable(String), low LowCardinality(String), time DateTime64(3, 'UTC'), "
    "texts Array(Nullable(String)), map Map(String, Array(UInt8)), uuid UUID, price Decimal(9, 3), flag Bool, "
    "pair Tuple(UInt8, String)"
)


@pytest.fixture
def server(store_folder: Path) -> ServerState:
    state = read_state(store_folder)
    assert state is not None
    return state


def connect(server: ServerState, **options: Any) -> Client:
    return clickhouse_connect.get_client(
        host="127.0.0.1", port=server.port, username="headwater", password=server.password, **options
    )


@pytest.fixture(params=[False, "lz4", "zstd"])
def client(server: ServerState, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = connect(server, compress=request.param, tz_mode="aware")
    client.command("CREATE DATABASE IF NOT EXISTS interface")
    client.command("DROP TABLE IF EXISTS interface.t SYNC")
    client.command(f"CREATE TABLE interface.t ({COLUMNS}) ENGINE = MergeTree ORDER BY id")
    yield client
    client.close()


def test_rows_of_every_type_come_back(client: Client) -> None:
    client.insert("interface.t", [ROW])

    assert client.query("SELECT * FROM interface.t").result_rows == [tuple(ROW)]


def test_no_row_of_a_large_insert_is_lost(client: Client) -> None:
    """The client sends several compressed frames, one per block."""
    rows = [[index, "x" * 100, *ROW[2:]] for index in range(300_000)]

    summary = client.insert("interface.t", rows)

    assert client.command("SELECT count(), sum(id) FROM interface.t") == ["300000", str(sum(range(300_000)))]
    assert summary.written_rows == 300_000


def test_tables_travel_as_arrow(client: Client) -> None:
    table = pa.table({"id": pa.array([1, 2], pa.uint64()), "text": ["a", "b"]})

    client.insert_arrow("interface.t", table)

    found = client.query_arrow("SELECT id, text FROM interface.t ORDER BY id", use_strings=True)
    assert found.to_pydict() == table.to_pydict()


def test_frames_travel_both_ways(client: Client) -> None:
    client.insert("interface.t", [ROW])

    frame = client.query_df("SELECT id, text, time FROM interface.t")

    assert frame.iloc[0].to_dict() == {"id": ROW[0], "text": ROW[1], "time": ROW[4]}


def test_a_large_answer_comes_back_whole(client: Client) -> None:
    found = client.query("SELECT number, toString(number) AS text FROM numbers(200000)")

    assert found.row_count == 200_000
    assert found.result_rows[-1] == (199_999, "199999")


@pytest.mark.parametrize("form", [False, True])
def test_parameters_are_bound_by_the_server(server: ServerState, form: bool) -> None:
    client = connect(server, form_encode_query_params=form)
    pairs = [(f"o'{index}\\", index) for index in range(3_000 if form else 100)]

    found = client.query(
        "SELECT {pairs:Array(Tuple(String, UInt32))}, {s:String}", {"pairs": pairs, "s": "a\tb'"}
    )

    assert found.result_rows == [(pairs, "a\tb'")]
    client.close()


def test_settings_hold_for_one_request(server: ServerState) -> None:
    client = connect(server)
    ask = "SELECT getSetting('max_block_size')"

    changed = client.command(ask, settings={"max_block_size": 77})

    assert (changed, client.command(ask)) == (77, 65_409)
    client.close()


def test_the_database_is_the_clients(server: ServerState) -> None:
    client = connect(server, database="system")

    assert client.command("SELECT currentDatabase()") == "system"
    assert int(str(client.command("SELECT count() FROM one"))) == 1
    client.close()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 60),
        ("SELEC 1", 62),
        ("SELECT 1 SETTINGS nonsense = 1", 115),
        ("SELECT throwIf(1)", 395),
    ],
)
def test_errors_carry_their_code(server: ServerState, sql: str, code: int) -> None:
    client = connect(server)

    with pytest.raises(DatabaseError) as refused:
        client.query(sql)

    assert refused.value.code == code
    client.close()


def test_a_wrong_password_is_refused(server: ServerState) -> None:
    with pytest.raises(DatabaseError) as refused:
        connect(ServerState(pid=0, port=server.port, password="wrong"))

    assert refused.value.code == 516


def test_a_long_query_holds_nobody_up(server: ServerState) -> None:
    slow_settings = {"max_block_size": 1, "function_sleep_max_microseconds_per_block": 10_000_000}

    def slow(_: int) -> float:
        client = connect(server)
        client.query("SELECT sleepEachRow(0.25) FROM numbers(8)", settings=slow_settings)
        client.close()
        return monotonic()

    with ThreadPoolExecutor(20) as pool:
        slow_ends = [pool.submit(slow, index) for index in range(4)]
        quick = connect(server)
        for _ in range(10):
            quick.command("SELECT 1")
        quick_end = monotonic()
        assert quick_end < min(end.result() for end in slow_ends)
    quick.close()


# ---- without clickhouse-connect: what other programs send


class Raw:
    """An HTTP client that adds nothing."""

    def __init__(self, server: ServerState):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._login = {"X-ClickHouse-User": "headwater", "X-ClickHouse-Key": server.password}

    def post(
        self, body: bytes, headers: dict[str, str] | None = None, **params: str
    ) -> tuple[int, bytes, dict[str, str]]:
        self._connection.request("POST", f"/?{urlencode(params)}", body, {**self._login, **(headers or {})})
        return self._answer()

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
        self._connection.request("GET", path, headers=self._login if headers is None else headers)
        return self._answer()

    def _answer(self) -> tuple[int, bytes, dict[str, str]]:
        response = self._connection.getresponse()
        return response.status, response.read(), dict(response.getheaders())


@pytest.fixture
def raw(server: ServerState) -> Raw:
    raw = Raw(server)
    raw.post(b"CREATE DATABASE IF NOT EXISTS interface")
    raw.post(b"DROP TABLE IF EXISTS interface.r SYNC")
    raw.post(b"CREATE TABLE interface.r (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
    return raw


def test_ping_needs_no_password(raw: Raw) -> None:
    assert raw.get("/ping", headers={})[:2] == (200, b"Ok.\n")


def test_everything_else_needs_the_password(raw: Raw) -> None:
    for path in ("/?query=SELECT+1", "/lease", "/?query=SELECT+1&user=headwater&password=x"):
        status, body, headers = raw.get(path, headers={})

        assert (status, headers["x-clickhouse-exception-code"]) == (403, "516")
        assert body.startswith(b"Code: 516.")


def test_a_get_request_cannot_change_anything(raw: Raw) -> None:
    status, _, headers = raw.get("/?query=DROP+TABLE+interface.r")

    assert (status, headers["x-clickhouse-exception-code"]) == (500, "164")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", b"INSERT INTO interface.r FORMAT TabSeparated\n1\ta\n2\tSELECT FORMAT Native\n"),
        ("INSERT INTO interface.r (id, text) FORMAT TSV", b"1\ta\n2\tSELECT FORMAT Native\n"),
        ("INSERT INTO interface.r SETTINGS async_insert = 0 FORMAT TSV", b"1\ta\n2\tSELECT FORMAT Native\n"),
        ("INSERT INTO interface.r VALUES", b"(1, 'a'), (2, 'SELECT FORMAT Native')"),
        ("", b"/* why */ insert into interface.r values (1, 'a'), (2, 'SELECT FORMAT Native')"),
        (
            "",
            b"INSERT INTO interface.r SELECT number + 1, ['a', 'SELECT FORMAT Native'][number + 1] FROM numbers(2)",
        ),
        (
            "",
            b'-- FORMAT x\nINSERT INTO interface.r FORMAT JSONEachRow {"id":1,"text":"a"} '
            b'{"id":2,"text":"SELECT FORMAT Native"}',
        ),
    ],
)
def test_inserts_as_others_write_them(raw: Raw, query: str, body: bytes) -> None:
    status, said, _ = raw.post(body, query=query) if query else raw.post(body)

    assert (status, said) == (200, b"")
    assert (
        raw.post(b"SELECT * FROM interface.r ORDER BY id FORMAT TSV")[1] == b"1\ta\n2\tSELECT FORMAT Native\n"
    )


def test_data_may_begin_in_the_address_and_go_on_in_the_body(raw: Raw) -> None:
    body = lz4.frame.compress(b"2\tb\n")

    raw.post(body, {"Content-Encoding": "lz4"}, query="INSERT INTO interface.r FORMAT TSV\n1\ta")

    assert raw.post(b"SELECT * FROM interface.r ORDER BY id FORMAT TSV")[1] == b"1\ta\n2\tb\n"


def test_a_statement_may_be_split_over_address_and_body(raw: Raw) -> None:
    assert raw.post(b"41 + 1", query="SELECT")[1] == b"42\n"


@pytest.mark.parametrize("compress", [lz4.frame.compress, zstandard.ZstdCompressor().compress])
def test_frames_in_a_row_are_all_read(raw: Raw, compress: Any) -> None:
    name = "lz4" if compress is lz4.frame.compress else "zstd"
    body = b"".join(compress(b"%d\ta\n" % index) for index in range(50))

    raw.post(body, {"Content-Encoding": name}, query="INSERT INTO interface.r FORMAT TSV")

    assert raw.post(b"SELECT count() FROM interface.r")[1] == b"50\n"


def test_a_body_that_is_not_what_it_says_adds_nothing(raw: Raw) -> None:
    for name in ("lz4", "zstd", "gzip", "nonsense"):
        status, _, headers = raw.post(
            b"1\ta\n", {"Content-Encoding": name}, query="INSERT INTO interface.r FORMAT TSV"
        )

        assert (status, headers["x-clickhouse-exception-code"]) == (500, "271")
    assert raw.post(b"SELECT count() FROM interface.r")[1] == b"0\n"


def test_a_bomb_is_refused_and_the_store_goes_on(raw: Raw) -> None:
    bomb = zstandard.ZstdCompressor().compress(b"1\ta\n" * (200 * 2**20))

    status, _, headers = raw.post(
        bomb, {"Content-Encoding": "zstd"}, query="INSERT INTO interface.r FORMAT TSV"
    )

    assert len(bomb) < 100_000
    assert (status, headers["x-clickhouse-exception-code"]) == (413, "307")
    assert raw.post(b"SELECT count() FROM interface.r")[1] == b"0\n"


@pytest.mark.parametrize("compress", [lz4.frame.compress, zstandard.ZstdCompressor().compress, gzip.compress])
def test_a_torn_body_adds_nothing(raw: Raw, compress: Any) -> None:
    name = {lz4.frame.compress: "lz4", gzip.compress: "gzip"}.get(compress, "zstd")
    rows = b"".join(b"%d\t%s\n" % (index, secrets.token_hex(20).encode()) for index in range(100_000))
    body = compress(rows)

    status, _, _ = raw.post(
        body[:-1000], {"Content-Encoding": name}, query="INSERT INTO interface.r FORMAT TSV"
    )

    assert status == 500
    assert raw.post(b"SELECT count() FROM interface.r")[1] == b"0\n"


@pytest.mark.parametrize(("name", "decompress"), [("lz4", lz4.frame.decompress), ("zstd", None)])
def test_answers_are_compressed_where_asked(raw: Raw, name: str, decompress: Any) -> None:
    _, body, headers = raw.post(
        b"SELECT number FROM numbers(10000)", {"Accept-Encoding": f"br, {name}"}, enable_http_compression="1"
    )

    content = (
        decompress(body) if decompress else zstandard.ZstdDecompressor().decompressobj().decompress(body)
    )
    assert headers["content-encoding"] == name
    assert content.splitlines()[-1] == b"9999"


def test_the_summary_counts_what_was_written_and_read(raw: Raw) -> None:
    _, _, headers = raw.post(b"1\ta\n2\tb\n", query="INSERT INTO interface.r FORMAT TSV")
    written = json.loads(headers["x-clickhouse-summary"])
    _, _, headers = raw.post(b"SELECT * FROM interface.r FORMAT CSV", query_id="mine")

    assert written["written_rows"] == "2"
    assert json.loads(headers["x-clickhouse-summary"])["read_rows"] == "2"
    assert (headers["x-clickhouse-query-id"], headers["x-clickhouse-format"]) == ("mine", "CSV")
    assert headers["content-type"].startswith("text/csv")


def test_names_cannot_smuggle_sql_in(raw: Raw) -> None:
    status, _, headers = raw.post(b"SELECT 1", None, **{"a = 1; DROP": "1"})
    assert (status, headers["x-clickhouse-exception-code"]) == (400, "115")

    status, _, headers = raw.post(b"SELECT 1", database="default`; SELECT 2; --")
    assert (status, headers["x-clickhouse-exception-code"]) == (404, "81")

    assert (
        raw.post(b"SELECT getSetting('log_comment')", log_comment="a', max_threads = '9\\")[1]
        == b"a\\', max_threads = \\'9\\\\\n"
    )


def test_what_was_just_written_lies_in_few_files(server: ServerState) -> None:
    """A file is slow to make, and a table of many columns would make some of each for every write."""
    client = connect(server)
    name = f"few_{secrets.token_hex(4)}"
    columns = ", ".join(f"c{number} String" for number in range(40))
    client.command(f"CREATE TABLE {name} (id UInt64, {columns}) ENGINE = MergeTree ORDER BY id")
    try:
        # 20 MB: by ClickHouse's own defaults in files per column, with files of statistics.
        client.command(f"INSERT INTO {name} (id, c1) SELECT number, repeat('x', 2000) FROM numbers(10000)")
        found = client.query(
            f"SELECT part_type, data_uncompressed_bytes > 10485760 FROM system.parts WHERE active AND table = '{name}'"
        ).result_rows
        files = client.query(
            f"SELECT DISTINCT name FROM system.parts_columns WHERE table = '{name}' AND notEmpty(statistics)"
        ).result_rows
    finally:
        client.command(f"DROP TABLE {name}")
        client.close()
    assert (found, files) == ([("Compact", 1)], [])
