"""Incidents as a list, each a link to its own page."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard.component import link_list
from dashboard.draw_reliability import INCIDENTS_SHOWN, incident_list
from dashboard.frame import go_to_incident
from dashboard.text import count
from schemas.incidents import Incident


def incident_links(incidents: Sequence[Incident], now: datetime, *, height: int = 420) -> None:
    """Draw the incidents, longest first; a click opens one."""
    link_list(incident_list(incidents, now, height), key="incidents_behind", on_pick=go_to_incident)
    if len(incidents) > INCIDENTS_SHOWN:
        st.caption(f"and {count(len(incidents) - INCIDENTS_SHOWN)} more")
