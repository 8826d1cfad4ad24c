"""One topic: volume, share of voice, stories, and the newest mentions with why."""

import streamlit as st

from dashboards import charts, data, frame, parts
from dashboards.views.overview import show_bursts


def show() -> None:
    """Draw the page."""
    topics = frame.ask(data.topics)
    if not topics:
        st.title("Topic")
        st.info("No article is on a topic yet.")
        return
    heading = st.container()  # above the filters that decide what it says
    chosen = frame.filters(topics)
    name = chosen.topic or topics[0]
    heading.title(parts.plain(name))
    today = frame.ask(data.publication)["as_of"].date()
    charts.volume_chart(frame.ask(data.by_day, chosen), frame.ask(data.topics), today)
    frame.download(frame.ask(data.by_day, chosen), f"{name}-by-day")
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Share of voice")
        share = frame.ask(data.share, chosen)
        charts.bar_chart(share, "outlet", "mentions", "Articles by outlet")
        with st.expander("As a table"):
            frame.shown_table(
                [{**r, "share": f"{100 * r['share']:.1f} %"} for r in share],
                {"outlet": "Outlet", "mentions": "Articles", "share": "Share", "latest": "Latest"},
                "Share of voice",
                f"{name}-share",
            )
    with right:
        st.header("Top stories")
        stories = frame.ask(data.top_stories, chosen)
        st.html(parts.listed(map(parts.story_item, stories), "Top stories", ordered=True))
        frame.download(stories, f"{name}-stories")
        st.subheader("Bursts")
        show_bursts(chosen)
    st.header("Newest articles")
    shown = frame.ask(data.totals, chosen)["mentions"]
    listing = st.container()
    number = frame.pager(shown)
    rows = frame.ask(data.mentions, chosen, frame.PAGE, (number - 1) * frame.PAGE)
    listing.html(parts.listed(map(parts.mention_item, rows), "Newest articles on the topic"))
    frame.download(rows, f"{name}-articles")
