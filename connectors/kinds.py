"""Which connector reads a feed: by its kind, else by its looks."""

import importlib
from collections.abc import Callable

from connectors.feeds import ParsedFeed, beginning
from connectors.gdelt import is_gdelt
from connectors.sitemaps import is_sitemap

Parser = Callable[..., ParsedFeed]
"""``parse_…(url, body, *, content_type, now)``: pure; raises ParseError."""

KINDS = {
    "feed": ("connectors.feeds", "parse_feed"),
    "sitemap": ("connectors.sitemaps", "parse_sitemap"),
    "gdelt": ("connectors.gdelt", "parse_gdelt"),
    "thread": ("connectors.threads", "parse_threads"),
}
"""``Feed.kind`` -> the module and the pure function that reads it (docs/add-a-connector.md)."""


def parser_of(kind: str, body: bytes = b"") -> Parser:
    """Return the function that reads a kind of feed.

    Sitemaps and GDELT files are known by their looks as well, in a gzip file too.
    """
    if body.startswith(b"\x1f\x8b"):
        body = beginning(body)
    if kind == "feed" and is_sitemap(body):
        kind = "sitemap"
    elif kind == "feed" and is_gdelt(body):
        kind = "gdelt"
    module, name = KINDS.get(kind, KINDS["feed"])
    parser: Parser = getattr(importlib.import_module(module), name)
    return parser
