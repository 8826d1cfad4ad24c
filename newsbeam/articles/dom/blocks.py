"""The page as a list of blocks: each paragraph, heading, item … with what surrounds it.

One walk over the tree, without recursion.  The blocks tell where on the page a line of extracted
text stood (zones), how much of the page is links (listings) and what else it says (walls).
"""

import re
from dataclasses import dataclass, field
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
BESIDE = frozenset(
    ["head", "link", "nav", "menu", "footer", "figure", "picture", "textarea", "label", "dialog"]
)
"""Elements beside any text: the engine drops them too, after copying them three times."""
KEPT_EMPTY = frozenset({"br", "hr", "img", "td", "th", "tr"})
"""Elements that mean something without a text."""
FARM_TAGS = frozenset({"div", "ul", "ol", "section", "aside", "table", "p", "li"})
FARM_LINKS, FARM_TEXT, FARM_CHARS = 3, 0.1, 120
"""A link farm: so many links, such a share of text outside them, so many characters each."""
MIN_PROSE = 1000
"""Characters outside links from which a page is no list, so that its link farms may go."""
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
_COMMENTS_CLASS = re.compile("^[Cc]omment|-comments")
_COMMENTS_ID = re.compile("^(?:[Cc]omment|comol|disqus_thread|dsq-comments)|comol")
COMMENT_TAGS = ("div", "section", "details", "ol", "ul")
"""What the engine's ``REMOVE_COMMENTS_AND_LISTS_XPATH`` looks for, and where."""
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


@dataclass(slots=True)
class Idle:
    """What of a page no text would come from, found in the same walk as its blocks.

    Half of the engine's time goes into testing the names of such elements.
    """

    empty: list[Any] = field(default_factory=list)
    """Outermost elements without a text."""
    farms: list[Any] = field(default_factory=list)
    """Elements that are little but links."""
    prose: int = 0
    """Characters outside links."""
    commented: bool = False
    """Whether an element may be named as one of readers' comments."""

    def strip(self) -> None:
        """Take the empty elements out of the page, and the link farms that stand beside a text."""
        for element in self.empty + (self.farms if self.prose >= MIN_PROSE else []):
            parent = element.getparent()
            if parent is not None and not (element.tail and element.tail.strip()):
                parent.remove(element)


def read_blocks(
    tree: Any, buttons: list[str] | None = None, idle: Idle | None = None
) -> list[Block]:
    """Return the blocks of a parsed page in order; scripts, styles and hidden parts left out.

    Args:
        tree: the page.
        buttons: takes the short texts of the page's buttons, where the caller wants them.
        idle: takes what the engine need not see, where the caller wants to know.
    """
    body = tree.find("body")
    root = tree if body is None else body
    run = _Run()
    stack, words = run.stack, run.words
    spare = Idle() if idle is None else idle
    empty, farms = spare.empty, spare.farms
    opened: list[tuple[int, int, int, int]] = []
    chars = linked = anchors = in_link = beside = 0
    skipped: Any = None
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
                if not beside and tag not in BESIDE:
                    size = len((element.text_content() or "").strip())
                    chars += size
                    linked += size if in_link else 0
                    if size and kind != _SKIPPED and not spare.commented:
                        spare.commented = any(map(_is_commented, element.iter(*COMMENT_TAGS)))
                    if not size and tag not in KEPT_EMPTY:
                        empty.append(element)
                continue
            opened.append((chars, linked, anchors, len(empty)))
            if kind >= _BLOCK:
                if kind != _SIDE:
                    if words:
                        run.flush()
                    run.open(element, tag)
                if kind != _BLOCK:
                    beside += 1
            elif kind == _LINK:
                in_link += 1
                anchors += 1
                run.anchors += 1
                if buttons is not None and _is_button(element):
                    _press(element, buttons)
            elif kind == _LINE_BREAK:
                words.append(BREAK)
            text = element.text
        else:
            text = element.tail if element is not root else None
            if element is skipped:
                skipped = None
            else:
                before, links, named, mark = opened.pop()
                if beside:
                    beside -= kind > _BLOCK
                elif (size := chars - before) == 0:
                    if tag not in KEPT_EMPTY and not (text and text.strip()):
                        del empty[mark:]  # they go with what is around them
                        empty.append(element)
                elif (
                    size <= FARM_CHARS * (count := anchors - named)
                    and count >= FARM_LINKS
                    and tag in FARM_TAGS
                    and size - (linked - links) <= FARM_TEXT * size
                ):
                    farms.append(element)
                if kind >= _BLOCK:
                    if kind != _SIDE:
                        if words:
                            run.flush()
                        run.anchors = 0
                        stack.pop()
                        if len(run.blocks) >= MAX_BLOCKS:
                            break
                elif kind == _LINK:
                    in_link -= 1
        if not text:
            continue
        # white space alone begins no block; inside one it parts two words
        if text.isspace():
            if words:
                words.append(text)
            continue
        words.append(text)
        size = len(text.strip())
        if in_link:
            run.links += size
        if not beside:
            chars += size
            if in_link:
                linked += size
    if words:
        run.flush()
    spare.prose = chars - linked
    spare.commented |= run.commented
    return run.blocks


