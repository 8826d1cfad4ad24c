"""One story: who first, who then, reprints apart, and what was changed later."""

import streamlit as st

from dashboards import charts, data, frame, parts
from newsbeam.headlines import headline


def show() -> None:
    """Draw the page."""
    wanted = st.query_params.get("story")
    if not wanted:
        _choose()
        return
    story = frame.ask(data.story, wanted)
    if story is None:
        st.title("Story")
        st.warning("There is no story with this id in the publication.")
        return
    rows = frame.ask(data.timeline, story["story_id"])
    st.title(parts.plain(headline(story["title"])))
    links = ", ".join(parts.page_link("topic", t, topic=t) for t in story["topics"])
    rooms, articles, copies = story["newsrooms"], story["articles"], story["copies"]
    st.html(
        f'<p class="nb">{rooms} independent newsroom{"s" * (rooms != 1)}, '
        f"{articles} article{'s' * (articles != 1)}"
        f"{f', {copies} of them ' + ('copies' if copies != 1 else 'a copy') if copies else ''}. "
        f"First {parts.when(story['first_seen'])}, last {parts.when(story['last_seen'])} UTC. "
        f"{('On ' + links + '.') if links else ''}</p>"
    )
    st.header("Who reported when")
    if len(rows) > 1:
        charts.time_line(rows)
    st.html(parts.listed(map(_report, rows), "Reports in order", ordered=True))
    frame.download(rows, "reports")
    st.header("Changes after publication")
    changes = frame.ask(data.revisions, [r["article_id"] for r in rows])
    if not changes:
        st.html('<p class="nb">No article of this story was changed after we first read it.</p>')
    for change in changes:
        _change(change)


def _report(row: parts.Row) -> str:
    hours = row["hours_after_first"] or 0
    later = "first" if row["position"] == 1 else _later(hours)
    tags = ""
    if not row["independent"]:
        tags += ' <span class="nb-tag">copy</span>'
    if row["newsroom_kind"] != "newsroom":
        tags += f' <span class="nb-tag">{parts.cell(row["newsroom_kind"])}</span>'
    if row["revision"] > 1:
        tags += f' <span class="nb-tag">changed {row["revision"] - 1} ×</span>'
    own = row["newsroom"] if row["newsroom"] and row["newsroom"] != row["outlet"] else None
    return (
        f'<li><div class="nb-head">{parts.link(row["url"], headline(row["title"]))}</div>'
        f'<div class="nb-meta">{parts.cell(row["outlet"])}'
        f"{' (' + parts.cell(own) + ')' if own else ''} · {parts.when(row['arrived'])} · "
        f"{later}{tags}</div></li>"
    )


def _later(hours: float) -> str:
    if hours < 1:
        return f"{round(hours * 60)} minutes later"
    return f"{hours:.1f} hours later" if hours < 48 else f"{hours / 24:.1f} days later"


def _change(change: parts.Row) -> None:
    label = f"{change['outlet']}, {change['changed']:%d %b %Y %H:%M}: revision {change['revision']}"
    with st.expander(parts.plain(label), expanded=False):
        if change["title_changed"]:
            st.html("<p><strong>Headline:</strong></p>")
            st.html(parts.diff(change["title_before"], change["title"]))
        if change["text"] is None or change["text_before"] is None:
            st.html("<p>The texts were emptied by the retention setting.</p>")
            return
        st.html(parts.diff(change["text_before"], change["text"]))


def _choose() -> None:
    st.title("Stories")
    st.html('<p class="nb">Stories on a topic, those first that most newsrooms covered.</p>')
    stories = frame.ask(data.top_stories, frame.filters(), 30)
    st.html(parts.listed(map(parts.story_item, stories), "Stories", ordered=True))
    frame.download(stories, "stories")
