"""Feeds: which are alive, and how what they brought ended."""

import streamlit as st

from dashboards import data, frame


def show() -> None:
    """Draw the page."""
    st.title("Feeds")
    rows = frame.ask(data.feeds)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    st.html(
        '<p class="nb">'
        + (", ".join(f"{n} {state}" for state, n in counts.items()) or "no feeds")
        + "</p>"
    )
    frame.shown_table(
        rows[:500],
        {
            "state": "State",
            "title": "Feed",
            "feed_url": "URL",
            "last_success": "Last answer",
            "last_new": "Last new entry",
            "verdict": "Last verdict",
            "reason": "Why",
        },
        "Feeds",
        "feeds",
    )
    st.header("How everything ended")
    verdicts = frame.ask(data.verdicts, frame.period())
    frame.bar_chart([v for v in verdicts if v["kind"] == "entry"], "verdict", "n", "Entries")
    frame.shown_table(
        verdicts, {"kind": "What", "verdict": "Verdict", "n": "How many"}, "Verdicts", "verdicts"
    )
