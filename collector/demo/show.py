"""What the demo says in the terminal: calm lines, and one line that changes where the terminal can do that."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from collector.demo.truth import Truth
from collector.supervise import Event

PLAIN_EVERY_S = 10.0
REFRESH_PER_S = 2

Advance = Callable[[float, str], None]


class Show:
    """Prints to `console`. `start_s` is when the demo began, by the monotonic clock."""

    def __init__(self, console: Console, start_s: float) -> None:
        self._console = console
        self._start_s = start_s
        self._live: Live | None = None
        self._last_plain_s = start_s

    def line(self, mark: str, text: str, style: str = "") -> None:
        """Print one line that stays, with the time since the start."""
        elapsed_s = int(time.monotonic() - self._start_s)
        stamp = Text(f"  {elapsed_s // 60:02}:{elapsed_s % 60:02}  ", style="dim")
        self._console.print(stamp + Text(f"{mark} ", style="dim") + Text(text, style=style), soft_wrap=True)

    def child(self, event: Event) -> None:
        """Print what the supervisor tells of a child, where it matters to who watches a demo."""
        if event.kind == "died":
            self.line("!", f"{event.child} {printable(event.text)}", "yellow")
        elif event.kind == "slow":
            self.line("!", f"{event.child} is {event.text}", "yellow")
        elif event.kind == "ready" and event.child != "dashboard":
            self.line("*", f"{event.child} runs")

    def state(self, truth: Truth, chapter: str, behind: int | None) -> None:
        """Show where things stand: in the changing line, or now and then as a line of its own."""
        text = (
            f"{count(truth.events, 'event')}   {count(truth.cascades, 'cascade')}   "
            f"{count(truth.dead_letters, 'dead letter')}   {chapter}"
            + ("" if behind is None else f"   collector {behind:,} behind")
        )
        if self._live:
            self._live.update(Text(f"  {text}", style="bold"))
        elif time.monotonic() - self._last_plain_s >= PLAIN_EVERY_S:
            self._last_plain_s = time.monotonic()
            self.line("-", text)

    def changing_line(self) -> AbstractContextManager[object]:
        """Keep one line at the bottom that `state` changes. Lines printed meanwhile go above it."""
        if not self._console.is_terminal:
            return nullcontext()
        self._live = Live(console=self._console, refresh_per_second=REFRESH_PER_S, transient=True)
        return self._live

    @contextmanager
    def progress(self, doing: str) -> Iterator[Advance]:
        """Show a bar while inside; the function given takes the share done (0..1) and a text."""
        if not self._console.is_terminal:
            yield lambda _share, _text: None
            return
        columns = (TextColumn("         {task.description}"), BarColumn(), TextColumn("{task.fields[said]}"))
        with Progress(*columns, TimeRemainingColumn(), console=self._console, transient=True) as bar:
            task = bar.add_task(doing, total=1.0, said="")
            yield lambda share, text: bar.update(task, completed=share, said=text)


def count(number: int, of_what: str) -> str:
    """Return `1 event`, `1,234 events`."""
    return f"{number:,} {of_what}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return `text` without control characters: what a child prints may hold text from the wire."""
    return "".join(character if character.isprintable() else " " for character in text)
