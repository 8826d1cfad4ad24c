"""The article's text as lines, each with its zone.

trafilatura finds the body; its tree is turned into lines here, so that a quote stays a quote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from lxml import etree

from newsbeam.articles.dom.blocks import BESIDE
from newsbeam.articles.dom.claims import tidy
from newsbeam.records import ZoneKind


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph, heading, item, row … of the text."""

    kind: ZoneKind
    text: str
    heading: bool = False


NEVER_TEXT = (
    *("script", "style", "svg", "noscript", "template", "iframe", "canvas", "video", "audio"),
    *("object", "embed", "map", "select", "option"),
)
"""Elements that carry no text for people."""
EMPHASIS = ("b", "i", "em", "strong", "u", "font", "small")
"""Inline markup: it is not kept, and each element costs the engine time."""


def strip_silent(tree: Any) -> None:
    """Take scripts, and inline markup without a meaning, out of a page whose claims were read.

    The text stays where it is.
    """
    etree.strip_elements(tree, *NEVER_TEXT, with_tail=False)
    etree.strip_tags(tree, *EMPHASIS)


def strip_beside(tree: Any) -> None:
    """Take navigation, footers and figures out of a page, once its blocks have been read."""
    etree.strip_elements(tree, *sorted(BESIDE), with_tail=False)


def engine_lines(tree: Any, url: str, scrolled: bool, commented: bool) -> list[Line]:
    """Return what trafilatura's first stage takes for the main text; the tree is used up.

    The library's own steps, called one by one: ``bare_extraction`` copies the page four times, and
    measures it a fifth, for second opinions that :func:`second_lines` asks for where they pay.

    Args:
        tree: the page, stripped.
        url: its address.
        scrolled: whether a block bears a name that the first search looks for.
        commented: the same for the second.
    """
    from trafilatura import htmlprocessing, main_extractor, xpaths

    options = _options(True)
    if scrolled:
        htmlprocessing.prune_unwanted_nodes(tree, xpaths.RAW_TREE_PRUNE_XPATH)
    if commented:
        htmlprocessing.prune_unwanted_nodes(tree, xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH)
    clean = htmlprocessing.tree_cleaning(tree, options)
    clean = htmlprocessing.convert_tags(clean, options, url)
    found, _ = main_extractor.extract_content(clean, options)
    return list(body_lines(found))


def second_lines(tree: Any, url: str) -> list[Line]:
    """Return the text by the engine with all its second opinions (readability, justext).

    Costs three times as much as :func:`engine_lines`; the tree stays as it is.
    """
    from trafilatura import bare_extraction

    read_words()
    # format txt: the tree is what we read; the library need not write it out as well
    document = bare_extraction(tree, url=url, options=_options(False))
    if document is None or document.body is None:
        return []
    return list(body_lines(document.body))


@cache
def read_words() -> None:
    """Read the lists of justext's commonest words, all of which trafilatura gives it: 25 MB.

    The library takes half as long again to read them, and compares all 154,000 at every page.
    """
    from importlib.resources import files

    from justext.core import define_stoplist
    from trafilatura import external

    lists = files("justext") / "stoplists"
    words = [file.read_text(encoding="utf-8").lower().splitlines() for file in lists.iterdir()]
    external.JT_STOPLIST = frozenset(chain.from_iterable(words))
    define_stoplist(external.JT_STOPLIST)  # justext keeps a copy


@cache
def _options(fast: bool) -> Any:
    """Return the engine's settings, which cost half a millisecond to make."""
    from trafilatura.settings import Extractor

    return Extractor(output_format="txt", fast=fast, comments=False)


def body_lines(body: Any) -> Iterator[Line]:
    """Turn trafilatura's tree (``p head list item quote table row cell code lb``) into lines."""
    for element in body:
        tag = element.tag
        if tag == "list":
            for item in element.iter("item"):
                yield from _split(_own_text(item), ZoneKind.LIST)
        elif tag == "table":
            for row in element.iter("row"):
                cells = [tidy("".join(cell.itertext())) for cell in row.iter("cell")]
                if text := " | ".join(cell for cell in cells if cell):
                    yield Line(ZoneKind.TABLE, text)
        elif tag == "head":
            if text := tidy("".join(element.itertext())):
                yield Line(ZoneKind.BODY, text, heading=True)
        else:
            kind = ZoneKind.QUOTE if tag == "quote" else ZoneKind.BODY
            yield from _split(_in_order(element), kind)
        if element.tail and element.tail.strip():
            yield from _split(element.tail, ZoneKind.BODY)


def _split(text: str, kind: ZoneKind) -> Iterator[Line]:
    for part in text.split("\n"):
        if clean := tidy(part):
            yield Line(kind, clean)


def _in_order(element: Any) -> str:
    """Return the text below an element, with line breaks where the page broke the line."""
    if not len(element):
        return (element.text or "").replace("\n", " ")
    out: list[str] = []
    stack: list[tuple[Any, bool]] = [(element, True)]
    while stack:
        node, entering = stack.pop()
        block = node.tag in ("lb", "p", "item", "head", "list", "quote", "row", "table")
        if entering:
            if block and node is not element:
                out.append("\n")
            if node.text:
                out.append(node.text.replace("\n", " "))
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(node))
        elif node is not element:
            if block and node.tag != "lb":
                out.append("\n")
            if node.tail:
                out.append(node.tail.replace("\n", " "))
    return "".join(out)


def _own_text(item: Any) -> str:
    """Return an item's text without its inner items, which are lines of their own."""
    words = [item.text or ""]
    for child in item:
        if child.tag != "list":
            words.append("\n" if child.tag in ("lb", "p") else "")
            words.append(" ".join(_in_order(child).split()) if len(child) or child.text else "")
        words.append(child.tail or "")
    return "".join(words)
