"""How each outlet lays out its articles: from tidy JSON-LD to tables of 2003.

A template takes an outlet and a piece and returns the whole page.  They differ in what a program
can find: structured data, OpenGraph, microdata, a date in words only, or nothing at all.
"""

import json
from collections.abc import Callable
from datetime import datetime
from html import escape

from pipelines.newsroom.content import Outlet, Piece
from pipelines.newsroom.furniture import (
    canonical,
    cookies,
    figure,
    footer,
    head,
    navigation,
    newsletter,
    paragraphs,
    related,
)

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
}


def render_article(outlet: Outlet, piece: Piece) -> str:
    """Return the page of a piece in its outlet's layout."""
    return TEMPLATES[outlet.template](outlet, piece)


def _in_words(outlet: Outlet, moment: datetime) -> str:
    month = MONTHS[outlet.language].split()[moment.month - 1]
    day = f"{moment.day}." if outlet.language == "de" else str(moment.day)
    return f"{day} {month} {moment.year}, {moment:%H:%M}"


def _author(piece: Piece) -> str:
    return escape(piece.author or "")


def _classic(outlet: Outlet, piece: Piece) -> str:
    """Tell all in JSON-LD; a related box in the middle of the text, newsletter and cookie boxes."""
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": piece.title,
        "description": piece.summary,
        "mainEntityOfPage": canonical(outlet, piece),
        "publisher": {"@type": "Organization", "name": outlet.name},
    }
    if piece.author:
        data["author"] = [{"@type": "Person", "name": piece.author}]
    if piece.published:
        data["datePublished"] = piece.published.isoformat()
        data["dateModified"] = (piece.modified or piece.published).isoformat()
    told = json.dumps(data, ensure_ascii=False)
    ld = f'<script type="application/ld+json">{told}</script>\n'
    when = f"<time>{_in_words(outlet, piece.published)}</time>" if piece.published else ""
    whole = paragraphs(piece).splitlines(keepends=True)
    first, rest = "".join(whole[:2]), "".join(whole[2:])
    return f"""{head(outlet, piece, ld)}<body>
{cookies(outlet)}{navigation(outlet)}<main><article>
<h1>{escape(piece.title)}</h1>
<p class="byline">By {_author(piece)} {when}</p>
{figure(piece)}<div class="article-body">
{first}{related(outlet)}{rest}</div>
</article>
{newsletter(outlet)}</main>
{footer(outlet)}</body></html>
"""


def _opengraph(outlet: Outlet, piece: Piece) -> str:
    """Tell all in OpenGraph tags; the text in a section."""
    tags = {
        "og:type": "article",
        "og:title": piece.title,
        "og:description": piece.summary,
        "og:site_name": outlet.name,
        "og:url": canonical(outlet, piece),
    }
    if piece.published:
        tags["article:published_time"] = piece.published.isoformat()
    if piece.modified:
        tags["article:modified_time"] = piece.modified.isoformat()
    if piece.author:
        tags["article:author"] = piece.author
    metas = "".join(f'<meta property="{k}" content="{escape(v)}">\n' for k, v in tags.items())
    return f"""{head(outlet, piece, metas, link=False)}<body>
{navigation(outlet)}<div class="wrap"><h1 class="headline">{escape(piece.title)}</h1>
<p class="standfirst">{escape(piece.summary)}</p>
<div class="meta"><span class="author">{_author(piece)}</span></div>
<section class="story-text">
{paragraphs(piece)}</section>
{newsletter(outlet)}{related(outlet, "section")}</div>
{footer(outlet)}{cookies(outlet)}</body></html>
"""


def _divs(outlet: Outlet, piece: Piece) -> str:
    """Lay out divs without meaning; the date in words only."""
    when = _in_words(outlet, piece.published) if piece.published else ""
    body = paragraphs(piece).replace("<p>", '<div class="p">').replace("</p>", "</div>")
    return f"""{head(outlet, piece)}<body><div id="top"><a href="/">{escape(outlet.name)}</a></div>
<div id="x1"><div class="h">{escape(piece.title)}</div>
<div class="i">{_author(piece)} · {when}</div>
<div class="t">
{body}</div></div>
{related(outlet, "div")}{newsletter(outlet)}{footer(outlet)}</body></html>
"""


