"""The page as a list of blocks: each paragraph, heading, item … with what surrounds it.

One walk over the tree, without recursion.  The blocks tell where on the page a line of extracted
text stood (zones), how much of the page is links (listings) and what else it says (walls).
"""

import re
from dataclasses import dataclass
from typing import Any

from newsbeam.articles.dom.claims import tidy

BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
SKIPPED_TAGS = frozenset(
    [
        "script",
        "style",
        "template",
        "svg",
        "math",
        "noscript",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "canvas",
        "select",
        "option",
        "button",
        "input",
        "textarea",
        "head",
        "meta",
        "link",
        "datalist",
        "map",
        "picture",
    ]
)
MAX_BLOCKS = 20_000
"""Blocks that are looked at; a long article has hundreds, a hostile page millions."""

_PART = re.compile(
    r"(?P<comments>comment|disqus|respond\b|reader-?response|kommentar|coment[aá]rio|reacties)"
    r"|(?P<related>related|recommend|recirc|read-?(?:more|next|also)|more-(?:from|on|stories|news)"
    r"|also-?(?:read|like)|most-?(?:read|popular|viewed)|popular|trending|outbrain|taboola|teaser"
    r"|promo|upnext|up-next|suggest|further-?reading|onward|latest-?(?:news|stories)|similar)"
    r"|(?P<caption>caption|credit|wp-caption)"
    r"|(?P<footer>footer|newsletter|subscri|signup|sign-up|share|social|author-?(?:bio|box|info)"
    r"|about-?author|byline|copyright|disclaimer|tags?\b|cookie|consent|breadcrumb|sidebar)"
    r"|(?P<nav>\bnav\b|navigation|menu|masthead|site-?header)",
    re.I,
)
_TAG_PART = {
    "nav": "nav",
    "aside": "aside",
    "footer": "footer",
    "figcaption": "caption",
    "figure": "caption",
    "caption": "caption",
    "blockquote": "quote",
    "table": "table",
    "li": "list",
    "dd": "list",
    "dt": "list",
    "header": "header",
}


@dataclass(slots=True)
class Block:
    """A run of text between two block tags."""

    tag: str
    """Nearest block element: ``p``, ``li``, ``h2``, ``td``, ``div`` …"""
    text: str
    parts: frozenset[str]
    """What the surroundings are: tags (``quote``, ``list``, ``caption`` …) and class names."""
    links: int
    """Characters of the text inside links."""
    anchors: int
    """Number of links."""
    parent: int
    """Identity of the container, equal for siblings."""


def read_blocks(tree: Any) -> list[Block]:
    """Return the blocks of a parsed page in order; scripts, styles and hidden forms left out."""
    body = tree.find("body")
    root = tree if body is None else body
    blocks: list[Block] = []
    parts: dict[Any, frozenset[str]] = {}
    state = _Run(blocks)
    # an explicit stack: (element, entering); deep nesting must not exhaust Python's own
    stack: list[tuple[Any, bool]] = [(root, True)]
    while stack and len(blocks) < MAX_BLOCKS:
        element, entering = stack.pop()
        tag = element.tag
        if not entering:
            if tag in BLOCK_TAGS:
                state.flush()
                state.close()
            elif tag == "a":
                state.in_link -= 1
            if element is not root and element.tail:
                state.add(element.tail)
            continue
        if not isinstance(tag, str) or tag in SKIPPED_TAGS:
            if element.tail and element is not root:
                state.add(element.tail)
            continue
        if tag in BLOCK_TAGS:
            state.flush()
            outer = parts.get(element.getparent(), frozenset())
            parts[element] = here = _parts(element, tag, outer)
            state.open(tag, here, id(element.getparent()))
        else:
            parts[element] = parts.get(element.getparent(), frozenset())
            if tag == "br":
                state.add("\n")
            elif tag == "a":
                state.in_link += 1
                state.anchors += 1
        if element.text:
            state.add(element.text)
        stack.append((element, False))
        stack.extend((child, True) for child in reversed(element))
    state.flush()
    return blocks


def _parts(element: Any, tag: str, outer: frozenset[str]) -> frozenset[str]:
    found = set()
    if part := _TAG_PART.get(tag):
        found.add(part)
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if len(names) > 1 and tag not in ("html", "body"):
        found.update(str(m.lastgroup) for m in _PART.finditer(names[:300]))
    return outer | found if found else outer


class _Run:
    """The text that is being collected, and the stack of open block elements."""

    def __init__(self, blocks: list[Block]) -> None:
        self.blocks = blocks
        self.words: list[str] = []
        self.links = 0
        self.anchors = 0
        self.in_link = 0
        self.open_blocks: list[tuple[str, frozenset[str], int]] = []

    def add(self, text: str) -> None:
        self.words.append(text)
        if self.in_link > 0:
            self.links += len(text.strip())

    def open(self, tag: str, parts: frozenset[str], parent: int) -> None:
        self.open_blocks.append((tag, parts, parent))

    def close(self) -> None:
        self.open_blocks.pop()

    def flush(self) -> None:
        if self.words:
            text = tidy("".join(self.words))
            if text and self.open_blocks:
                tag, parts, parent = self.open_blocks[-1]
                links = min(self.links, len(text))
                self.blocks.append(Block(tag, text, parts, links, self.anchors, parent))
        self.words = []
        self.links = 0
        self.anchors = 0
