"""Pages of the sample newsroom that are no plain articles: walls, lists, threads, live blogs."""

import json
from collections.abc import Callable
from html import escape

from pipelines.newsroom.content import Outlet, Piece
from pipelines.newsroom.furniture import (
    canonical,
    cookies,
    footer,
    head,
    navigation,
    newsletter,
    paragraphs,
    related,
)
from pipelines.newsroom.templates import render_article

CONSENT = {
    "fr": (
        "Votre vie privée est importante pour nous",
        "Avec votre accord, nos 814 partenaires et nous utilisons des cookies ou technologies "
        "similaires pour stocker et accéder à des informations personnelles comme votre visite "
        "sur ce site. Vous pouvez retirer votre consentement à tout moment.",
        "Pour continuer votre lecture, acceptez les cookies ou abonnez-vous.",
    ),
    "en": (
        "We value your privacy",
        "With your consent, we and our 814 partners use cookies or similar technologies to store "
        "and access personal data such as your visit to this website. You may withdraw your "
        "consent at any time.",
        "To continue reading, accept cookies or subscribe.",
    ),
}


def render_page(outlet: Outlet, piece: Piece) -> str:
    """Return the page of a piece, whatever its kind."""
    return KINDS.get(piece.kind, render_article)(outlet, piece)


def render_amp(outlet: Outlet, piece: Piece) -> str:
    """Return the AMP twin of a piece."""
    when = ""
    if piece.published:
        when = f'<time datetime="{piece.published.isoformat()}">{piece.published:%d.%m.%Y}</time>'
    return f"""<!doctype html>
<html amp lang="{outlet.language}"><head><meta charset="utf-8">
<title>{escape(piece.title)}</title>
<link rel="canonical" href="{canonical(outlet, piece)}">
<script async src="https://cdn.ampproject.org/v0.js"></script></head>
<body><h1>{escape(piece.title)}</h1><p>{escape(piece.author or "")} {when}</p>
{paragraphs(piece)}</body></html>
"""


def _paywall(outlet: Outlet, piece: Piece) -> str:
    """Lay out the beginning of an article, then an offer."""
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": piece.title,
        "datePublished": piece.published.isoformat() if piece.published else None,
        "isAccessibleForFree": False,
        "hasPart": {
            "@type": "WebPageElement",
            "isAccessibleForFree": False,
            "cssSelector": ".paywalled",
        },
    }
    extra = f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>\n'
    return f"""{head(outlet, piece, extra)}<body>
{navigation(outlet)}<article><h1>{escape(piece.title)}</h1>
<p class="author">{escape(piece.author or "")}</p>
<div class="teaser-text">
{paragraphs(piece)}</div>
<div class="paywall" id="paywall"><h2>Subscribe to continue reading</h2>
<p>This article is for subscribers. Get unlimited access to {escape(outlet.name)} for 1 dollar in
the first month.</p><a href="/subscribe">Subscribe now</a> <a href="/login">Already a subscriber?
Log in</a></div></article>
{related(outlet)}{footer(outlet)}</body></html>
"""


def _app_teaser(outlet: Outlet, piece: Piece) -> str:
    """Show one paragraph; the rest is in an app."""
    first = escape(piece.paragraphs[0], quote=False)
    return f"""{head(outlet, piece)}<body>
{navigation(outlet)}<article><h1>{escape(piece.title)}</h1><p>{first}</p>
<div class="continue-in-app"><p>Read the full article in the {escape(outlet.name)} app.</p>
<a href="/app">Open the app to continue reading</a></div></article>
{footer(outlet)}</body></html>
"""


def _consent(outlet: Outlet, piece: Piece) -> str:
    """Ask for consent instead of showing the article."""
    title, text, choice = CONSENT.get(outlet.language, CONSENT["en"])
    return f"""{head(outlet, piece)}<body class="consent">
<div id="cmp-container" class="cmp didomi-popup" role="dialog" aria-modal="true">
<h1>{escape(title)}</h1><p>{escape(text)}</p><p>{escape(choice)}</p>
<button>Tout accepter</button><button>Paramétrer</button><button>S'abonner</button></div>
</body></html>
"""


