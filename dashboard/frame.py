"""What every page shares: heading, live refresh, its age, and what is said when there is nothing to show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import streamlit as st

from collector.errors import HeadwaterError, StoreUnavailableError
from dashboard.read import NoTablesYetError
from dashboard.text import escaped, many, with_code

OLDER_STORE = "Nothing is lost: a collector of this version brings it up to date, or `headwater migrate`."


def heading(title: str, middle: Callable[[], None] = lambda: None) -> bool:
    """Draw the title, `middle` beside it, and the switch for live refresh; return whether that is on."""
    left, centre, right = st.columns([2, 7, 1], vertical_alignment="center")
    left.title(title, anchor=False)
    with centre:
        middle()
    with right.container(horizontal=True, horizontal_alignment="right"):
        return bool(
            st.toggle("Live", value=True, key="live", help="Refreshes by itself. Off keeps what you see.")
        )


def refreshed(body: Callable[[], None], *, live: bool, every_s: float) -> None:
    """Draw `body` as a fragment of its own, again every `every_s` seconds while live."""
    st.fragment(lambda: _guarded(body), run_every=every_s if live else None)()


def _guarded(body: Callable[[], None]) -> None:
    target = st.session_state.pop("go_to", None)
    if target:
        page, params = target
        st.switch_page(page, query_params=params)
    with told():
        body()


def go_to_event(event: str | None, _open: bool = False) -> None:
    """Go to the cascade of an event, once the callback that this is called from has ended."""
    if event:
        st.session_state["go_to"] = ("app_pages/cascades.py", {"event": event})


def go_to_change(change_id: str | None, _open: bool = False) -> None:
    """Go to a change on the schema drift page, once the callback that this is called from has ended."""
    if change_id:
        st.session_state["go_to"] = ("app_pages/schema_drift.py", {"change": change_id})


def go_to_reason(reason_id: str | None, _open: bool = False) -> None:
    """Open the page of dead letters at a reason."""
    if reason_id:
        st.session_state["go_to"] = ("app_pages/dead_letters.py", {"reason": reason_id})


def go_to_topic(topic: str | None, _open: bool = False) -> None:
    """Go to a topic on the flow map, once the callback that this is called from has ended."""
    if topic:
        st.session_state["go_to"] = ("app_pages/flow_map.py", {"node": f"topic:{topic}"})


def go_to_service(service: str | None, _open: bool = False) -> None:
    """Go to a service on the flow map, once the callback that this is called from has ended."""
    if service:
        st.session_state["go_to"] = ("app_pages/flow_map.py", {"node": f"service:{service}"})


def go_to_incident(incident_id: str | None, _open: bool = False) -> None:
    """Go to an incident, once the callback that this is called from has ended."""
    if incident_id:
        st.session_state["go_to"] = ("app_pages/incidents.py", {"incident": incident_id})


@contextmanager
def told() -> Iterator[None]:
    """Turn the errors that a user can act on into a message."""
    try:
        yield
    except NoTablesYetError as error:
        if error.is_empty:
            no_data("No data yet: the store is empty.")
        else:
            missing = many(error.missing, "change of its tables is", "changes of its tables are")
            verdict("warn", f"The store was made by an older Headwater: {missing} missing.", [OLDER_STORE])
    except StoreUnavailableError as error:
        verdict("bad", "The store does not answer.", [str(error)])
    except HeadwaterError as error:
        verdict("bad", "The store cannot be read.", [str(error)])


def verdict(level: str, sentence: str, details: list[str]) -> None:
    """Draw the sentence that a page opens with. Text is escaped here."""
    marks = {"bad": "✖", "warn": "▲", "good": "✓", "none": "○"}
    lines = "".join(f"<p>{with_code(escaped(detail, 600))}</p>" for detail in details)
    said = f"<b>{marks[level]}&nbsp; {with_code(escaped(sentence, 400))}</b>{lines}"
    st.html(f'<div class="hw-verdict hw-{level}" role="status">{said}</div>')


def notice(sentence: str, tone: str = "") -> None:
    """Draw one line that should not be missed; `tone` is empty or "dead". Text is escaped here."""
    st.html(f'<div class="hw-note {tone}">{escaped(sentence, 600)}</div>')


def no_data(sentence: str, details: list[str] | None = None) -> None:
    """Say that there is nothing, which is not zero, and what to do next."""
    verdict("none", sentence, details or [])
    st.markdown(
        "**To see something**\n"
        "- `headwater demo` starts a company of its own making and shows it.\n"
        "- `HEADWATER_BOOTSTRAP_SERVERS=broker:9092 headwater up` reads your brokers. It never writes to them.\n\n"
        "This page fills by itself as soon as there is something."
    )


def age_line(now: datetime, newest: datetime | None) -> None:
    """Say when this was read and how old the newest event is. All times are UTC."""
    if newest is None:
        st.caption(f"Read at {now:%H:%M:%S} UTC · no event yet")
        return
    from dashboard.text import ago

    st.caption(f"Read at {now:%H:%M:%S} UTC · newest event {ago(newest, now)} · all times are UTC")


def utc_now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)
