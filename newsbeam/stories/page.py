"""A story in words: what a person needs before reading any of it.

Pure text from plain rows; the command line prints it, and anything else may.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from newsbeam.headlines import headline, shown

Row = Mapping[str, Any]
NAMED = 5
"""Outlets named in a sentence; the rest is counted."""


def story_page(
    story: Row,
    timeline: Sequence[Row],
    events: Sequence[Row],
    lineage: Sequence[Row],
    ids: bool = False,
) -> str:
    """Return the page.

    Args:
        story: of the view ``stories``.
        timeline: of the view ``story_timeline``, in order.
        events: of ``story_events`` of its articles, evidence as a dict, in order of time.
        lineage: of ``story_lineage``, in order of time.
        ids: add the id of each article.
    """
    parts = [
        headline(story["title"]),
        f"story {story['story_id']}"
        + (f" · {', '.join(story['topics'])}" if story.get("topics") else ""),
        "",
        _coverage(story, timeline),
        _first(timeline),
        _reprints(timeline),
    ]
    if timeline:
        parts += ["", "Timeline (UTC)", *(_line(row, timeline, ids) for row in timeline)]
    facts = _facts([e for e in events if e["kind"] == "new_fact"], timeline)
    if facts:
        parts += ["", "What changed", *facts]
    if lineage:
        parts += ["", "Merges and splits", *(_change(row, story["story_id"]) for row in lineage)]
    return "\n".join(part for part in parts if part is not None)


def _coverage(story: Row, timeline: Sequence[Row]) -> str:
    articles, rooms, copies = story["articles"], story["newsrooms"], story["copies"]
    text = f"Covered by {_count(rooms, 'independent newsroom')} in {_count(articles, 'article')}"
    aside = []
    if copies:
        aside.append("1 is a copy" if copies == 1 else f"{copies} are copies")
    for kind, one, many in (
        ("aggregator", "from an aggregator", "from aggregators"),
        ("release", "press release", "press releases"),
    ):
        if n := sum(row["newsroom_kind"] == kind for row in timeline):
            aside.append(f"{n} {one if n == 1 else many}")
    notes = f" ({', '.join(aside)})" if aside else ""
    if articles == 1:
        return f"{text}{notes}."
    return f"{text}{notes}, over {_span(story['last_seen'] - story['first_seen'])}."


def _first(timeline: Sequence[Row]) -> str | None:
    reports = _reports(timeline)
    if not reports:
        return None
    first = reports[0]
    text = f"First: {first['newsroom'] or first['outlet']}, {_time(first['arrived'])}"
    others = [r for r in reports if r["newsroom"] != first["newsroom"]]
    if others:
        gap = others[0]["arrived"] - first["arrived"]
        text += f"; {others[0]['newsroom'] or others[0]['outlet']} followed {_after(gap)}"
    return text + "."


def _reports(timeline: Sequence[Row]) -> list[Row]:
    """Return what newsrooms and agencies have reported, in order: as ``first_reports`` counts.

    What an aggregator showed first is the report of the first newsroom that has it.
    """
    shown = {r["article_id"] for r in timeline if r["newsroom_kind"] == "aggregator"}
    reports = []
    for row in timeline:
        own = row["independent"] or row["copy_of"] in shown
        if row["newsroom_kind"] == "agency" or (row["newsroom_kind"] == "newsroom" and own):
            reports.append(row)
            if row["newsroom_kind"] == "newsroom":  # an agency's print counts for itself
                shown.discard(row["copy_of"])
    return reports


def _reprints(timeline: Sequence[Row]) -> str | None:
    """Return who has only printed what another outlet wrote."""
    reported = {row["outlet"] for row in timeline if row["independent"]}
    reported |= {row["outlet"] for row in _reports(timeline) if row["newsroom_kind"] == "newsroom"}
    copied = [r["outlet"] for r in timeline if r["copy_of"] and r["outlet"] not in reported]
    outlets = list(dict.fromkeys(o for o in copied if o))
    if not outlets:
        return None
    named, more = outlets[:NAMED], len(outlets) - NAMED
    return f"Only reprinted by {', '.join(named)}{f' and {more} more' if more > 0 else ''}."


def _line(row: Row, timeline: Sequence[Row], ids: bool) -> str:
    text = f"  {_time(row['arrived'])}  {row['outlet'] or '?'}: {headline(row['title'])}"
    if row["copy_of"]:
        source = next((r for r in timeline if r["article_id"] == row["copy_of"]), None)
        whose = f" of {source['outlet']}'s" if source else " of one that is not in this story"
        text += (
            f"  [copy{whose}{', ' + row['newsroom'] if row['newsroom_kind'] != 'newsroom' else ''}]"
        )
    elif row["newsroom_kind"] != "newsroom":
        text += f"  [{row['newsroom_kind']}: {row['newsroom']}]"
    if (row.get("revision") or 1) > 1:
        text += f"  [changed {_count(row['revision'] - 1, 'time')}]"
    return f"{text}  {row['article_id']}" if ids else text


def _facts(events: Sequence[Row], timeline: Sequence[Row]) -> list[str]:
    """Return the new facts in order of their articles, each with the time of its article."""
    rows = {row["article_id"]: row for row in timeline}
    told = []
    for event in events:
        row = rows.get(event["article_id"])
        if row is None:  # moved to another story since
            continue
        at, source = row["arrived"], row["outlet"] or "?"
        sentence = shown(event["evidence"].get("sentence", ""))
        told.append((at, f"  {_time(at)}  {source}: “{sentence}”"))
    return [line for _, line in sorted(told, key=lambda pair: pair[0])]


def _change(row: Row, story_id: str) -> str:
    moved = _count(row["articles"], "article")
    if row["kind"] == "merge":
        what = f"took in story {row['from_story']} ({moved})"
        if row["to_story"] != story_id:
            what = f"became part of story {row['to_story']}"
    elif row["from_story"] == story_id:
        what = f"{moved} moved to story {row['to_story']}"
    else:
        what = f"split off from story {row['from_story']} ({moved})"
    return f"  {_time(row['at_time'])}  {what}: {row['reason']} [{row['decided_by']}]"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    if hours < 1:
        return "less than an hour"
    return _count(round(hours), "hour") if hours < 48 else _count(round(hours / 24), "day")


def _after(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    if minutes < 1:
        return "within a minute"
    return f"{_count(minutes, 'minute') if minutes < 90 else _span(gap)} later"
