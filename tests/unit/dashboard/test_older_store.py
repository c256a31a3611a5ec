"""A store whose tables are of an older version is neither empty nor up to date."""

from dashboard.read import NoTablesYetError
from dashboard.text import escaped, with_code


def test_only_a_store_without_any_table_is_empty() -> None:
    assert NoTablesYetError(62, of=62).is_empty
    assert not NoTablesYetError(1, of=62).is_empty


def test_what_stands_between_backticks_is_code_and_stays_escaped() -> None:
    assert with_code(escaped("run `headwater up`")) == "<bdi>run <code>headwater up</code></bdi>"
    assert with_code(escaped("`<script>` one `")) == "<bdi><code>&lt;script&gt;</code> one `</bdi>"
