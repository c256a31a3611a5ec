"""What caused this event, and what did it cause? A list to choose from, or one cascade in full."""

import streamlit as st

from dashboard.frame import heading, refreshed
from dashboard.views.cascade_list import draw_list
from dashboard.views.one_cascade import draw_cascade

live = heading("Cascades")
asked = st.query_params.get("ref") or st.query_params.get("event")
refreshed(draw_cascade if asked else draw_list, live=live, every_s=5)
