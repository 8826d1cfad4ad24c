"""What was sent, where, and what waits."""

import streamlit as st

from dashboards import data, frame


def show() -> None:
    """Draw the page."""
    st.title("Alerts")
    if not frame.ask(data.has, "alerts"):
        st.info("This publication has no alerts.")
        return
    rows = frame.ask(data.everything, "alerts", "decided DESC")
    frame.shown_table(
        rows,
        {
            "decided": "Decided",
            "channel": "Channel",
            "topic": "Topic",
            "state": "State",
            "title": "About",
            "status": "Status",
            "sent": "Sent",
            "reason": "Why",
        },
        "Alerts",
        "alerts",
        "No alert was decided yet.  Channels and rules are in the settings file (docs/alerts.md).",
    )
