"""The report of a week as one HTML file that loads nothing: text from the wire is escaped by the template's engine."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from collector.detect.story import STATE_MEANINGS, STATE_WORDS
from collector.report import words
from collector.report.follow_ups import SHOWN_MAX, TITLES
from collector.report.links import Links
from collector.report.pictures import WIDTH
from collector.report.review import STORIES_MAX, WEEKS_COMPARED, Review
from collector.words import count, duration, many, stamp, visible

_TEXT_MAX = 4_000
_TEMPLATES = Path(__file__).parent / "templates"
# When it is printed, whatever the screen's theme is.
PAPER_COLOURS = {
    "text": "#000", "quiet": "#444", "line": "#bbb", "back": "#fff", "box": "#f3f3f3",
    "blue": "#1d5a9e", "red": "#b01f24", "amber": "#8a5000", "green": "#136c44",
}  # fmt: skip


def html_text(review: Review, links: Links, *, picture_css: str = "") -> str:
    """Return the whole file. It holds no script, and its policy forbids loading anything.

    With `picture_css` it is for a renderer of paper that gives pictures no style sheet but their own, and no links.
    """
    return _environment().get_template("weekly.html").render(
        review=review,
        links=links,
        follow_ups={
            kind: [one for one in review.follow_ups if one.kind == kind]
            for kind in TITLES
            if any(one.kind == kind for one in review.follow_ups)
        },
        follow_up_titles=TITLES,
        follow_ups_max=SHOWN_MAX,
        stories_max=STORIES_MAX,
        weeks_compared=WEEKS_COMPARED,
        width=WIDTH,
        picture_css=Markup(picture_css),  # noqa: S704 - our own file
        paper_colours=PAPER_COLOURS,
    )  # fmt: skip


def template_text(name: str) -> str:
    """Return a template as it is written."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _made_visible(value: Any) -> Any:
    """Spell out control and direction characters of whatever text is shown; the engine escapes it after this."""
    return visible(value, _TEXT_MAX) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("collector.report"),
        autoescape=True,
        finalize=_made_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        count=count, visible=visible, stamp=stamp, seconds=words.seconds,
        value=words.value_text, before=words.before_text, period=words.period_text,
        kept=words.kept_text, trend=words.trend_text, rests_on=words.n_text, number=words.number,
    )  # fmt: skip
    made.globals.update(
        many=many, duration=duration, arrows=words.ARROWS, state_words=STATE_WORDS, state_meanings=STATE_MEANINGS,
        verdicts_note=words.VERDICTS_NOTE,
    )  # fmt: skip
    return made
