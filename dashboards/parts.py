"""Pieces of HTML for the dashboard: everything from outside is escaped here, once.

Real lists, links and tables, so that keyboards and screen readers can use them.  Titles, sentences
and addresses come from untrusted pages: text is escaped, links are http(s) only.
"""

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from newsbeam.headlines import headline

Row = Mapping[str, Any]

OLD_H = 26
"""Data older than this is warned of: a day between two runs, and some delay."""

STYLE = """
<style>
.stMainBlockContainer { padding-top: 3rem; padding-bottom: 3rem; max-width: 82rem; }
.stMainBlockContainer h1 { font-size: 1.9rem; padding: 0 0 .4rem; }
@media (max-width: 640px) {
  .stMainBlockContainer { padding-top: 4.5rem; }
  .stMainBlockContainer h1 { font-size: 1.5rem; }
  .nb-table.nb-table { font-size: .82rem; }
  .nb-table.nb-table td:first-child > a { white-space: normal; }
}
.stMainBlockContainer h2 { font-size: 1.3rem; padding: .6rem 0 .3rem; }
.stMainBlockContainer h3 { font-size: 1.1rem; padding: .4rem 0 .2rem; }
.nb-list a, .nb-table a, .nb a { color: inherit; text-decoration: underline;
  text-decoration-color: color-mix(in srgb, currentColor 40%, transparent);
  text-underline-offset: .15em; }
.nb-list a:hover, .nb-table a:hover, .nb a:hover { text-decoration-color: currentColor; }
.nb-list.nb-list { list-style: none; padding: 0; margin: 0; }
.nb-list.nb-list > li { margin-left: 0; }
.nb-list > li { padding: .55rem 0; border-bottom: 1px solid
  color-mix(in srgb, currentColor 15%, transparent); margin: 0; }
.nb-head { font-weight: 600; line-height: 1.35; }
.nb-head, .nb-quote, .nb-meta { unicode-bidi: plaintext; overflow-wrap: anywhere; }
.nb-table td { unicode-bidi: plaintext; overflow-wrap: anywhere; min-width: 5rem; }
.nb-meta a, .nb-table a, .nb mark, .nb-list mark { unicode-bidi: isolate; }
.nb-meta { font-size: .86rem; opacity: .85; margin-top: .1rem; }
.nb-quote { margin: .2rem 0 0; line-height: 1.45; }
.nb mark, .nb-list mark { background: color-mix(in srgb, #ffb300 45%, transparent); color: inherit;
  padding: 0 .1em; border-radius: .15em; }
.nb-list details, .nb details { margin-top: .2rem; font-size: .9rem; }
.nb-list summary, .nb summary { cursor: pointer; width: fit-content;
  text-decoration: underline dotted; }
.nb-table { border-collapse: collapse; width: 100%; font-size: .9rem; }
.nb-table th, .nb-table td { text-align: left; padding: .3rem .7rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
.nb-table td.num, .nb-table th.num { text-align: right; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; min-width: 0; }
.nb-table time, .nb-table td:first-child > a { white-space: nowrap; }
.nb-scroll { overflow-x: auto; }
.nb ins { background: color-mix(in srgb, #2e9e5b 28%, transparent); text-decoration: none; }
.nb del { background: color-mix(in srgb, #d9453d 28%, transparent); }
.nb-tag { border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: .8em;
  padding: 0 .5em; font-size: .8rem; white-space: nowrap; }
.nb-failing { border-color: #c0504d; background: color-mix(in srgb, #c0504d 18%, transparent);
  font-weight: 600; }
.nb-ok { border-color: #2a9d74; }
.nb-url { min-width: 13rem; }
.nb-old { border-left: .25rem solid #d9822b; padding: .5rem .8rem; margin: 0 0 .8rem;
  background: color-mix(in srgb, #d9822b 14%, transparent); }
.nb-note { margin-top: -.6rem; }
.nb-none { opacity: .85; }
.nb-table tbody tr:hover { background: color-mix(in srgb, currentColor 5%, transparent); }
.nb-list > li:last-child { border-bottom: none; }
a:focus-visible, summary:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
</style>
"""


def link(url: str | None, text: str) -> str:
    """Return a link that opens no script and tells nobody where we come from; else plain text."""
    shown = escape(text)
    if not url or urlsplit(url).scheme not in ("http", "https"):
        return shown
    return f'<a href="{escape(url)}" rel="noopener noreferrer nofollow">{shown}</a>'


