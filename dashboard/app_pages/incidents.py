"""Is something wrong now? Since when, how much, why; and the story of one incident on one time axis."""

import streamlit as st

from dashboard.frame import heading, refreshed
from dashboard.views.incident_list import draw_list
from dashboard.views.one_incident import draw_incident

asked = st.query_params.get("incident", "")
live = heading("Incidents")
refreshed((lambda: draw_incident(asked)) if asked else draw_list, live=live, every_s=5)
if asked:
    st.page_link("app_pages/incidents.py", label="All incidents", icon=":material/arrow_back:")
