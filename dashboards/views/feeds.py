"""Feeds: which are alive, and how what they brought ended."""

import streamlit as st

from dashboards import charts, data, frame, parts


def show() -> None:
    """Draw the page."""
    st.title("Feeds")
    rows = frame.ask(data.feeds)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["state"]] = counts.get(row["state"], 0) + 1
    told = ", ".join(f"{n} {state}" for state, n in counts.items())
    st.html(f'<p class="nb">{told or "No feed is known yet: newsbeam feeds add URL."}</p>')
    shown = [
        {
            **r,
            "state": parts.Html(parts.state(r["state"])),
            "feed": parts.Html(
                f'{parts.cell(r["title"] or r["outlet"])}<div class="nb-meta nb-url">'
                f"{parts.link(r['feed_url'], r['feed_url'])}</div>"
            ),
            "trouble": (r["reason"] or r["verdict"]) if r["state"] == "failing" else "",
        }
        for r in rows[:500]
    ]
    if shown:
        st.html(
            parts.table(
                shown,
                {
                    "state": "State",
                    "feed": "Feed",
                    "trouble": "What is wrong",
                    "last_success": "Last answer",
                    "last_new": "Last new entry",
                },
                "Feeds",
            )
        )
    frame.download(rows, "feeds")
    st.header("How everything ended")
    verdicts = frame.ask(data.verdicts, frame.period())
    charts.bar_chart([v for v in verdicts if v["kind"] == "entry"], "verdict", "n", "Entries")
    frame.shown_table(
        verdicts, {"kind": "What", "verdict": "Verdict", "n": "How many"}, "Verdicts", "verdicts"
    )
