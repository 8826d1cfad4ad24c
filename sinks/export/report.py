"""The weekly report on a topic: one HTML file, printable, with charts and cited links.

It loads nothing: styles and charts (SVG) are in it.  Everything from outside is escaped; links are
http(s) only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any
from urllib.parse import urlsplit

from newsbeam.headlines import headline

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Week:
    """What a report says."""

    topic: str
    first: date
    last: date
    as_of: date
    days: Sequence[Row]
    """day, mentions: the four weeks up to ``last``."""
    outlets: Sequence[Row]
    """outlet, mentions, share."""
    stories: Sequence[Row]
    """story_id, title, newsrooms, articles, first_seen, url, outlet."""
    articles: Sequence[Row]
    """title, url, outlet, published, sentence, score."""
    before: int
    """Articles in the week before."""

    @property
    def total(self) -> int:
        """Articles in the week."""
        return sum(d["mentions"] for d in self.days if self.first <= d["day"] <= self.last)


def collect(rows: Any, topic: str, last: date) -> Week:
    """Ask the publication what a report needs.

    Args:
        rows: function from SQL and parameters to rows (Reader.rows).
        topic: its name.
        last: last day of the week.
    """
    first, start = last - timedelta(days=6), last - timedelta(days=27)
    days = rows(
        "SELECT d.day::DATE AS day, count(m.mention_id) AS mentions "
        "FROM generate_series($first::DATE, $last::DATE, INTERVAL 1 DAY) AS d(day) "
        "LEFT JOIN mentions m ON m.day = d.day::DATE AND m.topic = $topic GROUP BY 1 ORDER BY 1",
        {"first": start, "last": last, "topic": topic},
    )
    week = {"first": first, "last": last, "topic": topic}
    articles = rows(
        "SELECT m.title, m.url, m.outlet, m.published, m.sentence, m.score, s.story_id "
        "FROM mentions m LEFT JOIN story_articles s USING (article_id) "
        "WHERE m.topic = $topic AND m.day BETWEEN $first AND $last "
        "ORDER BY m.published, m.article_id",
        week,
    )
    stories = rows(
        "SELECT s.story_id, s.title, s.newsrooms, s.articles, s.first_seen, "
        "s.first_outlet AS outlet, a.url FROM stories s "
        "LEFT JOIN article_rows a ON a.article_id = s.first_article "
        "WHERE s.story_id IN (SELECT story_id FROM story_articles WHERE article_id IN (SELECT "
        "article_id FROM mentions WHERE topic = $topic AND day BETWEEN $first AND $last)) "
        "ORDER BY s.newsrooms DESC, s.articles DESC, s.first_seen LIMIT 10",
        week,
    )
    counts: dict[str, int] = {}
    for article in articles:
        counts[article["outlet"]] = counts.get(article["outlet"], 0) + 1
    outlets = [
        {"outlet": o, "mentions": n, "share": n / len(articles)}
        for o, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:12]
    ]
    before = sum(d["mentions"] for d in days if first - timedelta(days=7) <= d["day"] < first)
    as_of = rows("FROM publication")[0]["as_of"].date()
    return Week(topic, first, last, as_of, days, outlets, stories, articles, before)


STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.2rem; font-size: 1.2rem;
border-bottom: 1px solid #8888; padding-bottom: .2rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .25rem .5rem .25rem 0;
border-bottom: 1px solid #8884; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; }
a { color: inherit; } li { margin: .45rem 0; } .meta { font-size: .85rem; opacity: .85; }
svg { width: 100%; height: auto; } svg .bar { fill: #2b6cb0; } svg .open { fill: none;
stroke: #2b6cb0; stroke-dasharray: 3 2; } svg text { font: 11px sans-serif; fill: currentColor; }
svg line { stroke: currentColor; opacity: .5; } svg .count { text-anchor: middle; }
@media print { body { max-width: none; margin: 0; font-size: 11pt; } h2 { break-after: avoid; }
li, tr, figure, table { break-inside: avoid; } a::after { content: " <" attr(href) ">";
font-size: .75em; word-break: break-all; } }
"""