_INLINE, _LINK, _LINE_BREAK, _SKIPPED, _BLOCK, _SIDE_BLOCK, _SIDE = range(7)
"""Kinds of elements; from ``_BLOCK`` on they part texts or are beside them."""
_KINDS = {
    **dict.fromkeys(BLOCK_TAGS, _BLOCK),
    **dict.fromkeys(BLOCK_TAGS & BESIDE, _SIDE_BLOCK),
    **dict.fromkeys(BESIDE - BLOCK_TAGS, _SIDE),
    **dict.fromkeys(SKIPPED_TAGS, _SKIPPED),
    **{"a": _LINK, "br": _LINE_BREAK},
}


def _is_button(link: Any) -> bool:
    """Say whether a link looks like a button."""
    css = link.get("class")
    if css and "btn" in css:
        return True
    return bool((link.get("role") or link.get("type")) == "button")


def _press(element: Any, buttons: list[str]) -> None:
    """Note the text of an element that is pressed."""
    if len(buttons) >= MAX_BUTTONS:
        return
    text = tidy(element.text_content() or element.get("value") or "")
    if 2 <= len(text) <= 60:
        buttons.append(text)


_Open = tuple[str, str, frozenset[str], int]
"""Tag, tag with class, parts and number of an open element."""
_NOTHING: frozenset[str] = frozenset()


@lru_cache(maxsize=20_000)
def _named(tag: str, css: str, name: str | None) -> tuple[frozenset[str], bool]:
    """Return what tag, class and id say about an element, and whether comments may be in it.

    Pages repeat few names many times.
    """
    names = f"{css} {name}" if name else css
    parts = [] if tag == "body" else [_named_part(part) for part in names[:300].split()]
    return _TAG_PART.get(tag, _NOTHING).union(*parts), _names_comments(css, name)


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


def _is_commented(element: Any) -> bool:
    """Say whether an element's names may be those of readers' comments."""
    return _names_comments(element.get("class"), element.get("id"))


def _names_comments(css: str | None, name: str | None) -> bool:
    return bool((css and _COMMENTS_CLASS.search(css)) or (name and _COMMENTS_ID.search(name)))


class _Run:
    """The text that is being collected, and the stack of open block elements."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.links = 0
        self.anchors = 0
        self.opened = 0
        self.commented = False
        self.stack: list[_Open] = []

    def open(self, element: Any, tag: str) -> None:
        """Enter a block element."""
        self.opened += 1
        self.anchors = 0
        css = element.get("class") or ""
        name = element.get("id")
        parts = self.stack[-1][2] if self.stack else _NOTHING
        if css or name:
            own, commented = _named(tag, css, name)
            if commented:
                self.commented = True
        else:
            own = _TAG_PART.get(tag, _NOTHING)
        if own and not own <= parts:
            parts = parts | own
        self.stack.append((tag, f"{tag}.{css[:100]}" if css else f"{tag}.", parts, self.opened))

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
        group = (tag, outer[1], above[1])
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
