"""What every page shares: the connection, the filters in the URL, the chart, the downloads."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import altair as alt
import streamlit as st

from dashboards import data, parts
from newsbeam.settings import DashboardSettings
from sinks.publish.reader import Reader

PERIODS = (7, 30, 90, 365)
"""Days to choose from; the address says the number."""
PAGE = 25
"""Mentions shown at once."""


@st.cache_resource
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
    """Call a function of :mod:`dashboards.data`; answers are kept until the next publication."""
    source = reader()
    if source.follow():
        _remember.clear()
    return _remember(function.__name__, function, arguments)


@st.cache_data(max_entries=200, show_spinner=False)
def _remember(name: str, _function: Any, arguments: tuple[Any, ...]) -> Any:
    return _function(reader(), *arguments)


@st.fragment(run_every=settings().refresh_s)
def follow() -> None:
    """Show the age of the data; draw the page anew when there is a new publication."""
    facts = ask(data.publication)
    if st.session_state.get("publication", facts["number"]) != facts["number"]:
        st.session_state["publication"] = facts["number"]
        st.rerun()
    st.session_state["publication"] = facts["number"]
    st.html(
        f'<p class="nb-meta" role="status">Data as of {parts.when(facts["as_of"])} UTC, '
        f"publication {facts['number']}</p>"
    )


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


def filters(topic: str | None = None) -> data.Chosen:
    """Draw the filters, which live in the URL, and return what is chosen."""
    columns = st.columns([2, 2, 2])
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


def volume_chart(rows: Sequence[Mapping[str, Any]], span: data.Span, today: date) -> None:
    """Draw mentions per day, one line per topic; days that are not over are dotted, not a fall."""
    if not rows:
        st.html('<p class="nb">No mention in this period.</p>')
        return
    whole = [{**r, "day": r["day"].isoformat()} for r in rows if r["day"] < today]
    open_ = [
        {**r, "day": r["day"].isoformat()} for r in rows if r["day"] >= today - timedelta(days=1)
    ]
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True))
    y = alt.Y("mentions:Q", title="articles per day", axis=alt.Axis(tickMinStep=1))
    colour = alt.Color("topic:N", title=None, legend=alt.Legend(orient="top", columns=6))
    tip = [alt.Tooltip("topic:N"), alt.Tooltip("day:T", format="%d %b %Y"), "mentions:Q"]
    lines = (
        alt.Chart(alt.Data(values=whole))
        .mark_line(point={"size": 14})
        .encode(x=x, y=y, color=colour, tooltip=tip)
    )
    partial = (
        alt.Chart(alt.Data(values=open_))
        .mark_line(strokeDash=[2, 3], point={"size": 30, "filled": False})
        .encode(x=x, y=y, color=colour, tooltip=tip)
    )
    st.altair_chart(
        (lines + partial).properties(height=280), alt=spoken(rows, today), width="stretch"
    )
    st.html('<p class="nb-meta">Dotted: the day is not over yet.  All days are UTC.</p>')


def spoken(rows: Sequence[Mapping[str, Any]], today: date) -> str:
    """Say a chart in words: per topic the total, the peak and the last whole day."""
    told = []
    for topic in dict.fromkeys(r["topic"] for r in rows):
        days = [r for r in rows if r["topic"] == topic and r["day"] < today]
        if not days:
            continue
        peak = max(days, key=lambda r: r["mentions"])
        told.append(
            f"{topic}: {sum(r['mentions'] for r in days)} articles, most on "
            f"{peak['day']:%d %b} ({peak['mentions']}), "
            f"{days[-1]['mentions']} on the last whole day"
        )
    return "Articles per day by topic. " + ". ".join(told) + "."


def bar_chart(rows: Sequence[Mapping[str, Any]], label: str, value: str, title: str) -> None:
    """Draw horizontal bars, longest first."""
    if not rows:
        return
    values = [{label: r[label], value: r[value]} for r in rows]
    words = ", ".join(f"{r[label]} {r[value]}" for r in values[:8])
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(tickMinStep=1)),
            y=alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
            tooltip=[f"{label}:N", f"{value}:Q"],
        )
        .properties(height=24 * len(values) + 40)
    )
    st.altair_chart(chart, alt=f"{title}: {words}.", width="stretch")


def shown_table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], caption: str, name: str
) -> None:
    """Draw a table with its CSV download."""
    if not rows:
        st.html('<p class="nb">Nothing here.</p>')
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
    )


def _disarmed(value: Any) -> Any:
    text = str(value)
    return "'" + text if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else value


def pager(more: bool, key: str = "page") -> int:
    """Draw previous and next; return the number of the page, from 1; it lives in the URL."""
    number = st.number_input("Page of the list", 1, 10_000, key=key, bind="query-params")
    return int(number or 1)
