"""The page as a list of blocks: each paragraph, heading, item … with what surrounds it.

One walk over the tree, without recursion.  The blocks tell where on the page a line of extracted
text stood (zones), how much of the page is links (listings) and what else it says (walls).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

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
    r"|(?P<footer>footer|newsletter|\bnl[-_]|subscri|signup|sign-up|share|social|author-?(?:bio|box|info)"
    r"|about-?author|byline|copyright|disclaimer|tags?\b|cookie|consent|breadcrumb|sidebar)"
    r"|(?P<gate>paywall|pay-wall|reg-?wall|piano|tp-container|\bgate\b|\bgated|barrier|metered|locked"
    r"|premium-(?:box|content|wall|gate|teaser)|subscri(?:be|ption|ber)-?(?:wall|gate|prompt|box|only|offer)"
    r"|(?:abo|plus)-(?:box|wall|teaser)|offer-?(?:page|wall)|leaky|poool|paid-?content"
    r"|article-(?:restricted|truncated)|non-?subscriber)"
    r"|(?P<nav>\bnav\b|navigation|menu|masthead|site-?header)",
    re.I,
)
BREAK = "\u2028"
"""Stands for ``<br>`` while a block is read; white space otherwise."""
_PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}\s*")
_UNSEEN = etree.XPath(".//*[@hidden or contains(@style, 'display')]")
_HIDDEN = re.compile(r"display\s*:\s*none")
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
    """Number of the container, equal for siblings."""
    group: tuple[str, str, str]
    """Own tag, container's tag with class, its container's: equal for blocks of one kind."""


def read_blocks(tree: Any) -> list[Block]:
    """Return the blocks of a parsed page in order; scripts, styles and hidden parts left out."""
    body = tree.find("body")
    root = tree if body is None else body
    run = _Run()
    hidden = {e for e in _UNSEEN(root) if _hidden(e)}
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in SKIPPED_TAGS or not isinstance(tag, str) or element in hidden:
                walk.skip_subtree()
                run.skipped = element
            elif tag in BLOCK_TAGS:
                run.flush()
                run.open(element, tag)
                if element.text:
                    run.add(element.text)
            else:
                if tag == "br":
                    run.words.append(BREAK)
                elif tag == "a":
                    run.in_link += 1
                    run.anchors += 1
                if element.text:
                    run.add(element.text)
            continue
        if element is run.skipped:
            run.skipped = None
        elif tag in BLOCK_TAGS:
            run.flush()
            run.close()
            if len(run.blocks) >= MAX_BLOCKS:
                break
        elif tag == "a":
            run.in_link -= 1
        if element.tail and element is not root:
            run.add(element.tail)
    run.flush()
    return run.blocks


def read_buttons(tree: Any) -> list[str]:
    """Return the short texts of a page's buttons, the first forty."""
    found: list[str] = []
    for element in tree.iter("button", "input", "a"):
        kind = element.get("type") or element.get("role") or ""
        if element.tag == "a" and kind != "button" and "btn" not in (element.get("class") or ""):
            continue
        text = tidy(element.text_content() or element.get("value") or "")
        if 2 <= len(text) <= 60:
            found.append(text)
            if len(found) == 40:
                break
    return found


def _hidden(element: Any) -> bool:
    style = element.get("style")
    if style and "none" in style and _HIDDEN.search(style):
        return True
    return element.get("hidden") is not None


def _parts(element: Any, tag: str, names: str, outer: frozenset[str]) -> frozenset[str]:
    found = _named_parts(names[:300]) if len(names) > 1 and tag != "body" else _NOTHING
    if part := _TAG_PART.get(tag):
        return outer | found | {part}
    return outer | found if found else outer


_NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=20_000)
def _named_parts(names: str) -> frozenset[str]:
    """Return what class and id say about an element; pages repeat few names many times."""
    return frozenset(str(m.lastgroup) for m in _PART.finditer(names))


@dataclass(slots=True)
class _Open:
    tag: str
    name: str
    """Tag and class."""
    parts: frozenset[str]
    number: int


class _Run:
    """The text that is being collected, and the stack of open block elements."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.links = 0
        self.anchors = 0
        self.in_link = 0
        self.skipped: Any = None
        self.opened = 0
        self.stack: list[_Open] = []

    def add(self, text: str) -> None:
        self.words.append(text)
        if self.in_link > 0:
            self.links += len(text.strip())

    def open(self, element: Any, tag: str) -> None:
        self.opened += 1
        css = element.get("class") or ""
        outer = self.stack[-1].parts if self.stack else frozenset()
        parts = _parts(element, tag, f"{css} {element.get('id') or ''}", outer)
        self.stack.append(_Open(tag, f"{tag}.{css[:100]}", parts, self.opened))

    def close(self) -> None:
        self.stack.pop()

    def flush(self) -> None:
        if self.words and self.stack:
            top = self.stack[-1]
            outer = self.stack[-2] if len(self.stack) > 1 else top
            above = self.stack[-3] if len(self.stack) > 2 else outer
            group = (top.tag, outer.name, above.name)
            whole = "".join(self.words)
            runs = _PARAGRAPH.split(whole) if BREAK in whole else [whole]
            share = self.links / (len(whole) or 1)
            for run in runs:
                if text := tidy(run):
                    links = min(self.links, len(text)) if len(runs) == 1 else int(share * len(text))
                    self.blocks.append(
                        Block(top.tag, text, top.parts, links, self.anchors, outer.number, group)
                    )
        self.words = []
        self.links = 0
        self.anchors = 0
