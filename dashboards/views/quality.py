"""Quality: how precise each topic is by people's labels, and the buttons to add some."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import data, frame, parts
from sinks.publish.reader import Reader
from sinks.store.mailbox import leave


def show() -> None:
    """Draw the page."""
    st.title("Quality")
    st.header("Precision by topic")
    rows = frame.ask(data.everything, "topic_quality", "topic")
    shown = [{**r, "interval": _interval(r), "precision": _percent(r["precision"])} for r in rows]
    frame.shown_table(
        shown,
        {
            "topic": "Topic",
            "mentions": "Articles",
            "labelled": "Labelled",
            "correct": "Right",
            "precision": "Precision",
            "interval": "95 % interval",
            "missed": "Missed",
            "last_label": "Last label",
        },
        "Precision by topic",
        "topic-quality",
    )
    store = os.environ.get("NEWSBEAM_LABELS_FOR")
    if store:
        _ask_people(Path(store))
    st.header("Labels")
    frame.shown_table(
        frame.ask(data.everything, "labels", "at_time DESC", 200),
        {
            "at_time": "When",
            "topic": "Topic",
            "about": "About it",
            "title": "Article",
            "outlet": "Outlet",
            "score": "Score",
            "who": "Who",
        },
        "Labels",
        "labels",
        "Nobody has answered yet.  The buttons above and Slack add answers.",
    )


def unlabelled(reader: Reader, topic: str, limit: int = 50) -> list[dict[str, Any]]:
    """Return mentions nobody has judged, in an order that is the same for everyone."""
    chosen = reader.rows(
        "SELECT f.mention_id, f.article_id FROM facts f ANTI JOIN topic_labels l "
        "ON l.article_id = f.article_id AND l.topic = f.topic "
        "WHERE f.topic = ? ORDER BY hash(f.mention_id) LIMIT ?",
        [topic, limit],
    )
    return data.mentions_by_id(reader, chosen)


def _ask_people(store: Path) -> None:
    st.header("Is this article about the topic?")
    topics = frame.ask(data.topics)
    if not topics:
        return
    left, right = st.columns(2)
    topic = left.selectbox("Topic to label", topics, key="label", bind="query-params")
    who = right.text_input("Your name", key="who", max_chars=60) or "dashboard"
    done: set[str] = st.session_state.setdefault("labelled", set())
    waiting = [r for r in frame.ask(unlabelled, topic) if r["mention_id"] not in done]
    if not waiting:
        st.html('<p class="nb">Every article of this topic has a label.</p>')
        return
    row = waiting[0]
    st.html(parts.listed([parts.mention_item(row)], "Article to label"))
    columns = st.columns(4)
    for column, (label, about) in zip(
        columns, (("Yes, about it", True), ("No", False), ("Skip", None)), strict=False
    ):
        if column.button(label, key=f"{label}-{row['mention_id']}", width="stretch"):
            if about is not None:
                request = {
                    "what": "label",
                    "article": row["article_id"],
                    "topic": topic,
                    "about": about,
                    "who": who,
                    "source": "dashboard",
                }
                leave(store, request, datetime.now(UTC))
            done.add(row["mention_id"])
            st.rerun()
    st.html(
        f'<p class="nb-meta" role="status">{len(done)} answered here.  Answers are taken up by the '
        "next run, or by watch.</p>"
    )


def _percent(value: float | None) -> str | None:
    return "not known yet" if value is None else f"{100 * value:.0f} %"


def _interval(row: parts.Row) -> str | None:
    if row["precision"] is None:
        return None
    return f"{100 * row['precision_low']:.0f} to {100 * row['precision_high']:.0f} %"
