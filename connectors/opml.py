"""Read and write OPML: the list of feeds, as every reader exchanges it.

Folders become tags, nested folders one tag each.  The XML is read without entities, so that a file
that grows when expanded (billion laughs) does no harm.

Source: http://opml.org/spec2.opml
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.parsing.repair import readable
from newsbeam.errors import ConfigError, SinkError, reason_of
from newsbeam.records import FEED_KINDS, Feed

MAX_OPML_BYTES = 50_000_000
MAX_DEPTH = 50


def read_opml(path: Path) -> tuple[Feed, ...]:
    """Read the feeds of a file, each URL once: the tags of all its places together.

    Raises:
        ConfigError: the file cannot be read, or is no OPML.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        cure = "`newsbeam init` writes one, `newsbeam feeds add URL` too"
        raise ConfigError(str(path), f"cannot be read ({error.strerror}); {cure}") from error
    return parse_opml(body, str(path))


def parse_opml(body: bytes, name: str = "OPML") -> tuple[Feed, ...]:
    """Read the feeds of a document.

    Args:
        body: undecoded.
        name: named in errors.

    Raises:
        ConfigError: it is no OPML.
    """
    if len(body) > MAX_OPML_BYTES:
        raise ConfigError(name, f"larger than {MAX_OPML_BYTES:,} bytes")
    root = _root(body, name)
    found: dict[str, Feed] = {}
    for outline, folders in _outlines(root, (), 0):
        url = (_attribute(outline, "xmlUrl") or "").strip()
        if not url.startswith(("http://", "https://")):
            continue
        tags = dict.fromkeys([*folders, *_categories(outline)])
        known = found.get(url)
        if known:
            found[url] = replace(known, tags=tuple(dict.fromkeys([*known.tags, *tags])))
            continue
        kind = _attribute(outline, "kind") or "feed"
        found[url] = Feed(
            url=url,
            outlet=_attribute(outline, "outlet") or None,
            title=_attribute(outline, "title") or _attribute(outline, "text") or None,
            tags=tuple(tags),
            language=_attribute(outline, "language") or None,
            kind=kind if kind in FEED_KINDS else "feed",
        )
    return tuple(found.values())


def write_opml(
    path: Path, feeds: Iterable[Feed], *, now: datetime, title: str = "newsbeam"
) -> None:
    """Write feeds to a file, all of it or nothing.

    A feed with one tag stands in a folder of that name; more tags go into ``category``.

    Raises:
        SinkError: it cannot be written; what was there stays.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        temporary.write_bytes(render_opml(feeds, now=now, title=title))
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise SinkError(f"cannot write {path}: {reason_of(error)}") from error


def render_opml(feeds: Iterable[Feed], *, now: datetime, title: str = "newsbeam") -> bytes:
    """Return feeds as an OPML document."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    etree.SubElement(head, "dateCreated").text = now.strftime("%a, %d %b %Y %H:%M:%S +0000")
    body = etree.SubElement(root, "body")
    folders: dict[str, Any] = {}
    for feed in feeds:
        place = body
        if feed.tags:
            name = feed.tags[0]
            if name not in folders:
                folders[name] = etree.SubElement(body, "outline", text=name, title=name)
            place = folders[name]
        etree.SubElement(place, "outline", _attributes(feed))
    document: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return document


def _attributes(feed: Feed) -> dict[str, str]:
    name = _printable(feed.title or feed.url)
    values = {"type": "rss", "text": name, "title": name, "xmlUrl": _printable(feed.url)}
    if len(feed.tags) > 1:
        values["category"] = ",".join(_printable(tag).replace(",", " ") for tag in feed.tags[1:])
    for key, value in (("language", feed.language), ("outlet", feed.outlet)):
        if value:
            values[key] = _printable(value)
    if feed.kind != "feed":
        values["kind"] = feed.kind
    return values


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c == " ")


def _root(body: bytes, name: str) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, recover=True
    )
    try:
        root = etree.fromstring(readable(body), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise ConfigError(name, f"not OPML: {error}") from error
    if root is None or not isinstance(root.tag, str) or root.tag.lower() != "opml":
        shown = "it is no XML" if root is None else f"it begins with <{root.tag}>"
        raise ConfigError(name, f"not OPML: {shown}")
    return root


def _outlines(
    node: Any, folders: tuple[str, ...], depth: int
) -> Iterable[tuple[Any, tuple[str, ...]]]:
    if depth > MAX_DEPTH:
        return
    for child in node:
        if not isinstance(child.tag, str):
            continue
        if child.tag.lower() != "outline":
            yield from _outlines(child, folders, depth + 1)
            continue
        yield child, folders
        if len(child):
            name = _attribute(child, "title") or _attribute(child, "text")
            deeper = (
                (*folders, name.strip()) if name and not _attribute(child, "xmlUrl") else folders
            )
            yield from _outlines(child, deeper, depth + 1)


def _attribute(outline: Any, name: str) -> str | None:
    """Read an attribute whatever its case: real files write xmlurl, XMLURL and xmlUrl."""
    value = outline.get(name)
    if value is None:
        lower = name.lower()
        value = next((v for k, v in outline.attrib.items() if k.lower() == lower), None)
    return str(value) if value is not None else None


def _categories(outline: Any) -> list[str]:
    text = _attribute(outline, "category") or ""
    return [part.strip().strip("/") for part in text.split(",") if part.strip().strip("/")]
