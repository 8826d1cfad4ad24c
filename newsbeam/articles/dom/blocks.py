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
MAX_BUTTONS = 40
"""Buttons that are read: walls have few, and name them first."""

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
SCROLLED = "scrolled"
"""Part of a block that the page adds when the reader has come to the end, or a row of buttons."""
_SCROLLED = re.compile(r"mvp-post-add-(?:box|wrap)|infinite-?scroll|elementor-share-buttons")
"""The names that the engine's ``RAW_TREE_PRUNE_XPATH`` looks for."""
_STEM_WORDS = (
    "comment disqus respon kommentar coment reacties related recommend recirc read more- also "
    "most popular trending outbrain taboola teaser promo upnext up-next suggest further "
    "onward latest similar caption credit footer newsletter nl- nl_ subscri signup sign-up "
    "share social author byline copyright disclaimer tag cookie consent breadcrumb sidebar "
    "wall piano tp-container gate barrier metered locked premium- abo- plus- offer leaky "
    "poool paid article- nav menu masthead header mvp-post scroll elementor "
)
"""Every name that the patterns know has one of these in it."""
_STEMS = tuple(_STEM_WORDS.split())
BREAK = "\u2028"
"""Stands for ``<br>`` while a block is read; white space otherwise."""
_PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}\s*")
_HIDDEN = re.compile(r"display\s*:\s*none")
_TAG_PARTS = {
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
_TAG_PART = {tag: frozenset((part,)) for tag, part in _TAG_PARTS.items()}


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


def read_blocks(tree: Any, buttons: list[str] | None = None) -> list[Block]:
    """Return the blocks of a parsed page in order; scripts, styles and hidden parts left out.

    Args:
        tree: the page.
        buttons: takes the short texts of the page's buttons, where the caller wants them.
    """
    body = tree.find("body")
    root = tree if body is None else body
    run = _Run()
    stack, words = run.stack, run.words
    skipped: Any = None
    in_link = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        kind = _KINDS.get(tag, _INLINE)
        if event == "start":
            style = element.get("style")
            if (
                kind == _SKIPPED
                or (style and "none" in style and _HIDDEN.search(style) and element is not root)
                or (element.get("hidden") is not None and element is not root)
            ):
                if tag == "button" and buttons is not None:
                    _press(element, buttons)
                walk.skip_subtree()
                skipped = element
                continue
            if kind == _BLOCK:
                if words:
                    run.flush()
                run.open(element, tag)
            elif kind == _LINK:
                in_link += 1
                run.anchors += 1
                if buttons is not None:
                    _press(element, buttons)
            elif kind == _LINE_BREAK:
                words.append(BREAK)
            text = element.text
        else:
            if element is skipped:
                skipped = None
            elif kind == _BLOCK:
                if words:
                    run.flush()
                run.anchors = 0
                stack.pop()
                if len(run.blocks) >= MAX_BLOCKS:
                    break
            elif kind == _LINK:
                in_link -= 1
            text = element.tail if element is not root else None
        # white space alone begins no block; inside one it parts two words
        if text and (words or not text.isspace()):
            words.append(text)
            if in_link > 0:
                run.links += len(text.strip())
    if words:
        run.flush()
    return run.blocks


_BLOCK, _SKIPPED, _LINK, _LINE_BREAK, _INLINE = range(5)
_KINDS = {
    **dict.fromkeys(BLOCK_TAGS, _BLOCK),
    **dict.fromkeys(SKIPPED_TAGS, _SKIPPED),
    **{"a": _LINK, "br": _LINE_BREAK},
}


def _press(element: Any, buttons: list[str]) -> None:
    """Note the text of an element that is pressed: a button, or a link that looks like one."""
    if len(buttons) >= MAX_BUTTONS:
        return
    if element.tag == "a":
        kind = element.get("role") or element.get("type")
        if kind != "button" and "btn" not in (element.get("class") or ""):
            return
    text = tidy(element.text_content() or element.get("value") or "")
    if 2 <= len(text) <= 60:
        buttons.append(text)


def _parts(names: str, tag: str, outer: frozenset[str]) -> frozenset[str]:
    found = _named_parts(names[:300]) if tag != "body" else _NOTHING
    return outer | found if found else outer


_Open = tuple[str, str, frozenset[str], int]
"""Tag, class, parts and number of an open element."""
_NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=20_000)
def _named_parts(names: str) -> frozenset[str]:
    """Return what class and id say about an element; pages repeat few names many times."""
    parts = [_named_part(name) for name in names.split()]
    return _NOTHING.union(*parts)


@lru_cache(maxsize=20_000)
def _named_part(name: str) -> frozenset[str]:
    """Return what one name says, most often nothing: no pattern is tried without its stem."""
    lower = name.lower()
    for stem in _STEMS:
        if stem in lower:
            break
    else:
        return _NOTHING
    found = {str(m.lastgroup) for m in _PART.finditer(name)}
    return frozenset(found | {SCROLLED} if _SCROLLED.search(name) else found)


class _Run:
    """The text that is being collected, and the stack of open block elements."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.links = 0
        self.anchors = 0
        self.opened = 0
        self.stack: list[_Open] = []

    def open(self, element: Any, tag: str) -> None:
        """Enter a block element."""
        self.opened += 1
        self.anchors = 0
        css = element.get("class") or ""
        name = element.get("id")
        outer = self.stack[-1][2] if self.stack else _NOTHING
        parts = _parts(f"{css} {name or ''}", tag, outer) if css or name else outer
        if part := _TAG_PART.get(tag):
            parts = parts | part
        self.stack.append((tag, css, parts, self.opened))

    def flush(self) -> None:
        """End a run of text: it is a block, or several where empty lines part it."""
        whole = "".join(self.words)
        links, anchors = self.links, self.anchors
        self.words.clear()
        self.links = self.anchors = 0
        if not self.stack:
            return
        tag, _, parts, _ = top = self.stack[-1]
        outer = self.stack[-2] if len(self.stack) > 1 else top
        above = self.stack[-3] if len(self.stack) > 2 else outer
        group = (tag, f"{outer[0]}.{outer[1][:100]}", f"{above[0]}.{above[1][:100]}")
        if BREAK not in whole:
            if text := tidy(whole):
                links = min(links, len(text))
                self.blocks.append(Block(tag, text, parts, links, anchors, outer[3], group))
            return
        runs = _PARAGRAPH.split(whole)
        share = links / (len(whole) or 1)
        for run in runs:
            if text := tidy(run):
                links = min(links, len(text)) if len(runs) == 1 else int(share * len(text))
                self.blocks.append(Block(tag, text, parts, links, anchors, outer[3], group))