def page_link(page: str, text: str, **parameters: str) -> str:
    """Return a link to a page of the dashboard."""
    query = "&amp;".join(f"{k}={quote(v, safe='')}" for k, v in parameters.items())
    return f'<a href="{page}?{query}" target="_self">{escape(text)}</a>'


def domain(name: str | None) -> str:
    """Return an outlet's name that may be broken after its dots, not within a word."""
    return escape(name or "").replace(".", ".<wbr>")


def when(value: datetime | date | None) -> str:
    """Return a time as people read it, with its machine form beside."""
    if value is None:
        return "no date"
    shown = f"{value:%d %b %Y, %H:%M}" if isinstance(value, datetime) else f"{value:%d %b %Y}"
    return f'<time datetime="{value.isoformat()}">{shown}</time>'


def age(as_of: datetime, now: datetime) -> str:
    """Return a warning where the data is old enough that collecting may have stopped; else nothing.

    Args:
        as_of: start of the last run, UTC.
        now: the clock, UTC.
    """
    hours = (now - as_of).total_seconds() / 3600
    if hours < OLD_H:
        return ""
    old = f"{hours:.0f} hours" if hours < 72 else f"{hours / 24:.0f} days"
    return (
        f'<p class="nb nb-old" role="status">The data is {old} old: nothing was collected since '
        f"{when(as_of)} UTC.  Is <code>newsbeam watch</code>, or the scheduled run, still going? "
        "<code>newsbeam status</code> tells.</p>"
    )


def marked(sentence: str, words: Iterable[str]) -> str:
    """Return a sentence, escaped, with the matched words marked."""
    found = sorted({w for w in words if w}, key=len, reverse=True)
    if not found:
        return escape(sentence)
    inner = "|".join(re.escape(w) for w in found)
    pattern = re.compile(rf"(?<!\w)(?:{inner})(?!\w)", re.IGNORECASE)
    parts, last = [], 0
    for match in pattern.finditer(sentence):
        parts += [escape(sentence[last : match.start()]), f"<mark>{escape(match[0])}</mark>"]
        last = match.end()
    return "".join([*parts, escape(sentence[last:])])