def html(week: Week) -> str:
    """Return the report."""
    change = week.total - week.before
    numbers = {s["story_id"]: i for i, s in enumerate(week.stories, 1)}
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(week.topic)}: week to {week.last:%d %B %Y}</title>",
        f"<style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(week.topic)}</h1>",
        f"<p>Week from {week.first:%d %B} to {week.last:%d %B %Y}. "
        f"<strong>{_count(week.total, 'article')}</strong> from "
        f"{_count(len({a['outlet'] for a in week.articles}), 'outlet')}, "
        f"{change:+d} to the week before. Days are UTC.</p>",
        "<h2>Articles per day, four weeks</h2>",
        _chart(week),
        "<h2>Stories</h2>",
        _stories(week),
        "<h2>Share of voice</h2>",
        _outlets(week),
        "<h2>All articles</h2>",
        _articles(week, numbers),
        f'<p class="meta">Made by newsbeam from data as of {week.as_of:%d %B %Y}.</p>',
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _chart(week: Week) -> str:
    top = max([d["mentions"] for d in week.days] + [1])
    bars, width = [], 700 / max(1, len(week.days))
    for i, day in enumerate(week.days):
        height = 142 * day["mentions"] / top
        kind = "open" if day["day"] >= week.as_of else "bar"
        bars.append(
            f'<rect class="{kind}" x="{i * width + 2:.1f}" y="{160 - height:.1f}" '
            f'width="{width - 4:.1f}" height="{height:.1f}"><title>{day["day"]:%d %b}: '
            f"{day['mentions']}</title></rect>"
        )
        if day["mentions"]:
            bars.append(
                f'<text class="count" x="{(i + 0.5) * width:.1f}" y="{156 - height:.1f}">'
                f"{day['mentions']}</text>"
            )
        if i % 7 == 0:
            bars.append(f'<text x="{i * width + 2:.1f}" y="176">{day["day"]:%d %b}</text>')
    said = ", ".join(f"{d['day']:%d %b} {d['mentions']}" for d in week.days[-7:])
    note = (
        '<figcaption class="meta">Dashed: the day is not over yet.</figcaption>'
        if week.days and week.days[-1]["day"] >= week.as_of
        else ""
    )
    return (
        f'<figure><svg viewBox="0 0 700 180" role="img" aria-label="Articles per day; last week: '
        f'{escape(said)}"><line x1="0" x2="700" y1="160" y2="160"/>{"".join(bars)}</svg>'
        f"{note}</figure>"
    )


def _stories(week: Week) -> str:
    items = [
        f"<li>{_link(s['url'], s['title'])}<br><span class='meta'>"
        f"{_count(s['newsrooms'], 'newsroom')}, {_count(s['articles'], 'article')}; "
        f"first {s['first_seen']:%d %b %H:%M}"
        f"{', ' + escape(s['outlet']) if s['outlet'] else ''}</span></li>"
        for s in week.stories
    ]
    return f"<ol>{''.join(items)}</ol>" if items else "<p>No story this week.</p>"


def _outlets(week: Week) -> str:
    rows = [
        f"<tr><td>{escape(o['outlet'])}</td><td class='num'>{o['mentions']}</td>"
        f"<td class='num'>{100 * o['share']:.0f} %</td></tr>"
        for o in week.outlets
    ]
    head = (
        "<tr><th scope='col'>Outlet</th><th scope='col' class='num'>Articles</th>"
        "<th scope='col' class='num'>Share</th></tr>"
    )
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _articles(week: Week, numbers: Mapping[str, int]) -> str:
    items = []
    for article in week.articles:
        story = numbers.get(article["story_id"])
        quote = f"<br>“{escape(article['sentence'][:300])}”" if article["sentence"] else ""
        items.append(
            f"<li>{_link(article['url'], article['title'])} <span class='meta'>"
            f"{escape(article['outlet'])}, {article['published']:%d %b %H:%M}"
            f"{f', story {story}' if story else ''}</span>{quote}</li>"
        )
    return f"<ul>{''.join(items)}</ul>" if items else "<p>No article this week.</p>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _link(url: str | None, text: str | None) -> str:
    shown = escape(headline(text))
    if not url or urlsplit(url).scheme not in ("http", "https"):
        return shown
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>'
