"""Search in headlines and texts."""

import streamlit as st


def show() -> None:
    """Draw the page."""
    st.title("Search")