def evidence_of(text: str | None) -> list[dict[str, Any]]:
    """Return a mention's evidence; empty where there is none."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def mention_item(row: Row) -> str:
    """Return one mention: headline, outlet, time, sentence with the matched words, and why."""
    evidence = evidence_of(row["evidence"])
    first = next((e for e in evidence if e.get("kind") == "query"), evidence[0] if evidence else {})
    words = [str(e.get("text") or "") for e in evidence if e.get("kind") == "query"]
    sentence = str(first.get("sentence") or row.get("lead") or "")
    meta = [escape(row["outlet"] or ""), when(row["published"])]
    if row.get("language"):
        meta.append(escape(row["language"]))
    meta.append(f"score {row['score']:.2f}")
    if row.get("newsrooms", 0) and row["newsrooms"] > 1:
        others = row["newsrooms"] - 1
        meta.append(
            page_link(
                "story",
                f"also covered by {others} newsroom{'s' * (others > 1)}",
                story=row["story_id"],
            )
        )
    elif row.get("story_id"):
        meta.append(page_link("story", "story", story=row["story_id"]))
    if row.get("partial"):
        meta.append('<span class="nb-tag">teaser only</span>')
    return (
        f'<li id="m-{escape(row["mention_id"])}">'
        f'<div class="nb-head">{link(row["url"], headline(row["title"]))}</div>'
        f'<div class="nb-meta">{" · ".join(meta)}</div>'
        f'<p class="nb-quote">{marked(sentence[:400], words)}</p>'
        f"{why(row, evidence)}</li>"
    )


def why(row: Row, evidence: Sequence[Mapping[str, Any]]) -> str:
    """Return what decided: every piece of evidence, and the parts of the score."""
    lines = []
    for item in evidence:
        where = escape(str(item.get("zone") or ""))
        what = (
            f"words “{escape(str(item.get('term') or item.get('text') or ''))}” in the {where}"
            if item.get("kind") == "query"
            else f"meaning, in the {where}"
        )
        if isinstance(item.get("score"), int | float):
            what += f", likeness {item['score']:.2f}"
        quote_ = marked(str(item.get("sentence") or "")[:400], [str(item.get("text") or "")])
        lines.append(f"<li>{what}: {quote_}</li>")
    parts = row.get("parts")
    shown = ""
    if parts and parts != "{}":
        pairs = json.loads(parts)
        shown = " Parts: " + ", ".join(f"{escape(str(k))} {v:.2f}" for k, v in pairs.items()) + "."
    return (
        f"<details><summary>why</summary><p>Matched by {escape(row['matched_by'])}, "
        f"probability {row['score']:.2f}, topic version {escape(row['topic_version'])}.{shown}</p>"
        f"<ul>{''.join(lines) or '<li>no evidence stored</li>'}</ul></details>"
    )


def story_item(row: Row) -> str:
    """Return one story: headline, how many newsrooms, since when."""
    rooms = row["newsrooms"]
    meta = [
        f"{rooms} newsroom{'s' * (rooms != 1)}",
        f"{row['articles']} article{'s' * (row['articles'] != 1)}",
        f"first {when(row['first_seen'])}",
    ]
    if row.get("first_outlet"):
        meta.append("by " + escape(row["first_outlet"]))
    return (
        f'<li><div class="nb-head">'
        f"{page_link('story', headline(row['title']), story=row['story_id'])}</div>"
        f'<div class="nb-meta">{" · ".join(meta)}</div></li>'
    )


def listed(items: Iterable[str], label: str, ordered: bool = False) -> str:
    """Return a list; ``label`` says to screen readers what it is of."""
    tag = "ol" if ordered else "ul"
    inner = "".join(items)
    if not inner:
        return '<p class="nb">Nothing in this period.</p>'
    return f'<{tag} class="nb-list" aria-label="{escape(label)}">{inner}</{tag}>'


def table(rows: Sequence[Row], columns: Mapping[str, str], caption: str) -> str:
    """Return a table.

    Args:
        rows: cells by column; a cell that is a :class:`Html` is taken as it is.
        columns: column -> heading.
        caption: for screen readers.
    """
    numbers = {
        c
        for c in columns
        if any(isinstance(r[c], int | float) and not isinstance(r[c], bool) for r in rows)
    }
    head = "".join(
        f'<th scope="col"{_num(c in numbers)}>{escape(t)}</th>' for c, t in columns.items()
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_num(c in numbers)}>{cell(headline(row[c]) if c == 'title' else row[c])}</td>"
            for c in columns
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="nb-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="nb-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


class Html(str):
    """Text that is HTML already: made by this module."""


def cell(value: Any) -> str:
    """Return a cell's content, escaped."""
    if isinstance(value, Html):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return when(value)
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return escape(", ".join(map(str, value)))
    return escape(str(value))


_SIGNS = {"ok": "●", "failing": "▲", "quiet": "◌", "new": "○", "off": "–"}


def state(value: str) -> str:
    """Return a feed's state as a tag: a word and a sign, never a colour alone."""
    sign = _SIGNS.get(value, "")
    return (
        f'<span class="nb-tag nb-{escape(value)}"><span aria-hidden="true">{sign}</span> '
        f"{escape(value)}</span>"
    )


def _num(yes: bool) -> str:
    return ' class="num"' if yes else ""


def diff(before: str | None, after: str | None, context: int = 2) -> str:
    """Return the difference of two texts word by word, paragraphs without a change left out."""
    old, new = (before or "").split("\n"), (after or "").split("\n")
    parts: list[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            skipped = i2 - i1
            parts.append(f"<p>… {skipped} paragraph{'s' * (skipped != 1)} unchanged …</p>")
            continue
        parts.append(f"<p>{_words(' ¶ '.join(old[i1:i2]), ' ¶ '.join(new[j1:j2]))}</p>")
    return f'<div class="nb">{"".join(parts)}</div>'


def _words(old: str, new: str) -> str:
    a, b = re.split(r"(\s+)", old), re.split(r"(\s+)", new)
    shown = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        gone, came = escape("".join(a[i1:i2])), escape("".join(b[j1:j2]))
        if tag == "equal":
            shown.append(gone)
            continue
        shown += [f"<del>{gone}</del>" if gone else "", f"<ins>{came}</ins>" if came else ""]
    return "".join(shown)


def plain(text: str) -> str:
    """Escape an untrusted text for use in Streamlit's Markdown (headings, labels)."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&])", r"\\\1", text.replace("\n", " "))
