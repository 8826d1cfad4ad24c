"""Search in headlines and texts, in the language of the topics' queries."""

from typing import Any

import streamlit as st

from dashboards import data, frame, parts
from newsbeam.errors import ConfigError, QueryError
from newsbeam.headlines import headline
from sinks.publish.reader import Reader
from sinks.search.find import Filters, Results
from sinks.search.find import search as find
from sinks.search.like import like_this

HELP = (
    'Words, "phrases", AND OR NOT, ( ), licen*, copyright NEAR/5 court, title:llama, lead:…, '
    "lang:en, outlet:…, count(llama)>=3"
)


def show() -> None:
    """Draw the page."""
    st.title("Search")
    text = st.text_input(
        "Query", key="q", bind="query-params", type="search", help=HELP, placeholder=HELP
    )
    chosen = frame.filters()
    topics = frame.ask(data.topics)
    left, right = st.columns(2)
    topic = left.selectbox(
        "Topic", topics, index=None, placeholder="any topic", key="on", bind="query-params"
    )
    order = right.selectbox("Order", ["best", "newest"], key="order", bind="query-params")
    like = st.query_params.get("like")
    if like and not text:
        _show_like(like)
        return
    if not text:
        st.html('<p class="nb">Write a query.  It searches headlines and full texts.</p>')
        return
    filters = Filters(topic, chosen.outlets, chosen.languages, chosen.span.first, chosen.span.last)
    try:
        found = frame.ask(run, text, filters, order == "newest")
    except QueryError as error:
        st.error("The query is not complete or not right.")
        st.code(str(error), language=None)
        return
    about = "" if found.exact else "about "
    st.html(
        f'<p class="nb" role="status">{about}{found.total:,} article{"s" * (found.total != 1)}</p>'
    )
    st.html(parts.listed(map(_item, found.results), "Articles found", ordered=True))
    frame.download([vars_of(r) for r in found.results], "search")


def run(reader: Reader, text: str, filters: Filters, newest: bool) -> Results:
    """Search, for :func:`dashboards.frame.ask`."""
    return find(reader, text, filters, limit=20, newest=newest)


def vars_of(result: Any) -> dict[str, Any]:
    """Return a result as a row."""
    names = ("title", "outlet", "published", "url", "score", "snippet", "article_id")
    return {name: getattr(result, name) for name in names}


def _item(result: Any) -> str:
    return (
        f'<li><div class="nb-head">{parts.link(result.url, headline(result.title))}</div>'
        f'<div class="nb-meta">{parts.cell(result.outlet)} · {parts.when(result.published)} · '
        f"score {result.score:.1f} · "
        f"{parts.page_link('search', 'more like this', like=result.article_id)}</div>"
        f'<p class="nb-quote">{parts.marked(result.snippet, result.words)}</p></li>'
    )


def _show_like(article: str) -> None:
    try:
        rows = frame.ask(like_rows, article)
    except ConfigError as error:
        st.warning(parts.plain(str(error)))
        return
    st.header("More like this")
    st.html(parts.listed(map(_like_item, rows), "Articles with a near meaning", ordered=True))
    frame.download(rows, "more-like-this")


def like_rows(reader: Reader, article: str) -> list[dict[str, Any]]:
    """Find what is near, for :func:`dashboards.frame.ask`."""
    return like_this(reader, article, limit=30)


def _like_item(row: parts.Row) -> str:
    return (
        f'<li><div class="nb-head">{parts.link(row["url"], headline(row["title"]))}</div>'
        f'<div class="nb-meta">{parts.cell(row["outlet"])} · {parts.when(row["published"])} · '
        f"likeness {row['likeness']:.2f}</div>"
        f'<p class="nb-quote">{parts.cell((row["lead"] or "")[:240])}</p></li>'
    )