def _bot(outlet: Outlet, piece: Piece) -> str:
    """Keep programs out, with status 200."""
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head>
<body><div class="challenge"><h1>{escape(outlet.host)}</h1>
<h2>Checking if the site connection is secure</h2>
<p>Verify you are human by completing the action below. {escape(outlet.host)} needs to review the
security of your connection before proceeding.</p>
<noscript>Enable JavaScript and cookies to continue</noscript>
<form id="challenge-form" action="/verify" method="post"></form>
<p>Request ID: 8f2c11ab{len(piece.path)}</p></div></body></html>
"""


def _soft_404(outlet: Outlet, piece: Piece) -> str:
    """Say that there is no such page, with status 200."""
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>Page not found | {escape(outlet.name)}</title></head><body>
{navigation(outlet)}<main><h1>Page not found</h1>
<p>Sorry, the page you are looking for does not exist or has been moved.</p>
<p>Try the search, or go back to the <a href="/">home page</a>.</p></main>
{related(outlet)}{footer(outlet)}</body></html>
"""


def _listing(outlet: Outlet, piece: Piece) -> str:
    """List headlines with teasers."""
    cards = "".join(
        f'<div class="card"><h3><a href="/{n}">{escape(headline)}</a></h3><p>{escape(text)}</p>'
        "</div>\n"
        for n, (headline, text) in enumerate(piece.items)
    )
    return f"""{head(outlet, piece)}<body>
{navigation(outlet)}<main><h1>{escape(piece.title)}</h1>
{cards}<a href="?page=2">Older stories</a></main>
{newsletter(outlet)}{footer(outlet)}</body></html>
"""


def _live(outlet: Outlet, piece: Piece) -> str:
    """Lay out a live blog: posts with times, newest first."""
    when = piece.published.isoformat() if piece.published else ""
    day = when[:11]
    data = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "headline": piece.title,
        "datePublished": when,
        "liveBlogUpdate": [
            {"@type": "BlogPosting", "headline": title, "datePublished": f"{day}{clock}:00Z"}
            for clock, title, _ in piece.updates
        ],
    }
    posts = "".join(
        f'<article class="live-post"><time datetime="{day}{clock}:00Z">{clock}</time>'
        f"<h2>{escape(title)}</h2><p>{escape(text, quote=False)}</p></article>\n"
        for clock, title, text in piece.updates
    )
    extra = f'<script type="application/ld+json">{json.dumps(data)}</script>\n'
    return f"""{head(outlet, piece, extra)}<body>
{navigation(outlet)}<main class="live-blog"><h1>{escape(piece.title)}</h1>
<p>{escape(piece.summary)}</p>
{posts}</main>
{cookies(outlet)}{footer(outlet)}</body></html>
"""


def _thread(outlet: Outlet, piece: Piece) -> str:
    """Lay out a forum thread."""
    day = f"{piece.published:%Y-%m-%d}" if piece.published else ""
    posts = "".join(
        f'<div class="comment post" id="c{n}"><div class="comment-author user">{escape(user)}</div>'
        f'<time datetime="{day}T{21 + n // 6:02}:{10 + n:02}:00Z">{n + 1}</time>'
        f'<div class="comment-body"><p>{escape(text, quote=False)}</p></div>'
        '<div class="tools">▲ 12 points · Reply · Report</div></div>\n'
        for n, (user, text) in enumerate(piece.comments)
    )
    extra = '<meta property="og:type" content="website">\n'
    return f"""{head(outlet, piece, extra)}<body>
{navigation(outlet)}<div class="thread topic" itemscope
itemtype="https://schema.org/DiscussionForumPosting">
<h1 itemprop="headline">{escape(piece.title)}</h1>
<div class="comments replies">
{posts}</div></div>
{related(outlet)}<p>{escape(outlet.newsletter)}</p></body></html>
"""


def _blank(_outlet: Outlet, _piece: Piece) -> str:
    """Answer nothing at all."""
    return ""


KINDS: dict[str, Callable[[Outlet, Piece], str]] = {
    "paywall": _paywall,
    "app_teaser": _app_teaser,
    "consent": _consent,
    "bot": _bot,
    "soft404": _soft_404,
    "listing": _listing,
    "live": _live,
    "thread": _thread,
    "blank": _blank,
}
