"""Overview: how much, on what, and what stands out."""

import json

import streamlit as st

from dashboards import charts, data, frame, parts


def show() -> None:
    """Draw the page."""
    st.title("Overview")
    chosen = frame.filters()
    today = frame.ask(data.publication)["as_of"].date()
    now = frame.ask(data.totals, chosen)
    before = frame.ask(
        data.totals, data.Chosen(chosen.span.before(), None, chosen.outlets, chosen.languages)
    )
    for column, (name, label) in zip(
        st.columns(4),
        {
            "articles": "Articles read",
            "told": "On a topic",
            "stories": "Stories on a topic",
            "outlets": "Outlets on a topic",
        }.items(),
        strict=True,
    ):
        change = f"{now[name] - before[name]:+,} to the {chosen.span.days} days before"
        column.metric(
            label,
            f"{now[name]:,}",
            change if before["articles"] else "no data before",
            delta_color="off",
            delta_arrow="off",
            border=True,
        )
    st.header("Volume by topic")
    rows = frame.ask(data.by_day, chosen)
    charts.volume_chart(rows, frame.ask(data.topics), today)
    frame.download(rows, "volume-by-day")
    left, right = st.columns([6, 5], gap="large")  # the table needs the room
    with left:
        st.header("Topics")
        topics = frame.ask(data.topic_table, chosen)
        linked = [
            {
                **r,
                "topic": parts.Html(parts.page_link("topic", r["topic"], topic=r["topic"])),
                "loudest": parts.Html(parts.domain(r["loudest"])),
            }
            for r in topics
        ]
        if linked:
            st.html(
                parts.table(
                    linked,
                    {
                        "topic": "Topic",
                        "mentions": "Articles",
                        "before": "Period before",
                        "outlets": "Outlets",
                        "loudest": "Most from",
                    },
                    "Topics",
                )
            )
        frame.download(topics, "topics")
        st.header("Bursts")
        show_bursts(chosen)
    with right:
        st.header("Top stories")
        stories = frame.ask(data.top_stories, chosen)
        st.html(parts.listed(map(parts.story_item, stories), "Top stories", ordered=True))
        frame.download(stories, "top-stories")


def show_bursts(chosen: data.Chosen) -> None:
    """Draw the list of bursts with their baseline."""
    items = []
    for row in frame.ask(data.bursts, chosen):
        evidence = json.loads(row["evidence"] or "{}")
        facts = ", ".join(
            f"{k} {v}" for k, v in evidence.items() if isinstance(v, int | float | str)
        )
        items.append(
            f"<li>{parts.page_link('topic', row['topic'], topic=row['topic'])} "
            f"{parts.when(row['at_time'])}: {row['score'] or 0:.1f} times the baseline "
            f'<span class="nb-meta">({parts.cell(facts[:200])})</span></li>'
        )
    st.html(parts.listed(items, "Bursts"))
