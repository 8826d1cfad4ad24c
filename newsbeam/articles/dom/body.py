"""The article's text as lines, each with its zone.

trafilatura finds the body; its tree is turned into lines here, so that a quote stays a quote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

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
BESIDE = (
    "head",
    "link",
    "nav",
    "menu",
    "footer",
    "figure",
    "picture",
    "textarea",
    "label",
    "dialog",
)
"""Elements that the engine drops too, after copying them three times."""


def strip_silent(tree: Any) -> None:
    """Take scripts and the like out of a parsed page, once its claims have been read."""
    etree.strip_elements(tree, *NEVER_TEXT, with_tail=False)


def strip_beside(tree: Any) -> None:
    """Take navigation, footers and figures out of a page, once its blocks have been read."""
    etree.strip_elements(tree, *BESIDE, with_tail=False)


def engine_lines(tree: Any, url: str, *, fast: bool = True) -> list[Line]:
    """Return what trafilatura takes for the main text of a parsed page (which stays as it is).

    Args:
        tree: the page.
        url: its address.
        fast: without the second opinions of readability and justext, which cost as much again.
    """
    from trafilatura import bare_extraction

    document = bare_extraction(tree, url=url, fast=fast, include_comments=False)
    if document is None or document.body is None:
        return []
    return list(body_lines(document.body))


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