def _blog(outlet: Outlet, piece: Piece) -> str:
    """Lay out a blog theme: entry-content, share buttons and a related box inside it."""
    when = ""
    if piece.published:
        when = (
            f'<time class="entry-date published" datetime="{piece.published.isoformat()}">'
            f"{_in_words(outlet, piece.published)}</time>"
        )
    amp = (
        f'<link rel="amphtml" href="https://{outlet.host}{piece.path}/amp">\n' if piece.amp else ""
    )
    return f"""{head(outlet, piece, amp)}<body class="single single-post">
{navigation(outlet)}<div id="content"><article class="post type-post hentry">
<h1 class="entry-title">{escape(piece.title)}</h1>
<div class="entry-meta">Posted on {when} by
<a rel="author" href="/author">{_author(piece)}</a></div>
<div class="entry-content">
{figure(piece)}{paragraphs(piece)}<div class="sharedaddy">Share this: <a href="#">E-mail</a>
<a href="#">Print</a></div>
{related(outlet, "div")}</div></article></div>
{newsletter(outlet)}{cookies(outlet)}{footer(outlet)}</body></html>
"""


def _portal(outlet: Outlet, piece: Piece) -> str:
    """Lay out an older portal: meta date, headings in font tags, line breaks for the standfirst."""
    date = ""
    if piece.published:
        date = f'<meta name="date" content="{piece.published.isoformat()}">\n'
    date += f'<meta name="author" content="{_author(piece)}">\n'
    return f"""{head(outlet, piece, date)}<body>
{cookies(outlet)}{navigation(outlet)}<div class="spalte-links">{related(outlet, "div")}</div>
<div class="spalte-mitte"><h1><font size="5">{escape(piece.title)}</font></h1>
<p class="vorspann"><b>{escape(piece.summary)}</b><br></p>
{paragraphs(piece)}</div>
{newsletter(outlet)}{footer(outlet)}</body></html>
"""


def _microdata(outlet: Outlet, piece: Piece) -> str:
    """Tell all in microdata attributes."""
    when = ""
    if piece.published:
        when = (
            f'<time itemprop="datePublished" datetime="{piece.published.isoformat()}">'
            f"{_in_words(outlet, piece.published)}</time>"
        )
    return f"""{head(outlet, piece)}<body>
{navigation(outlet)}<article itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{escape(piece.title)}</h1>
<p itemprop="description" class="chapo">{escape(piece.summary)}</p>
<p><span itemprop="author">{_author(piece)}</span> {when}</p>
{figure(piece)}<div itemprop="articleBody">
{paragraphs(piece)}</div>
</article>
{related(outlet)}{newsletter(outlet)}{cookies(outlet)}{footer(outlet)}</body></html>
"""


def _tables(outlet: Outlet, piece: Piece) -> str:
    """Lay out with tables; headline in bold; the date in words."""
    when = _in_words(outlet, piece.published) if piece.published else ""
    links = "<br>".join(f'<a href="/archive">{escape(h)}</a>' for h in outlet.related)
    body = "<br><br>\n".join(escape(p, quote=False) for p in piece.paragraphs)
    return f"""{head(outlet, piece)}<body bgcolor="#ffffff">
<table width="100%"><tr><td width="20%" valign="top"><b>{escape(outlet.name)}</b><br>
<i>{escape(outlet.tagline)}</i><br><br>{links}</td>
<td valign="top"><h2>{escape(piece.title)}</h2>
<i>{_author(piece)}, {when}</i><br><br>
{body}
</td></tr>
<tr><td colspan="2"><small>{escape(outlet.newsletter)} © {escape(outlet.name)}</small></td></tr>
</table></body></html>
"""


TEMPLATES: dict[str, Callable[[Outlet, Piece], str]] = {
    "classic": _classic,
    "opengraph": _opengraph,
    "divs": _divs,
    "blog": _blog,
    "portal": _portal,
    "microdata": _microdata,
    "tables": _tables,
}
