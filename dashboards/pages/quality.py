"""Quality: how precise each topic is, by people's labels."""

import streamlit as st

from dashboards import data, frame


def show() -> None:
    """Draw the page."""
    st.title("Quality")
    if not frame.ask(data.has, "topic_quality"):
        st.info("This publication has no labels.")
        return
    rows = frame.ask(data.everything, "topic_quality", "topic")
    columns = {name: name.replace("_", " ") for name in rows[0]} if rows else {}
    frame.shown_table(rows, columns, "Quality by topic", "topic-quality")
