"""The report of a week as Markdown, for a wiki or a chat: the same words, without pictures."""

import re
from collections.abc import Iterator

from collector.detect.story import STATE_WORDS
from collector.report import words
from collector.report.follow_ups import SHOWN_MAX, TITLES
from collector.report.links import Links
from collector.report.review import WEEKS_COMPARED, Review, Telling, Worst
from collector.words import count, many, stamp, visible

# Whatever Markdown, the HTML inside it, or a site that makes links and mentions of bare text could obey. A dash or a
# number matters at the start of a line only, where no text from the wire stands; round brackets after square ones only.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#!|~$&@]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """Return text from the wire as text, whatever is in it."""
    return _SPECIAL.sub(r"\\\1", visible(text, 2_000))


def markdown_text(review: Review, links: Links) -> str:
    """Return the whole file."""
    return "\n".join(_lines(review, links)) + "\n"


def _lines(review: Review, links: Links) -> Iterator[str]:
    title = words.period_text(review.week)
    yield f"# {title[0].upper()}{title[1:]}"
    yield f"\n**{escaped(review.sentence)}**"
    for note in review.notes:
        yield f"\n> {escaped(note)}"
    if review.kind != "no data":
        yield from _figures(review, links)
        yield from _weeks(review)
        yield "\n## What broke"
        for told in review.tellings:
            yield from _telling(told, review, links)
        if not review.tellings:
            yield "\nNothing that the rules would call an incident began in this week."
        if review.others:
            yield f"\n### {many(len(review.others), 'shorter incident')}\n"
        for one in review.others:
            yield f"- {_link(one.title, links.incident(one.incident_id))}: {one.state}"
        yield from _worst("Worst topics", review.worst_topics)
        yield from _worst("Worst services", review.worst_services)
        for heading, texts in (("What improved", review.better), ("What got worse", review.worse)):
            if texts:
                yield f"\n## {heading}\n"
            yield from (f"- {escaped(text)}" for text in texts)
    if review.kept:
        yield "\n## Error budgets\n"
    for kept in review.kept:
        yield f"- {escaped(kept.objective.name)}: {escaped(words.kept_text(kept))}"
    yield from _follow_ups(review)
    yield f"\nMade {stamp(review.now)} by `headwater report`."


def _figures(review: Review, links: Links) -> Iterator[str]:
    yield "\n## The week in figures\n"
    yield f"| figure | this week | p90 | rests on | {WEEKS_COMPARED} weeks before | trend |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for line in review.everything.lines:
        value = f"[{words.value_text(line)}]({links.figures(review.week, line.name)})"
        p90 = words.number(line.p90, line.unit) if line.p90 is not None else ""
        rests = words.n_text(line) if line.value is not None else ""
        yield (
            f"| {line.title} | {value} | {p90} | {rests} | {words.before_text(line)} | {words.trend_text(line)} |"
        )
    yield ""
    for line in review.everything.lines:
        yield f"- *{line.title}*: {line.definition}"
    yield f"\n{words.VERDICTS_NOTE}"


def _weeks(review: Review) -> Iterator[str]:
    yield "\n## The weeks before\n"
    yield "| week | incidents | time to restore, median | drift incidents | dead letters per 1,000 |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for one in review.weeks:
        if not one.is_watched:
            yield f"| {one.period.name} | not watched | | | |"
            continue
        restore = words.spread_text(one.restore) if one.restore.n else "none"
        dead = words.number(one.dead_letter_rate, "").strip()
        yield f"| {one.period.name} | {one.incidents} | {restore} | {one.drift} | {dead} |"


def _telling(told: Telling, review: Review, links: Links) -> Iterator[str]:
    one = told.incident
    yield f"\n### {_link(one.title, links.incident(one.incident_id))}"
    yield f"\n{STATE_WORDS[told.story.state].capitalize()}. {escaped(told.story.paragraph)}\n"
    for moment in told.story.timeline:
        at = f"{moment.time.astimezone(review.week.zone):%a %d %b %H:%M:%S %Z}"
        text = _link(moment.text, links.event(moment.event)) if moment.event else escaped(moment.text)
        yield f"- {escaped(at)}  {text}"
    if told.tree:
        yield f"\nOne of its cascades, {many(told.tree.events, 'event')}:\n"
        for row in told.tree.rows:
            name = f"{row.service or 'service not on the wire'} → {row.topic}"
            times = f", {many(row.events, 'event')}" if row.events > 1 else ""
            state = {"dead": ", dead letter", "retry": ", retry"}.get(row.state, "")
            yield f"{'  ' * row.depth}- {_link(name, links.event(row.event))}{times}{state}"


def _worst(title: str, ones: tuple[Worst, ...]) -> Iterator[str]:
    if ones:
        yield f"\n## {title}\n"
    for one in ones:
        said = [many(len(one.incidents), "incident")] if one.incidents else ["no incident"]
        said += [f"{words.seconds(one.impact_s)} together"] if one.incidents else []
        said += [many(one.dead_letters, "dead letter")] if one.dead_letters else []
        yield f"- {escaped(one.name)}: {', '.join(said)}"


def _follow_ups(review: Review) -> Iterator[str]:
    yield "\n## Still to be done"
    if not review.follow_ups:
        yield "\nNothing is known that is still open."
    for kind, title in TITLES.items():
        ones = [one for one in review.follow_ups if one.kind == kind]
        if ones:
            yield f"\n### {title}\n"
        for one in ones[:SHOWN_MAX]:
            text = _link(one.text, one.link) if one.link else escaped(one.text)
            yield f"- {text}" + (f": {escaped(one.detail)}" if one.detail else "")
        if len(ones) > SHOWN_MAX:
            yield f"- and {count(len(ones) - SHOWN_MAX)} more"


def _link(text: str, address: str) -> str:
    return f"[{escaped(text)}]({address.replace('(', '%28').replace(')', '%29')})"
