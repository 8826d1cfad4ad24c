"""Headline, outlet's name, image, section, keywords, canonical URL."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urljoin

from newsbeam.articles.dom.claims import Claims, strings, tidy
from newsbeam.articles.dom.letters import letters

_SEPARATOR = re.compile(r"\s+[|–—•·»«›~⋆]\s+|\s+[-:]{1,2}\s+|\s*[|｜]\s*|\s+/\s+")
_WORD = re.compile(r"\w+")
MAX_TITLE = 400


def find_title(
    tree: Any, claims: Claims, feed: str | None, site_name: str | None, outlet: str
) -> str | None:
    """Return the headline as the page shows it, without the outlet's name.

    OpenGraph, ``<h1>``, JSON-LD, the feed and ``<title>`` name candidates.  Equal candidates
    support each other, similar ones a little, so a section's ``<h1>`` or a stale tag is outvoted.
    """
    main = claims.article
    claimed = (strings(main.get("headline")) or strings(main.get("name")))[:1] if main else []
    raw = [
        (1.1, claims.first("og:title")),
        *((1.0, tidy(h.text_content())) for h in _headlines(tree)),
        (1.0, claimed[0] if claimed else None),
        (0.9, feed),
        (0.5, claims.first("twitter:title", "parsely-title", "sailthru.title", "dc.title")),
        (0.6, claims.title),
    ]
    known = [name for name in (site_name, outlet, outlet.split(".")[0]) if name]
    named = [(w, drop_suffix(_unescape(tidy(text)), known)) for w, text in raw if text]
    named = [(w, text) for w, text in named if text and len(text) <= MAX_TITLE]
    own = {_letters(name) for name in known}
    named = [(w, text) for w, text in named if _letters(text) not in own] or named  # a logo's <h1>
    if not named:
        return None
    texts = [_shortest(text, [other for _, other in named]) for _, text in named]
    keys = [_letters(text) for text in texts]
    if len(set(keys)) == 1:
        return texts[0]
    words = [frozenset(_WORD.findall(text.casefold())) for text in texts]
    scores = [
        sum(
            w * (1.0 if keys[j] == keys[i] else 0.5 * _likeness(words[i], words[j]))
            for j, (w, _) in enumerate(named)
        )
        for i in range(len(named))
    ]
    return texts[max(range(len(texts)), key=scores.__getitem__)]


def _shortest(text: str, others: list[str]) -> str:
    """Cut what follows a separator where the part before it is what another candidate says."""
    for other in sorted(others, key=len):
        if 12 <= len(other) < len(text) and text.startswith(other):
            rest = text[len(other) :]
            if _ENDING.match(rest):
                return other
    return text


_ENDING = re.compile(r"\s*[|｜ㅣ–—•·»~⋆*:：-]\s*\S")


def drop_suffix(title: str, known: list[str]) -> str:
    """Cut ``… | Outlet`` and ``Outlet: …`` where the part is the outlet's name."""
    names = [_letters(name) for name in known]
    head, colon, rest = title.partition(": ")
    if colon and len(rest) >= 8 and any(_letters(head) == name for name in names):
        title = rest.lstrip()
    for _ in range(3):
        pieces = list(_SEPARATOR.finditer(title))
        if not pieces:
            break
        tail, head = title[pieces[-1].end() :], title[: pieces[0].start()]
        if _names(tail, names) and pieces[-1].start() >= 8:
            title = title[: pieces[-1].start()].rstrip()
        elif _names(head, names) and len(title) - pieces[0].end() >= 8:
            title = title[pieces[0].end() :].lstrip()
        elif tail.casefold() in _SECTIONS and pieces[-1].start() >= 25:
            title = title[: pieces[-1].start()].rstrip()
        else:
            break
    return title


_SECTIONS = frozenset(
    (
        *("news", "home", "politics", "business", "sport", "sports", "world", "opinion", "culture"),
        *("economy", "technology", "nachrichten", "politik", "wirtschaft", "kultur", "actualité"),
        *("actualités", "politique", "économie", "noticias", "política", "economía", "deportes"),
        *("notizie", "politica", "economia", "notícias", "nieuws", "wiadomości"),
    )
)
"""Parts of outlets that stand after a headline."""


def _names(part: str, names: list[str]) -> bool:
    own = _letters(part)
    if not own or len(part.split()) > 6:
        return False
    return any(
        own == name
        or (len(name) >= 4 and name in own and len(own) <= len(name) + 14)
        or (len(own) >= 4 and own in name)
        for name in names
        if name
    )


def _letters(text: str) -> str:
    return letters(text.replace("&", "and"))  # "Bits & Bytes" lives at bits-and-bytes.example


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def _headlines(tree: Any) -> list[Any]:
    return [] if tree is None else [h for _, h in zip(range(3), tree.iter("h1"), strict=False)]


def _unescape(text: str) -> str:
    import html

    return html.unescape(text) if "&" in text else text


def find_site_name(claims: Claims, title: str | None = None) -> str | None:
    """Return the outlet's name: OpenGraph, JSON-LD publisher, application name."""
    name = claims.first("og:site_name", "application-name", "apple-mobile-web-app-title")
    if name and len(name) <= 80:
        return name
    main = claims.article
    publisher = main.get("publisher") if main else None
    found = strings(publisher.get("name")) if isinstance(publisher, dict) else []
    return tidy(found[0]) if found else name


def find_image(claims: Claims, url: str) -> str | None:
    """Return the lead image's absolute URL."""
    text = claims.first("og:image", "og:image:url", "og:image:secure_url", "twitter:image")
    if not text:
        main = claims.article
        value = main.get("image") if main else None
        value = value[0] if isinstance(value, list) and value else value
        found = strings(value.get("url")) if isinstance(value, dict) else strings(value)
        text = found[0] if found else None
    return _absolute(text, url)


def find_canonical(claims: Claims, url: str) -> str | None:
    """Return the URL that the page gives as its own, absolute, trusted or not."""
    return _absolute(claims.canonical or claims.first("og:url"), url)


def _absolute(text: str | None, url: str) -> str | None:
    if not text:
        return None
    try:
        joined = urljoin(url, text.strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None


def find_section(claims: Claims) -> str | None:
    """Return the section that the outlet files the article under."""
    main = claims.article
    found = strings(main.get("articleSection")) if main else []
    text = found[0] if found else claims.first("article:section", "section", "parsely-section")
    return tidy(text)[:100] if text else None


def find_keywords(claims: Claims) -> tuple[str, ...]:
    """Return the outlet's own keywords, distinct, in order."""
    main = claims.article
    raw = strings(main.get("keywords")) if main else []
    raw += claims.meta.get("article:tag", [])
    raw += claims.meta.get("news_keywords", []) or claims.meta.get("keywords", [])
    words: Counter[str] = Counter()
    for line in raw:
        for word in re.split(r"\s*[,;]\s*", tidy(line)):
            if 1 < len(word) <= 60:
                words[word] += 1
    return tuple(dict.fromkeys(words))[:40]
