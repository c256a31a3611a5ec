"""The frame of the dashboard: pages, addresses, style. Started by `headwater dashboard`."""

from pathlib import Path

import streamlit as st

from collector import links

# In the order of a bad night: what is wrong, what it belongs to, what is odd, is it getting better, how we know.
st.set_page_config(page_title="Headwater", page_icon="🌊", layout="wide")
page = st.navigation(
    [
        st.Page("app_pages/overview.py", title="Overview", default=True),
        st.Page("app_pages/incidents.py", title="Incidents", url_path=links.INCIDENTS),
        st.Page("app_pages/dead_letters.py", title="Dead letters", url_path=links.DEAD_LETTERS),
        st.Page("app_pages/cascades.py", title="Cascades", url_path=links.CASCADES),
        st.Page("app_pages/flow_map.py", title="Flow map", url_path=links.FLOW),
        st.Page("app_pages/flows.py", title="Flows", url_path=links.FLOWS),
        st.Page("app_pages/schema_drift.py", title="Schema drift", url_path=links.DRIFT),
        st.Page("app_pages/anomalies.py", title="Anomalies", url_path=links.ANOMALIES),
        st.Page("app_pages/reliability.py", title="Reliability", url_path=links.RELIABILITY),
        st.Page("app_pages/linkability.py", title="Linkability", url_path=links.LINKABILITY),
        st.Page("app_pages/collector_health.py", title="Collector", url_path=links.COLLECTOR),
    ],
    position="top",
)
st.html(Path(__file__).with_name("page.css"))
page.run()
