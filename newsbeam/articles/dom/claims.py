"""What a page claims about itself: JSON-LD, ``<meta>``, ``<link>``; read once, judged elsewhere.

Source: https://schema.org/Article, https://ogp.me/, https://www.dublincore.org/.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

ARTICLE_TYPES = frozenset(
    [
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "backgroundnewsarticle",
        "reviewnewsarticle",
        "askpublicnewsarticle",
        "blogposting",
        "socialmediaposting",
        "liveblogposting",
        "techarticle",
        "scholarlyarticle",
        "report",
        "satiricalarticle",
        "advertisercontentarticle",
        "medicalscholarlyarticle",
        "review",
        "criticreview",
    ]
)
MAX_NODES = 5000
"""Nodes of JSON-LD that are looked at; a page has tens."""

_TRAILING_COMMA = re.compile(r",\s*([\]}])")
_COMMENT = re.compile(
    r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[(?:\s*\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>(?:\s*\*/)?)\s*$"
)


@dataclass
class Claims:
    """The page's statements about itself."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    """Every JSON-LD object, outermost first."""
    meta: dict[str, list[str]] = field(default_factory=dict)
    """Lower-case ``name``, ``property`` or ``itemprop`` → contents in page order."""
    canonical: str | None = None
    amp: str | None = None
    language: str | None = None
    """``<html lang>``, or what stands in for it."""
    title: str | None = None
    """``<title>``."""

    def first(self, *names: str) -> str | None:
        """Return the first non-empty meta content of the first name that has one."""
        for name in names:
            for value in self.meta.get(name, ()):
                if value:
                    return value
        return None

    def of_type(self, types: frozenset[str]) -> list[dict[str, Any]]:
        """Return the nodes whose ``@type`` is one of the lower-case types."""
        return [node for node in self.nodes if types_of(node) & types]

    @cached_property
    def article(self) -> dict[str, Any] | None:
        """The node of the main article: the one with most to say, the first among equals."""
        nodes = self.of_type(ARTICLE_TYPES)
        return max(nodes, key=_weight) if nodes else None


def read_claims(tree: Any) -> Claims:
    """Collect the claims of a parsed page; damaged JSON-LD is skipped."""
    claims = Claims()
    root_language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    for element in tree.iter("meta", "title", "link", "script"):
        tag = element.tag
        if tag == "meta":
            _meta(element, claims)
        elif tag == "title":
            parent = element.getparent()
            inside_svg = parent is not None and parent.tag in ("svg", "symbol", "g")
            if claims.title is None and not inside_svg:
                claims.title = tidy(element.text_content()) or None
        elif tag == "link":
            rel = (element.get("rel") or "").lower().split()
            if "canonical" in rel and claims.canonical is None:
                claims.canonical = (element.get("href") or "").strip() or None
            elif "amphtml" in rel and claims.amp is None:
                claims.amp = (element.get("href") or "").strip() or None
        elif "ld+json" in (element.get("type") or "").lower() and element.text:
            for data in _load(element.text):
                claims.nodes.extend(_walk(data, MAX_NODES - len(claims.nodes)))
    claims.language = root_language or claims.first("content-language", "language", "og:locale")
    return claims


def _meta(element: Any, claims: Claims) -> None:
    content = element.get("content")
    if not content:
        return
    for key in ("name", "property", "itemprop", "http-equiv"):
        name = element.get(key)
        if name:
            claims.meta.setdefault(name.strip().lower(), []).append(tidy(html.unescape(content)))


def _load(text: str) -> Iterator[Any]:
    for candidate in (text, _TRAILING_COMMA.sub(r"\1", _COMMENT.sub("", _COMMENT.sub("", text)))):
        try:
            yield json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        return


def _walk(data: Any, limit: int) -> Iterator[dict[str, Any]]:
    """Yield the objects below, breadth first, without recursion (pages nest to kill parsers)."""
    queue = [data]
    for item in queue:
        if len(queue) > limit:
            break
        if isinstance(item, dict):
            queue.extend(v for v in item.values() if isinstance(v, dict | list))
            yield item
        elif isinstance(item, list):
            queue.extend(v for v in item if isinstance(v, dict | list))


def types_of(node: dict[str, Any]) -> set[str]:
    """Return the node's types, lower case, without a namespace."""
    return {t.rsplit("/", 1)[-1].lower() for t in strings(node.get("@type"))}


def strings(value: Any) -> list[str]:
    """Return the texts in a JSON-LD value: a string, a list of them, or ``@value`` objects."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [text for item in value[:200] for text in strings(item)]
    if isinstance(value, dict):
        return strings(value.get("@value"))
    return []


def _weight(node: dict[str, Any]) -> tuple[bool, bool, bool, int]:
    body = strings(node.get("articleBody"))
    return (
        bool(node.get("headline") or node.get("name")),
        bool(node.get("datePublished")),
        bool(node.get("mainEntityOfPage")),
        len(body[0]) if body else 0,
    )


def tidy(text: str) -> str:
    """Return the text with runs of white space as one space, without the ends."""
    return " ".join(text.split())
