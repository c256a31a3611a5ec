"""The discipline of services: which habits are in place, and whether those that have them recover faster."""

import streamlit as st

from collector.report.read_habits import LOOKED_AT
from collector.report.reliability import Reliability
from collector.report.scorecard import HABITS, REFERENCE_NOTE, compare
from dashboard import draw_reliability as drawn
from dashboard.component import link_list
from dashboard.read import scorecard
from dashboard.text import many, visible


def draw_scorecard(found: Reliability) -> None:
    """Draw the scorecard of the services in the period."""
    st.subheader("Discipline of services", anchor=False)
    cards = scorecard(found.period)
    if not cards:
        st.caption("No service names itself on the wire, so there is nobody to look at.")
        return
    have = sum(card.has_all for card in cards) or "none"
    st.markdown(
        f"{many(len(cards), 'service')}: {have} with all of schema registry, outbox and idempotence, as far as can be "
        "seen from outside. A habit is judged by what was observed; *unknown* is not *not in place*."
    )
    link_list(drawn.card_list(cards, 460), key="cards", on_pick=lambda _id, _open: None)
    with st.expander("What each habit means, and when it is in place"):
        for title, text in HABITS.values():
            st.markdown(f"**{title}.** {text}")
        st.caption(
            f"Habits are what was seen in the last {LOOKED_AT.days} days of this time; dead letters, deployments and "
            "incidents are of all of it. An incident counts for who failed and for the one whose "
            "change is its likeliest cause."
        )
    st.subheader("With and without", anchor=False)
    compared = compare(cards)
    link_list(drawn.comparison_list(compared), key="compared", on_pick=lambda _id, _open: None)
    unknown = compared[0].unknown
    st.caption(
        f"Deployments and drift are means of services, time to restore is the median of their incidents. "
        f"{REFERENCE_NOTE}" + (f" Not known of: {visible(', '.join(unknown), 200)}." if unknown else "")
    )
