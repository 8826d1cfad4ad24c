"""The dashboard: what ``newsbeam dashboard`` starts.

It reads the publication that NEWSBEAM_PUBLICATION names, and nothing else.
"""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[1]))  # `streamlit run` knows only our folder

from dashboards import frame, parts
from dashboards.views import alerts, feeds, overview, quality, search, story, topic
from newsbeam.errors import NewsbeamError


def main() -> None:
    """Draw the page that the URL names."""
    st.set_page_config("newsbeam", "📰", layout="wide")
    st.html(parts.STYLE)
    page = st.navigation(
        [
            st.Page(
                overview.show,
                title="Overview",
                icon=":material/insights:",
                url_path="overview",
                default=True,
            ),
            st.Page(topic.show, title="Topic", icon=":material/label:", url_path="topic"),
            st.Page(story.show, title="Story", icon=":material/account_tree:", url_path="story"),
            st.Page(search.show, title="Search", icon=":material/search:", url_path="search"),
            st.Page(
                alerts.show, title="Alerts", icon=":material/notifications:", url_path="alerts"
            ),
            st.Page(feeds.show, title="Feeds", icon=":material/rss_feed:", url_path="feeds"),
            st.Page(
                quality.show, title="Quality", icon=":material/fact_check:", url_path="quality"
            ),
        ]
    )
    try:
        with st.sidebar:
            frame.follow()
        if warning := frame.old():
            st.html(warning)
        page.run()
    except NewsbeamError as error:
        st.error(parts.plain(str(error)))


main()
