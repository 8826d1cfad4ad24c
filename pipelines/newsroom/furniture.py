"""What stands around the text on the sample newsroom's pages: banners, boxes, footers, heads.

All of it is clutter on purpose.  Related boxes carry headlines of *other* stories, which must
never make a mention.
"""

from html import escape

from pipelines.newsroom.content import Outlet, Piece

COOKIES = {
    "en": "We and our 814 partners use cookies to make this site work. Accept all or choose.",
    "de": "Wir und unsere 814 Partner verwenden Cookies. Alle akzeptieren oder Einstellungen.",
    "fr": "Nos 814 partenaires et nous utilisons des cookies. Tout accepter ou paramétrer.",
    "es": "Nosotros y nuestros 814 socios usamos cookies. Aceptar todo o configurar.",
    "pl": "My i nasi 814 partnerzy używamy plików cookie. Akceptuj wszystko lub wybierz.",
}
RELATED = {
    "en": "Related stories",
    "de": "Mehr zum Thema",
    "fr": "Lire aussi",
    "es": "Noticias relacionadas",
    "pl": "Czytaj także",
}
RIGHTS = {
    "en": "All rights reserved. No part of this site may be used to train AI systems.",
    "de": "Alle Rechte vorbehalten. Impressum. Datenschutz. Nutzung für KI-Training untersagt.",
    "fr": "Tous droits réservés. Mentions légales.",
    "es": "Todos los derechos reservados. Aviso legal.",
    "pl": "Wszelkie prawa zastrzeżone. Regulamin.",
}


def canonical(outlet: Outlet, piece: Piece) -> str:
    """Return the address that the outlet wants a piece to be known by."""
    return f"https://{outlet.host}{piece.moved_to or piece.path}"


def slug(headline: str) -> str:
    """Return a path segment for a headline that leads nowhere."""
    return "-".join("".join(c for c in w.lower() if c.isalnum()) for w in headline.split())


def head(outlet: Outlet, piece: Piece, extra: str = "", *, link: bool = True) -> str:
    """Return the page's head; without ``link`` it names no canonical address."""
    charset = piece.charset if piece.declared in {None, "meta"} else piece.declared
    meta = "" if charset == "none" else f'<meta charset="{charset}">\n'
    address = f'<link rel="canonical" href="{canonical(outlet, piece)}">\n' if link else ""
    return f"""<!DOCTYPE html>
<html lang="{outlet.language}">
<head>
{meta}<title>{escape(piece.title)} | {escape(outlet.name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
{address}<link rel="alternate" type="application/rss+xml" href="{outlet.feed["path"]}">
{extra}<style>body{{font-family:serif;max-width:60rem;margin:auto}}</style>
<script>window.dataLayer = window.dataLayer || [];</script>
</head>
"""


def cookies(outlet: Outlet) -> str:
    """Return a cookie banner."""
    return f"""<div id="cookie-banner" class="cookie-banner" role="dialog">
<p>{escape(COOKIES[outlet.language])}</p><button>OK</button></div>
"""


def related(outlet: Outlet, tag: str = "aside") -> str:
    """Return a box with the headlines of other stories."""
    items = "".join(
        f'<li><a href="/x/{slug(headline)}">{escape(headline)}</a></li>\n'
        for headline in outlet.related
    )
    name = escape(RELATED[outlet.language])
    return f"""<{tag} class="related related-articles"><h3>{name}</h3>
<ul>
{items}</ul></{tag}>
"""


def newsletter(outlet: Outlet) -> str:
    """Return a newsletter box."""
    return f"""<div class="newsletter newsletter-signup"><form action="/subscribe">
<p>{escape(outlet.newsletter)}</p><input type="email"><button>OK</button></form></div>
"""


def navigation(outlet: Outlet) -> str:
    """Return the outlet's name and sections."""
    sections = "".join(
        f'<li><a href="/{s}">{s.title()}</a></li>' for s in ("news", "tech", "sport")
    )
    return f"""<header class="site-header"><a href="/">{escape(outlet.name)}</a>
<span>{escape(outlet.tagline)}</span>
<nav><ul>{sections}</ul></nav></header>
"""


def footer(outlet: Outlet) -> str:
    """Return the foot of the page."""
    latest = outlet.related[0] if outlet.related else ""
    return f"""<footer class="site-footer"><p>© {escape(outlet.name)}.
{escape(RIGHTS[outlet.language])}</p>
<p><a href="/x/{slug(latest)}">{escape(latest)}</a></p></footer>
"""


def paragraphs(piece: Piece) -> str:
    """Return the text as HTML paragraphs."""
    return "".join(f"<p>{escape(p, quote=False)}</p>\n" for p in piece.paragraphs)


def figure(piece: Piece) -> str:
    """Return the lead picture with its caption, where there is one."""
    if not piece.caption:
        return ""
    caption = escape(piece.caption)
    return f"""<figure><img src="/img/lead.jpg" alt="" width="800" height="450">
<figcaption>{caption}</figcaption></figure>
"""
