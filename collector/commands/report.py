"""`headwater report`: a week in one file that can be read in five minutes and sent around."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collector.commands.show import console, opened_store, plain
from collector.errors import SettingsError


def report(
    week: Annotated[
        str | None, typer.Option(help="ISO week, e.g. 2026-W47; the last whole one where nothing is given.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="File to write: .html, .md or .pdf; - writes HTML to the terminal.")
    ] = Path("weekly.html"),
    zone: Annotated[str, typer.Option(help="Time zone in which weeks begin, e.g. Europe/Berlin.")] = "UTC",
    store: Annotated[
        str | None, typer.Option(help="embedded:DIR or http(s)://user:password@host/database")
    ] = None,
) -> None:
    """Write what broke in a week and why, how fast it was over, what improved and what is still to be done."""
    from collector import settings as settings_module
    from collector.report.html import html_text
    from collector.report.links import Links
    from collector.report.markdown import markdown_text
    from collector.report.pdf import pdf_bytes, renderer
    from collector.report.period import last_whole_week, zone_of
    from collector.report.period import week as week_named
    from collector.report.read_review import read_review

    now = datetime.now(UTC)
    chosen = week_named(week, zone_of(zone)) if week else last_whole_week(now, zone_of(zone))
    if chosen.start > now:
        raise SettingsError(f"The week {chosen.name} has not begun yet.")
    form = out.suffix.lower() if str(out) != "-" else ".html"
    if form not in (".html", ".htm", ".md", ".pdf"):
        raise SettingsError(f"A report is .html, .md or .pdf, not {plain(form or out)!r}.")
    if form == ".pdf":
        renderer()  # says what is missing before anything is read
    settings = settings_module.load(store=store)
    with opened_store(store) as opened:
        review = read_review(opened, chosen, now, settings)
    links = Links(settings.dashboard_url)
    if str(out) == "-":
        print(html_text(review, links), end="")
        return
    if form == ".pdf":
        content = pdf_bytes(review, links)
    else:
        content = (markdown_text if form == ".md" else html_text)(review, links).encode()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{plain(out)} cannot be written: {error.strerror}.") from None
    console().print(plain(f"{chosen.name}: {review.sentence}"), soft_wrap=True)
    console().print(plain(f"Written to {out}"), soft_wrap=True)
