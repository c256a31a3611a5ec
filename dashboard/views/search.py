"""The search field; what is entered becomes `ref` in the address."""

import streamlit as st


def asked_for() -> str:
    """Return what the address asks for: a search, or else an event; empty for neither."""
    return st.query_params.get("ref", "") or st.query_params.get("event", "")


def search_box() -> None:
    """Draw the field with what the address asks for."""

    def searched() -> None:
        text = st.session_state["search"].strip()
        st.query_params.clear()
        if text:
            st.query_params["ref"] = text

    st.session_state["search"] = asked_for()
    st.text_input(
        "Search",
        key="search",
        on_change=searched,
        label_visibility="collapsed",
        icon=":material/search:",
        placeholder="topic/partition/offset, trace id, message id, business key, or any text; then Enter",
    )
