"""Read well-formed feeds fast: RSS 0.9x to 2.0, RDF (RSS 1.0), Atom 0.3 and 1.0.

A strict reader on lxml, ten to twenty times faster than feedparser, that finds the same fields
(a test compares them on all suites).  What it does not know for sure it refuses (None), and
:mod:`connectors.parsing.legacy` reads it: broken XML, unknown entities, other roots.

Entities are never expanded: a document type that declares any is refused.

Source: https://www.rssboard.org/rss-specification, RFC 4287, https://web.resource.org/rss/1.0/spec
"""

import html
import re
from typing import Any
from urllib.parse import urljoin

from connectors.parsing.items import Hints, Item, Outline, from_base64, number

_ATOM = ("http://www.w3.org/2005/atom", "http://purl.org/atom/ns#")
_RSS = frozenset(
    {
        "",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://backend.userland.com/rss2",
        "http://backend.userland.com/rss",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://cyber.law.harvard.edu/rss/rss.html",
    }
)
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss/": "media",
    "http://pubsubhubbub.appspot.com/": "hub",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
_SPACES = frozenset({*_ATOM, *_RSS, *_PREFIXES})
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_PERIODS = {
    "hourly": 3600,
    "daily": 86400,
    "weekly": 604800,
    "monthly": 2592000,
    "yearly": 31536000,
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_XMLNS = re.compile(r'\sxmlns(?::\w+)?="[^"]*"')
_PREFIX = re.compile(r"<(/?)(?:xhtml|html|xh|h|x):")
_NAMES: dict[str, str] = {}


def read_xml(
    url: str, body: bytes, charset: str | None = None, *, recover: bool = False
) -> Outline | None:
    """Read a feed; None where another reader must look at it.

    Args:
        url: where relative links start.
        body: undecoded.
        charset: as HTTP declares it; used where the XML declares none.
        recover: read on after errors, leaving out what cannot be read.
    """
    root = _root(body, charset, recover)
    if root is None:
        return None
    name = _name(root)
    base = _base_of(url, root)
    if name == "atom:feed":
        return _atom(base, root)
    if name in {"rss", "rdf:RDF"}:
        return _rss(base, root, name)
    return None


def _root(body: bytes, charset: str | None, recover: bool) -> Any:
    from lxml import etree

    declared = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")
    known = declared and b"encoding" in body[:200]
    try:
        parser = etree.XMLParser(
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
            recover=recover,
            encoding=None if known or body[:2] in (b"\xff\xfe", b"\xfe\xff") else charset,
        )
        root = etree.fromstring(body.lstrip(b" \t\r\n") if declared else body, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError):
        return None
    tree = None if root is None else root.getroottree()
    types = None if tree is None else tree.docinfo.internalDTD
    if types is not None and not recover and any(True for _ in types.iterentities()):
        return None
    return root


def _name(node: Any) -> str:
    """Return a short name: ``title`` for RSS, ``atom:…``, ``dc:…``; the full one if unknown."""
    tag = node.tag
    found = _NAMES.get(tag)
    if found is None:
        if not isinstance(tag, str):
            return "?"
        space, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
        lower = space.lower().replace("https://", "http://", 1).strip()
        if lower not in _SPACES:  # with or without its last sign: both are written
            lower = next((lower.rstrip("/#") + end for end in ("", "/", "#")
                          if lower.rstrip("/#") + end in _SPACES), lower)  # fmt: skip
        if lower in _ATOM:
            found = f"atom:{local}"
        elif lower in _RSS:
            found = local
        else:
            found = f"{_PREFIXES[lower]}:{local}" if lower in _PREFIXES else tag
        if len(_NAMES) < 5_000:
            _NAMES[tag] = found
    return found


def _base_of(base: str, node: Any) -> str:
    own = node.get(_BASE)
    if not own:
        return base
    try:
        return str(urljoin(base, own.strip()))
    except ValueError:
        return base


def _text(node: Any) -> str:
    """Return the text of a node; of its markup as well, where somebody forgot to escape it."""
    if len(node):
        return _inner(node)
    return str(node.text or "").strip()


def _inner(node: Any) -> str:
    """Return the markup inside a node as plain HTML: no namespaces, no prefixes."""
    from lxml import etree

    parts = [html.escape(node.text or "", quote=False)]
    for child in node:
        parts.append(etree.tostring(child, encoding="unicode", with_tail=True))
    return str(_PREFIX.sub(r"<\1", _XMLNS.sub("", "".join(parts)))).strip()


# --- RSS and RDF


def _rss(base: str, root: Any, name: str) -> Outline | None:
    channel = next((c for c in root if _name(c) == "channel"), None)
    if channel is not None:
        base = _base_of(base, channel)
    outline = Outline(kind=_rss_kind(root, name), items=[])
    outline.language = root.get(_LANG)
    items = []
    for holder in [h for h in (channel, root) if h is not None]:
        for node in holder:
            if _name(node) == "item":
                items.append(_rss_item(base, node, outline))
    items += [_rss_item(base, node, outline) for node in _nested(root, "item", items)]
    if channel is not None:
        _rss_channel(base, channel, outline)
    if not items and channel is None:
        return None
    outline.items = items
    return outline


def _nested(root: Any, tag: str, found: list[Item]) -> list[Any]:
    """Return items within items (conflicting copies, quoted entries): they are entries as well."""
    every = list(root.iter(tag))
    if len(every) <= len(found):
        return []
    return [node for node in every if _name(node.getparent()) not in _HOLDERS]


_HOLDERS = frozenset({"atom:feed", "channel", "rss", "rdf:RDF"})


def _rss_kind(root: Any, name: str) -> str:
    if name == "rdf:RDF":
        return "rss10" if any("purl.org/rss/1.0" in (c.tag or "") for c in root) else "rss090"
    version = (root.get("version") or "").strip()
    known = {
        "0.90": "rss090",
        "0.91": "rss091",
        "0.92": "rss092",
        "0.93": "rss093",
        "0.94": "rss094",
    }
    return known.get(version) or ("rss20" if version.startswith("2") else "rss")


def _rss_channel(base: str, channel: Any, outline: Outline) -> None:
    ttl = period = None
    frequency = 1.0
    hours: set[int] = set()
    days: set[int] = set()
    outline.language = channel.get(_LANG) or outline.language
    for node in channel:
        name = _name(node)
        if name in {"title", "dc:title"}:
            outline.title = outline.title or _text(node)
        elif name == "link":
            outline.home = outline.home or _text(node)
        elif name in {"language", "dc:language"}:
            outline.language = _text(node) or outline.language
        elif name == "atom:link":
            _feed_link(base, node, outline)
        elif name == "ttl":
            ttl = number(_text(node))
        elif name == "sy:updatePeriod":
            period = _PERIODS.get(_text(node).lower())
        elif name == "sy:updateFrequency":
            frequency = number(_text(node)) or 1.0
        elif name in {"skipHours", "skiphours"}:
            hours = {int(n) % 24 for c in node if (n := number(_text(c), least=-1)) is not None}
        elif name in {"skipDays", "skipdays"}:
            days = {_DAYS.index(d) for c in node if (d := _text(c).lower()) in _DAYS}
    outline.hints = Hints(
        ttl_s=ttl * 60 if ttl else None,
        period_s=period / frequency if period else None,
        skip_hours=tuple(sorted(hours)),
        skip_days=tuple(sorted(days)),
    )


def _rss_item(base: str, node: Any, outline: Outline) -> Item:
    item = Item(base=_base_of(base, node), language=node.get(_LANG))
    about = next((v for k, v in node.attrib.items() if k.endswith("}about") or k == "about"), None)
    contents: list[str] = []
    plain_title = dc_title = dc_date = created = spare = short = None
    for child in node:
        name = _name(child)
        if name == "title":
            plain_title = _text(child) or plain_title
        elif name == "link":
            item.links.append(("", _text(child) or child.get("href") or "", ""))
        elif name in {"description", "dc:description"}:
            if short:  # both a summary and a description: the latter is the text
                contents.append(_text(child))
            item.summary = item.summary or short or _text(child)
        elif name == "summary":
            if item.summary:
                contents.append(_text(child))
            short = _text(child)
        elif name == "guid":
            item.guid = _text(child) or item.guid
            item.guid_is_link = (child.get("isPermaLink") or "true").strip().lower() == "true"
        elif name in {"content:encoded", "xhtml:body", "body", "atom:content", "fullitem"}:
            contents.append(_text(child))
        elif name in {"pubDate", "pubdate", "atom:published", "atom:issued"}:
            item.published = _text(child) or item.published
        elif name == "dc:date":
            dc_date = _text(child) or dc_date
        elif name in {"dcterms:issued", "dcterms:created", "atom:created"}:
            created = _text(child) or created
        elif name in {"atom:updated", "atom:modified", "dcterms:modified"}:
            item.updated = _text(child) or item.updated
        elif name in {"author", "dc:creator", "dc:author", "itunes:author"}:
            _add_author(item, _text(child), name)
        elif name == "atom:author":
            _atom_author(item, child)
        elif name in {"category", "dc:subject"}:
            item.tags.append((child.text or "").strip())
        elif name == "atom:link":
            item.links.append(
                (child.get("rel") or "alternate", child.get("href") or "", child.get("type") or "")
            )
        elif name == "feedburner:origLink":
            item.original = _text(child)
        elif name == "source":
            item.source_url, item.source_title = child.get("url"), _text(child) or None
        elif name in {"dc:title", "media:title", "itunes:title"}:
            dc_title = dc_title or _text(child)
        elif name == "media:group":
            group_title, group_text = _media_group(child)
            dc_title, spare = dc_title or group_title, spare or group_text
        elif name == "dc:language":
            item.language = _text(child) or item.language
        elif name in {"atom:summary", "itunes:summary", "media:description"}:
            spare = spare or _text(child)
    item.title = plain_title or dc_title
    item.summary = item.summary or short or spare
    item.published = item.published or created
    item.updated = item.updated or dc_date
    item.content = max(contents, key=len, default="") or None
    if not item.guid and about:
        item.guid = about
    return item


def _media_group(node: Any) -> tuple[str | None, str | None]:
    """Return title and description of the pictures or films of an item."""
    found = {_name(child): _text(child) for child in node}
    return found.get("media:title"), found.get("media:description")


def _add_author(item: Item, text: str, name: str) -> None:
    """Keep a name; iTunes' only where nobody else is named."""
    if text and (name != "itunes:author" or not item.authors):
        item.authors.append(text)


# --- Atom


def _atom(base: str, root: Any) -> Outline:
    old = "purl.org/atom" in root.tag
    outline = Outline(kind="atom03" if old else "atom10", items=[], language=root.get(_LANG))
    items = []
    authors = Item()
    for node in root:
        name = _name(node)
        if name == "atom:title":
            outline.title = _construct(node)
        elif name == "atom:link":
            _feed_link(base, node, outline)
        elif name == "atom:author":
            _atom_author(authors, node)
        elif name in {"atom:entry", "atom:item"}:
            items.append(_atom_entry(base, node))
        elif name == "sy:updatePeriod":
            period = _PERIODS.get(_text(node).lower())
            outline.hints = Hints(period_s=float(period) if period else None)
    space = root.tag.rpartition("}")[0]
    items += [_atom_entry(base, node) for node in _nested(root, f"{space}}}entry", items)]
    for item in items:
        item.authors = item.authors or list(authors.authors)
    outline.items = items
    return outline


def _atom_entry(base: str, node: Any) -> Item:
    item = Item(base=_base_of(base, node), language=node.get(_LANG))
    contents: list[str] = []
    created = None
    for child in node:
        name = _name(child)
        if name == "atom:title":
            item.title = _construct(child)
        elif name == "atom:id":
            item.guid = _text(child)
        elif name == "atom:link":
            href = child.get("href") or _text(child)
            own = child.get(_BASE)
            if own and href:
                href = urljoin(urljoin(item.base or "", own), href)
            item.links.append((child.get("rel") or "alternate", href, child.get("type") or ""))
        elif name == "atom:content":
            contents.append(_construct(child))
        elif name in {"atom:summary", "atom:tagline"}:
            item.summary = _construct(child)
        elif name in {"atom:published", "atom:issued"}:
            item.published = _text(child)
        elif name in {"atom:updated", "atom:modified"}:
            item.updated = _text(child)
        elif name in {"atom:created", "dc:date"}:
            created = _text(child)
        elif name == "atom:author":
            _atom_author(item, child)
        elif name == "dc:creator":
            _add_author(item, _text(child), name)
        elif name == "dc:subject":
            item.tags.append(_text(child))
        elif name == "media:title":
            item.title = item.title or _text(child)
        elif name == "media:group":
            group_title, group_text = _media_group(child)
            item.title, item.summary = item.title or group_title, item.summary or group_text
        elif name == "atom:category":
            item.tags.append(child.get("label") or child.get("term") or "")
        elif name == "feedburner:origLink":
            item.original = _text(child)
        elif name == "atom:source" and not item.authors:
            for inner in child:
                if _name(inner) == "atom:author":
                    _atom_author(item, inner)
    item.published = item.published or created
    item.content = max(contents, key=len, default="") or None
    return item


def _construct(node: Any) -> str:
    """Return a text construct as HTML or text (RFC 4287 §3.1): text, html, xhtml, base64."""
    kind = (node.get("type") or "text").lower()
    mode = (node.get("mode") or "").lower()
    if mode == "base64" or (kind not in {"text", "html", "xhtml"} and not _is_text(kind)):
        return from_base64(node.text or "") if not len(node) else _inner(node)
    if len(node):
        only = node[0] if len(node) == 1 and not (node.text or "").strip() else None
        if only is not None and _name(only) in {"xhtml:div", "div"}:
            return _inner(only)
        return _inner(node)
    text = (node.text or "").strip()
    if (kind == "text" or kind == "text/plain") and mode != "escaped":
        return text.replace("&", "&amp;").replace("<", "&lt;")
    return text


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("+xml", "/xml")) or "/" not in kind


def _atom_author(item: Item, node: Any) -> None:
    found = {_name(child): _text(child) for child in node}
    name = found.get("atom:name") or found.get("atom:email") or found.get("name")
    if name or (node.text or "").strip():
        item.authors.append(name or (node.text or "").strip())


def _feed_link(base: str, node: Any, outline: Outline) -> None:
    rel, href = (node.get("rel") or "alternate").lower(), node.get("href") or ""
    if not href:
        return
    try:
        target = urljoin(_base_of(base, node), href.strip())
    except ValueError:
        return
    if rel == "hub":
        outline.hub = outline.hub or target
    elif rel == "self":
        outline.self_url = outline.self_url or target
    elif rel == "next":
        outline.next_url = target
    elif rel == "alternate":
        outline.home = outline.home or target
