"""Headline, outlet's name, image, section, keywords, canonical URL."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urljoin

from newsbeam.articles.dom.claims import Claims, strings, tidy

_SEPARATOR = re.compile(r"\s+[|–—•·»›~⋆]\s+|\s+[-:]{1,2}\s+|\s*[|｜]\s*|\s+/\s+")
_WORD = re.compile(r"\w+")
MAX_TITLE = 400


def find_title(
    tree: Any, claims: Claims, feed: str | None, site_name: str | None, outlet: str
) -> str | None:
    """Return the headline as the page shows it, without the outlet's name.

    ``<h1>``, JSON-LD, OpenGraph, ``<title>`` and the feed name candidates; the one that most
    others contain or equal wins, so a section's ``<h1>`` or a stale tag is outvoted.
    """
    main = claims.article
    candidates = [
        *([strings(main.get("headline"))[:1] or strings(main.get("name"))[:1]] if main else []),
        [claims.first("og:title") or ""],
        [tidy(h.text_content()) for h in _headlines(tree)],
        [claims.first("twitter:title", "parsely-title", "sailthru.title", "dc.title") or ""],
        [claims.title or ""],
        [feed or ""],
    ]
    known = [name for name in (site_name, outlet, outlet.split(".")[0]) if name]
    cleaned: list[str] = []
    for group in candidates:
        for raw in group:
            title = drop_suffix(_unescape(tidy(raw)), known)
            if title and len(title) <= MAX_TITLE:
                cleaned.append(title)
    if not cleaned:
        return None
    words = [frozenset(_WORD.findall(title.casefold())) for title in cleaned]
    scores = [
        sum(_likeness(mine, other) for other in words) - 0.01 * index
        for index, mine in enumerate(words)
    ]
    return cleaned[max(range(len(cleaned)), key=scores.__getitem__)]


def drop_suffix(title: str, known: list[str]) -> str:
    """Cut ``… | Outlet`` and ``Outlet: …`` where the part is the outlet's name."""
    names = [_letters(name) for name in known]
    for _ in range(3):
        pieces = list(_SEPARATOR.finditer(title))
        if not pieces:
            break
        tail, head = title[pieces[-1].end() :], title[: pieces[0].start()]
        if _names(tail, names) and pieces[-1].start() >= 8:
            title = title[: pieces[-1].start()].rstrip()
        elif _names(head, names) and len(title) - pieces[0].end() >= 8:
            title = title[pieces[0].end() :].lstrip()
        else:
            break
    return title


def _names(part: str, names: list[str]) -> bool:
    letters = _letters(part)
    if not letters or len(part.split()) > 6:
        return False
    return any(
        letters == name
        or (len(name) >= 4 and name in letters and len(letters) <= len(name) + 14)
        or (len(letters) >= 4 and letters in name)
        for name in names
        if name
    )


def _letters(text: str) -> str:
    plain = text.casefold().replace("&", "and")  # "Bits & Bytes" lives at bits-and-bytes.example
    return "".join(c for c in plain if c.isalnum())


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
