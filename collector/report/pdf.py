"""The report of a week as PDF: WeasyPrint lays out the HTML of it. Nothing is fetched, and no file is opened by it."""

import re
from importlib import import_module
from typing import Any

from collector.errors import SettingsError
from collector.report.html import PAPER_COLOURS, html_text, template_text
from collector.report.links import Links
from collector.report.review import Review

_DEBIAN_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


def renderer() -> Any:
    """Return WeasyPrint, which only PDF needs. Where it or what it draws text with is missing, say what to install."""
    try:
        return import_module("weasyprint")
    except ImportError:
        raise SettingsError(
            "PDF needs WeasyPrint, which is not installed: pip install weasyprint (the extra [pdf]). "
            "Or write .html and print it."
        ) from None
    except OSError as error:  # its bindings found no library
        raise SettingsError(
            f"PDF needs Pango, which is not installed: apt install {_DEBIAN_PACKAGES}. Or write .html and print it. "
            f"({str(error).splitlines()[0]})"
        ) from None


def pdf_bytes(review: Review, links: Links) -> bytes:
    """Return the whole file, with a title, a language and an outline. Raises SettingsError as `renderer` does."""
    weasyprint = renderer()
    text = html_text(review, links, picture_css=picture_css())
    made: bytes = weasyprint.HTML(string=text, url_fetcher=refuses_all(weasyprint)).write_pdf(pdf_tags=True)
    return made


def refuses_all(weasyprint: Any) -> Any:
    """Return what fetches nothing. Texts are the wire's: they are escaped, but should one ask for a file, no."""
    return weasyprint.URLFetcher(allowed_protocols=(), allow_redirects=False)


def picture_css() -> str:
    """Return the style sheet of pictures with colours in the place of variables, which nobody there looks up."""
    return re.sub(r"var\(--(\w+)\)", lambda name: PAPER_COLOURS[name[1]], template_text("pictures.css"))
