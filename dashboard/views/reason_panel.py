"""One reason for failures in full: why, what it touched, and what to do."""

from datetime import datetime
from typing import Any

import streamlit as st

from collector import links
from collector.detect import dead_letters_words as words
from collector.detect.dead_letters import Reason
from collector.detect.dead_letters_read import Letter
from collector.redrive.plan import Plan
from dashboard.component import link_list
from dashboard.facts import code, table
from dashboard.frame import go_to_change, go_to_event
from dashboard.read import dead_letter, redrive_plan
from dashboard.text import ago, clock, count, escaped, many, stamp, visible
from schemas.records import EventRef

EFFECTS_SHOWN = 6
SAMPLES_SHOWN = 3


def draw_reason(reason: Reason, now: datetime) -> None:
    """Draw the panel of one reason."""
    ref, origin = EventRef.parse(reason.samples[0]), EventRef.parse(reason.sample_origin)
    letter, effects = dead_letter(ref, origin) if ref else (None, [])
    with st.container(border=True, key="reason_panel"):
        st.html(
            f'<div class="hw-title">{escaped(words.short_reason(reason), 200)}</div>{escaped(words.who(reason), 160)}'
        )
        st.html(table(_facts(reason, now)))
        _why(reason, now)
        _touched(reason, effects)
        _what_to_do(reason)
        st.markdown("**Details**")
        st.html(table(_details(reason)))
        _stack(letter)


def _facts(reason: Reason, now: datetime) -> list[tuple[str, str]]:
    facts = [
        (
            "Failures",
            f"<b>{count(reason.failures)}</b> of {many(reason.keys, 'key')}, since {clock(reason.began, now)}, "
            f"last {ago(reason.last_time, now)}",
        ),
        ("Of these", escaped(words.handling(reason), 200)),
    ]
    if reason.oldest_waiting:
        facts.append(("Oldest waiting", f"{stamp(reason.oldest_waiting)}, {ago(reason.oldest_waiting, now)}"))
    return facts


def _details(reason: Reason) -> list[tuple[str, str]]:
    facts = [
        ("Exception", code(reason.exception) if reason.exception else "not on the wire"),
        ("It said", escaped(reason.message, 400) if reason.message else "nothing on the wire"),
        ("First seen", stamp(reason.first_time)),
    ]
    if reason.attempts:
        facts.append(("Tried", f"{reason.attempts} times before it was given up"))
    if reason.guessed:
        facts.append(("Origin", f"inferred for {count(reason.guessed)}: equal key, size and structure"))
    facts.append(("Dead letters in", ", ".join(code(topic) for topic in reason.dead_letter_topics)))
    return facts


def _why(reason: Reason, now: datetime) -> None:
    st.markdown("**Why**")
    if not reason.suspects:
        st.caption("Nothing is known to have changed in the day before the first failure.")
        return
    lines = [
        {
            "id": suspect.change.change_id,
            **({"href": links.to_change(suspect.change.change_id)} if suspect.change.change_id else {}),
            "cells": [
                {"text": visible(_change(suspect.change), 160), "under": visible(suspect.why, 160)},
                {"text": f"{suspect.likelihood:.0%}", "meter": suspect.likelihood, "meterStyle": "retry"},
                {"text": clock(suspect.change.time, now)},
            ],
        }
        for suspect in reason.suspects
    ]
    columns = [
        {"text": "What changed before"},
        {"text": "likely", "style": "number"},
        {"text": "at", "style": "time"},
    ]
    data = {"scope": "", "label": "Candidates for the cause", "columns": columns, "rows": lines}
    link_list(data, key="suspects", on_pick=go_to_change)


def _change(change: Any) -> str:
    return f"Payload of {change.topic}: {change.text}" if change.kind == "schema_change" else str(change.text)


def _touched(reason: Reason, effects: list[dict[str, Any]]) -> None:
    st.markdown("**What it touched**")
    origin = reason.sample_origin
    lines = [_event_line(event, "dead letter") for event in reason.samples[:SAMPLES_SHOWN]]
    if origin:
        lines.insert(0, _event_line(origin, "the event that failed, and all that it caused"))
    columns = [{"text": "Newest samples, each opens its cascade"}]
    data = {"scope": "", "label": "Samples", "columns": columns, "rows": lines}
    link_list(data, key="samples", on_pick=go_to_event)
    if not origin:
        return
    if not effects:
        st.caption("No other event is known that the newest of them caused.")
        return
    done = [
        f"{effect['service'] or 'an unnamed service'} wrote {count(effect['events'])} on {effect['topic']}"
        for effect in effects[:EFFECTS_SHOWN]
    ]
    st.html(
        f'<div class="hw-note">What did <b>not</b> fail for the newest of them: {escaped("; ".join(done), 500)}.</div>'
    )


def _event_line(event: str, under: str) -> dict[str, Any]:
    return {
        "id": event,
        "href": links.to_event(event),
        "cells": [{"text": visible(event, 120), "under": under}],
    }


def _what_to_do(reason: Reason) -> None:
    st.markdown("**What to do**")
    if not reason.backlog:
        st.caption("Nothing waits: all of these have been sent again, or have recovered.")
        return
    plan = redrive_plan(reason.reason_id)
    if not plan.items:
        st.caption(
            f"Nothing would be sent now: {'; '.join(_left_out(plan)) or 'none of them is stored any more'}."
        )
        return
    lines = "".join(f"<li>{escaped(line, 300)}</li>" for line in _plan_lines(plan))
    st.html(
        "First put the reason right, or they fail again. Then send them back; this says what would happen, "
        f"and sends nothing:<ul>{lines}</ul>"
    )
    st.code(words.redrive_command(reason), language="bash", wrap_lines=True)


def _plan_lines(plan: Plan) -> list[str]:
    lines = [f"{many(len(plan.items), 'event')} would go to {', '.join(list(plan.targets)[:3]) or 'nowhere'}"]
    others = sorted({reader.group for reader in plan.readers if not reader.failed})
    if others:
        lines.append(f"{', '.join(others[:6])} would see them again without having failed on them")
    elif not plan.readers_known:
        lines.append("who else would see them again is not known: consumer groups could not be asked")
    twice = {effect.service or "an unnamed service" for effect in plan.effects}
    if twice:
        lines.append(f"{', '.join(sorted(twice)[:6])} already worked on them: is that idempotent?")
    if plan.newer:
        lines.append(f"{many(plan.newer, 'event')} would come after a newer one with the same key")
    return lines + [f"not sent: {line}" for line in _left_out(plan)]


def _left_out(plan: Plan) -> list[str]:
    return [f"{count(number)} {why}" for why, number in plan.left_out.items()]


def _stack(letter: Letter | None) -> None:
    if letter is None or not letter.stack:
        return
    with st.expander("Stack trace of the newest"):
        shown = "\n".join(visible(line.expandtabs(4), 300) for line in letter.stack.splitlines())
        st.code(shown, language=None)
