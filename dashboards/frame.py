"""What every page shares: the connection, the filters in the URL, the chart, the downloads."""

import csv
import io
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import data, parts
from newsbeam.errors import NewsbeamError
from newsbeam.settings import DashboardSettings
from sinks.publish.reader import Reader

PERIODS = (7, 30, 90, 365)
"""Days to choose from; the address says the number."""
KEPT = 200
"""Answers kept for the next visitor."""
PAGE = 25
"""Mentions shown at once."""


@cache
def reader() -> Reader:
    """Return the one connection of this process."""
    return Reader(Path(os.environ["NEWSBEAM_PUBLICATION"]), data.PREPARE)


def settings() -> DashboardSettings:
    """Return the settings that the command handed over."""
    return DashboardSettings(
        days=int(os.environ.get("NEWSBEAM_DASHBOARD_DAYS", "30")),
        refresh_s=int(os.environ.get("NEWSBEAM_DASHBOARD_REFRESH_S", "30")),
    )


def ask(function: Any, *arguments: Any) -> Any:
    """Call a function of :mod:`dashboards.data`; answers are kept until the next publication.

    Raises:
        ConfigError, SinkError: there is no publication, or its files cannot be read.
    """
    source = reader()
    source.follow()
    answers: OrderedDict[Any, Any] = source.kept.setdefault("answers", OrderedDict())
    key = function.__name__, repr(arguments)  # lists have no hash
    if key in answers:
        return answers[key]
    found = answers[key] = function(source, *arguments)
    if len(answers) > KEPT:
        answers.popitem(last=False)
    return found


@st.fragment(run_every=settings().refresh_s)
def follow() -> None:
    """Show the time of the data; draw the page anew when there is news, or none for too long."""
    try:
        facts = ask(data.publication)
    except NewsbeamError:  # the page says it; here the next look goes on
        st.session_state["shown"] = None
        st.html('<p class="nb-meta" role="status">There is no data at the moment.</p>')
        return
    shown = facts["number"], bool(old())
    if st.session_state.get("shown", shown) != shown:
        st.session_state["shown"] = shown
        st.rerun()
    st.session_state["shown"] = shown
    st.html(
        f'<p class="nb-meta" role="status">Data as of {parts.when(facts["as_of"])} UTC, '
        f"publication {facts['number']}</p>"
    )


def old() -> str:
    """Return the warning that the data is old; empty where it is not."""
    return parts.age(ask(data.publication)["as_of"], datetime.now(UTC).replace(tzinfo=None))


def period() -> data.Span:
    """Draw the choice of days, which lives in the URL, and return the span."""
    first, last = ask(data.extent)
    days = st.selectbox(
        "Days",
        PERIODS,
        index=PERIODS.index(settings().days) if settings().days in PERIODS else 1,
        key="days",
        bind="query-params",
    )
    return data.Span(max(first, last - timedelta(days=int(days or 30) - 1)), last)


def filters(topics: Sequence[str] = ()) -> data.Chosen:
    """Draw the filters, which live in the URL, and return what is chosen.

    Args:
        topics: to choose one from; none: all topics together.
    """
    topic = None
    columns = st.columns(4 if topics else 3)
    if topics:
        with columns[0]:
            topic = st.selectbox("Topic", topics, key="topic", bind="query-params") or topics[0]
        columns = columns[1:]
    with columns[0]:
        span = period()
    with columns[1]:
        outlets = st.multiselect(
            "Outlets",
            ask(data.choices, "outlet"),
            key="outlet",
            bind="query-params",
            placeholder="all outlets",
        )
    with columns[2]:
        languages = st.multiselect(
            "Languages",
            ask(data.choices, "language"),
            key="language",
            bind="query-params",
            placeholder="all languages",
        )
    return data.Chosen(span, topic, tuple(outlets), tuple(languages))


def shown_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    caption: str,
    name: str,
    nothing: str = "Nothing here yet.",
) -> None:
    """Draw a table with its CSV download; ``nothing`` is said where there are no rows."""
    if not rows:
        st.html(f'<p class="nb nb-none">{parts.cell(nothing)}</p>')
        return
    st.html(parts.table(rows, columns, caption))
    download(rows, name)


def download(rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """Draw the button that saves rows as CSV; formulas are disarmed for spreadsheets."""
    if not rows:
        return
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([_disarmed(v) for v in row.values()])
    st.download_button(
        f"Download {name} as CSV",
        stream.getvalue(),
        f"{name}.csv",
        "text/csv",
        key=f"csv-{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def _disarmed(value: Any) -> Any:
    text = str(value)
    return "'" + text if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else value


def pager(shown: int, key: str = "page") -> int:
    """Draw the choice of the list's page, from 1, which lives in the URL; return it.

    Args:
        shown: how many there are in all.
        key: in the URL.
    """
    last = max(1, -(-shown // PAGE))
    if last == 1:
        return 1
    left, _ = st.columns([1, 3])
    number = left.number_input(
        f"Page of the list, 1 to {last:,}", 1, last, key=key, bind="query-params"
    )
    return int(number or 1)
