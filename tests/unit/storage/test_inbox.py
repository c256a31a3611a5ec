"""What goes into the engine is what was sent, whoever else sends at the same time."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.storage.inbox import Inbox


@given(st.lists(st.lists(st.binary(max_size=50)), min_size=1, max_size=4))
def test_a_file_holds_its_pieces_and_nothing_of_those_before(inserts: list[list[bytes]]) -> None:
    inbox = Inbox()
    for pieces in inserts:
        with inbox.holding(pieces) as path:
            assert Path(path).read_bytes() == b"".join(pieces)
    inbox.close()


def test_two_at_once_have_files_of_their_own() -> None:
    inbox = Inbox()
    with inbox.holding([b"first"]) as first, inbox.holding([b"second, longer"]) as second:
        assert first != second
        assert (Path(first).read_bytes(), Path(second).read_bytes()) == (b"first", b"second, longer")


def test_many_threads_read_what_they_sent() -> None:
    inbox = Inbox()

    def send(number: int) -> bool:
        sent = b"%d," % number * (number + 1)
        with inbox.holding([sent[:7], sent[7:]]) as path:
            return Path(path).read_bytes() == sent

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, range(400)))


def test_a_source_that_fails_leaves_it_usable() -> None:
    inbox = Inbox()
    with pytest.raises(ZeroDivisionError), inbox.holding(bytes([1 // 0]) for _ in range(1)):
        pass
    with inbox.holding([b"next"]) as path:
        assert Path(path).read_bytes() == b"next"


def test_it_may_be_closed_twice_and_while_it_is_used() -> None:
    inbox = Inbox()
    with inbox.holding([b"rows"]) as path:
        inbox.close()
        assert Path(path).read_bytes() == b"rows"
    inbox.close()
    inbox.close()
