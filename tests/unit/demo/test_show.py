"""What the demo says on something that is no terminal."""

import io
import time

from rich.console import Console

from collector.demo.model import Cause
from collector.demo.show import PLAIN_EVERY_S, Show
from collector.demo.truth import Truth
from collector.supervise import Event
from schemas.records import EventRef


def show_into(said: io.StringIO, seconds_ago: float = 0.0) -> Show:
    return Show(Console(file=said, width=60), time.monotonic() - seconds_ago)


def test_the_state_is_said_now_and_then_in_whole_lines() -> None:
    said = io.StringIO()
    truth = Truth()
    root = EventRef("shop.orders", 0, 0)
    truth.add(root, [], "web-checkout")
    truth.add(EventRef("a-dlt", 0, 0), [Cause(root, "dead_lettered", "provenance")], "billing")
    show = show_into(said, seconds_ago=PLAIN_EVERY_S + 65)

    with show.changing_line():
        show.state(truth, "failing", None)
        show.state(truth, "failing", 3)

    assert said.getvalue() == "  01:15  - 2 events   1 cascade   1 dead letter   failing\n"


def test_how_far_the_collector_is_behind_is_said_only_when_it_is_known() -> None:
    said = io.StringIO()

    show_into(said, seconds_ago=PLAIN_EVERY_S).state(Truth(), "calm", 1234)

    assert said.getvalue().endswith("calm   collector 1,234 behind\n")


def test_what_children_print_cannot_move_the_cursor_or_use_markup() -> None:
    said = io.StringIO()

    show_into(said).child(Event("store", "died", "ended: [red]\x1b[2J\rgone[/red]"))

    assert "\x1b" not in said.getvalue()
    assert "\r" not in said.getvalue()
    assert "[red]" in said.getvalue()


def test_lines_of_children_that_say_nothing_new_are_left_out() -> None:
    said = io.StringIO()
    show = show_into(said)

    for kind in ("starting", "printed", "stopped"):
        show.child(Event("collector", kind, "x"))

    assert said.getvalue() == ""
