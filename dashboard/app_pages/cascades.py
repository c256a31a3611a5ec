"""What caused this event, and what did it cause? A list to choose from, or one cascade in full."""

import streamlit as st

from dashboard.frame import heading, refreshed
from dashboard.views.cascade_list import draw_list
from dashboard.views.one_cascade import draw_cascade
from dashboard.views.search import asked_for, search_box

live = heading("Cascades", search_box)
refreshed(draw_cascade if asked_for() else draw_list, live=live, every_s=5)
if asked_for():
    st.page_link("app_pages/cascades.py", label="All cascades", icon=":material/arrow_back:")
