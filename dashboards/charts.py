"""The charts, each with the same said in words for those who cannot see it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import streamlit as st

from newsbeam.headlines import headline

COLOURS = ("#2f7dc4", "#d9822b", "#2a9d74", "#c2528b", "#8a6fd1", "#a0842c", "#4f8f9f", "#c0504d")
"""Readable on light and on dark ground (contrast 3 : 1 and more), after Okabe and Ito."""


def volume_chart(rows: Sequence[Mapping[str, Any]], topics: Sequence[str], today: date) -> None:
    """Draw mentions per day, one line per topic; days that are not over are dotted, not a fall."""
    if not rows:
        st.html('<p class="nb">No mention in this period.</p>')
        return
    whole = [{**r, "day": r["day"].isoformat()} for r in rows if r["day"] < today]
    open_ = [
        {**r, "day": r["day"].isoformat()} for r in rows if r["day"] >= today - timedelta(days=1)
    ]
    names = sorted({str(r["topic"]) for r in rows})
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", labelOverlap=True, grid=False))
    y = alt.Y("mentions:Q", title="articles per day", axis=alt.Axis(tickMinStep=1, tickCount=5))
    fitting = alt.ExprRef("width < 480 ? 2 : 5")  # a phone is not as wide as five names
    legend = (
        alt.Legend(orient="top", columns=fitting, symbolType="stroke") if len(names) > 1 else None
    )
    colour = alt.Color("topic:N", title=None, legend=legend, scale=colours(topics))
    tip = [alt.Tooltip("topic:N"), alt.Tooltip("day:T", format="%d %b %Y"), "mentions:Q"]
    lines = (
        alt.Chart(alt.Data(values=whole))
        .mark_line(point={"size": 22}, strokeWidth=2.2)
        .encode(x=x, y=y, color=colour, tooltip=tip)
    )
    partial = (
        alt.Chart(alt.Data(values=open_))
        .mark_line(strokeDash=[2, 3], point={"size": 34, "filled": False})
        .encode(x=x, y=y, color=colour, tooltip=tip)
    )
    st.altair_chart(
        (lines + partial).properties(height=300), alt=spoken(rows, today), width="stretch"
    )
    st.html('<p class="nb-meta nb-note">Dotted: the data has not the whole day.  Days are UTC.</p>')


def colours(names: Sequence[str]) -> alt.Scale:
    """Return one colour per name, the same on every page, told apart by colour-blind eyes too."""
    return alt.Scale(
        domain=list(names), range=[COLOURS[i % len(COLOURS)] for i in range(len(names))]
    )


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
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X(
            f"{value}:Q",
            title=title,
            axis=alt.Axis(tickMinStep=1, tickCount=4, grid=False),
            scale=alt.Scale(domain=[0, 1.14 * max(v[value] for v in values)], nice=False),
        ),
        y=alt.Y(
            f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False)
        ),
        tooltip=[f"{label}:N", f"{value}:Q"],
    )
    bars = base.mark_bar(color=COLOURS[0], cornerRadiusEnd=2)
    counts = base.mark_text(align="left", dx=5, color="gray").encode(
        text=alt.Text(f"{value}:Q", format=",")
    )
    chart = (bars + counts).properties(height=26 * len(values) + 60)
    st.altair_chart(chart, alt=f"{title}: {words}.", width="stretch")


def time_line(rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw a story's reports in time: a line per newsroom, copies by their sign."""
    values = [
        {
            "at": r["arrived"].isoformat(),
            "who": r["newsroom"] or r["outlet"],
            "kind": "own report" if r["independent"] else "copy",
            "title": headline(r["title"]),
        }
        for r in rows[:200]
    ]
    names = list(dict.fromkeys(v["who"] for v in values))
    chart = (
        alt.Chart(alt.Data(values=values))
        .mark_point(size=130, strokeWidth=2, filled=True)
        .encode(
            x=alt.X("at:T", title=None, axis=alt.Axis(format="%d %b %H:%M", labelBound=True)),
            y=alt.Y(
                "who:N",
                sort=names,
                title=None,
                axis=alt.Axis(labelLimit=220, labelOverlap=False, grid=True),
            ),
            color=alt.Color(
                "kind:N",
                title=None,
                legend=alt.Legend(orient="top"),
                scale=colours(("own report", "copy")),
            ),
            shape=alt.Shape(
                "kind:N",
                legend=None,
                scale=alt.Scale(domain=["own report", "copy"], range=["circle", "diamond"]),
            ),
            tooltip=["who:N", "kind:N", alt.Tooltip("at:T", format="%d %b %H:%M"), "title:N"],
        )
        .properties(height=28 * len(names) + 80)
    )
    own = sum(v["kind"] == "own report" for v in values)
    words = (
        f"Reports by newsroom and time: {own} own reports and {len(values) - own} copies, from "
        f"{rows[0]['arrived']:%d %b %H:%M} to {rows[-1]['arrived']:%d %b %H:%M}; the list below "
        "has them all."
    )
    st.altair_chart(chart, alt=words, width="stretch")
