"""The frame of the dashboard: pages, addresses, style. Started by `headwater dashboard`."""

from pathlib import Path

import streamlit as st

from dashboard import links

st.set_page_config(page_title="Headwater", page_icon="🌊", layout="wide")
page = st.navigation(
    [
        st.Page("app_pages/overview.py", title="Overview", default=True),
        st.Page("app_pages/flow_map.py", title="Flow map", url_path=links.FLOW),
        st.Page("app_pages/cascades.py", title="Cascades", url_path=links.CASCADES),
        st.Page("app_pages/collector_health.py", title="Collector", url_path=links.COLLECTOR),
    ],
    position="top",
)
st.html(Path(__file__).with_name("page.css"))
page.run()
