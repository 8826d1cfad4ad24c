"""Who wrote it: names out of bylines, without "By", roles, links and outlets."""

import html
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from lxml import etree

from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.claims import Claims, strings, tidy, types_of
from newsbeam.articles.dom.letters import letters

AUTHOR_META = (
    "article:author", "author", "byl", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "citation_author", "cxenseparse:author", "article:author_name", "authors",
    "shareaholic:article_author_name", "twitter:data1",
)  # fmt: skip
_BY = re.compile(
    r"^\W*(?:(?:written|posted|reported|published|text|story|words?|opinion|analysis|interview|by"
    r"|author|autor(?:en|in|es|a|zy)?|auteurs?|di|von|par|por|door|de|af|av|pod|przez|writer"
    r"|escrito por|geschrieben von|ein(?:e)? \w+ von|una? \w+ de|redactie|texte?|автор|yazan|från"
    r"|propos recueillis par|a cura di|das (?:gespräch|interview) führten?"
    r"|teksti|quelle|source|fuente|fonte|bron|źródło)\b[\s:：]*)+",
    re.I,
)
_ROLE = re.compile(
    r"\b(?:staff|senior|chief|contributing|special|political|correspondent|reporter|writer|editor"
    r"|columnist|journalist|producer|photographer|contributor|analyst|fellow|professor|redakteur"
    r"|redaktion|korrespondent|journaliste|rédacteur|rédactrice|periodista|redactor|redacción"
    r"|giornalista|redazione|jornalista|redação|redacteur|redactie|dziennikarz|redakcja)\b",
    re.I,
)
_SPLIT = re.compile(
    r"\s*(?:;|\||•|·|\n|/|\band\b|\bund\b|\bet\b|\by\b(?=\s+[A-ZÁÉÍÓÚÑ])|\be\b(?=\s+[A-Z])|\ben\b"
    r"|\boch\b|\bog\b|\bja\b(?=\s+[A-ZÄÖ])|&|、|＆|\bi\b(?=\s+[A-ZŁŚŻ])|\bи\b|\bwith\b|\bmit\b)\s*"
)
_JUNK = re.compile(
    r"https?:|www\.|@|\.(?:com|org|net|de|fr)\b|^\d+$|^(?:admin|administrator|editor|root|guest"
    r"|user|unknown|none|null|undefined|anonymous|staff|web ?desk|team|news ?desk|newsroom"
    r"|powered by)$",
    re.I,
)
_AGENCIES = frozenset(
    ("afp", "ansa", "ap", "apa", "dpa", "efe", "epd", "kna", "lusa", "pap", "pti", "reuters")
)
_TITLE = re.compile(
    r"\s*(?:기자|특파원|記者|记者)$|^(?:記者|记者)\s*[:：]?\s*"
    r"|\s+(?:on\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day$"
    r"|\s+(?:in|aus|à)\s+[A-ZÀ-Ž].*$",
    re.I,
)
"""What is no part of a name at its ends: “reporter”, the day of the week, the place."""
_PLACE = re.compile(r"^(?:in|aus|à|from|at)\s", re.I)
_ORGANISATION = re.compile(
    r"^the\s|\b(?:press|news|media|agency|newsroom|network|presse|zeitung|magazine)$", re.I
)
MAX_WIDE = 12
"""Characters of a name in a script that is written without spaces."""
_TAG = re.compile(r"<[^<>]{1,300}>")
_DATE = re.compile(r"\d{1,2}[:.]\d\d|(?:19|20)\d\d|\bago\b|\bupdated\b", re.I)
_PARENTHESIS = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]")
_BYLINE = re.compile(r"(?:^|[\s_-])(?:by-?line|author|writer|autor|auteur)", re.I)
_NAMED = frozenset(
    ("class", "id", "data-testid", "data-qa", "data-component", "data-role", "itemprop")
)
_BIO = re.compile(r"bio|box|about|avatar|image|photo|follow|more|social|related|comment", re.I)
_SIGNING = etree.XPath("//a[@rel='author'] | //*[@itemprop='author']")
MAX_AUTHORS = 20


def find_authors(
    tree: Any,
    claims: Claims,
    feed: tuple[str, ...] = (),
    site_name: str | None = None,
    outlet: str | None = None,
    blocks: Sequence[Block] = (),
) -> tuple[str, ...]:
    """Return the authors' names in the order of the page; empty where nobody signs.

    JSON-LD first (it lists people apart), then ``<meta>``, the visible byline, the feed; the
    outlet itself only where nobody else is named.
    """
    outlets: tuple[str, ...] = ()
    for find in (_from_nodes, _from_meta):
        names = clean_names(find(claims))
        people = tuple(n for n in names if not _is_outlet(n, site_name, outlet))
        if people:
            return people
        outlets = outlets or names
    looks: tuple[Callable[[], list[str]], ...] = (
        lambda: _from_byline(tree),
        lambda: _from_lines(blocks),
        lambda: list(feed),
    )
    for look in looks:
        names = tuple(n for n in clean_names(look()) if not _is_outlet(n, site_name, outlet))
        if names:
            return names
    return outlets


def _is_outlet(name: str, site_name: str | None, outlet: str | None) -> bool:
    """Say whether a name is the outlet's own: it signs where nobody does."""
    own = letters(name)
    return any(
        own == letters(other) or (len(own) >= 3 and own == letters(other.split(".")[0]))
        for other in (site_name, outlet)
        if other
    )


def clean_names(raw: list[str]) -> tuple[str, ...]:
    """Return clean, distinct names from bylines as they are written."""
    names: dict[str, str] = {}
    for line in raw:
        if "://" in line:  # the address of a profile is no name
            continue
        line = _TAG.sub(" ", html.unescape(line)) if "<" in line or "&" in line else line
        whole = _PARENTHESIS.sub("", _BY.sub("", tidy(line)))
        parts = _SPLIT.split(whole)
        if any(_wide(part) > MAX_WIDE for part in parts):
            continue  # a sentence in a script without spaces
        for part in parts:
            for written in _by_commas(part):
                name = _TITLE.sub("", written)
                if _is_name(name):
                    names.setdefault(name.casefold(), name)
    found = list(names.values())[:MAX_AUTHORS]
    people = [name for name in found if not _ORGANISATION.search(name)]
    return tuple(people or found)


def _by_commas(part: str) -> list[str]:
    """Split ``A B, C D, staff writer``; keep ``Doe, Jane`` and drop roles."""
    pieces = [piece.strip(" .:–—-\"'“”") for piece in part.split(",")]
    pieces = [f"{p}." if p.endswith((" Jr", " Sr")) else p for p in pieces]
    named = [p for p in pieces if p and not _ROLE.search(p) and not _PLACE.match(p)]
    pieces = named or pieces[:1]
    if len(pieces) == 2 and all(len(p.split()) == 1 for p in pieces):
        return [f"{pieces[1]} {pieces[0]}"]
    if len(pieces) > 1 and len(pieces[0].split()) > 1:  # “Jane Doe, Berlin”: a place is no name
        pieces = [p for p in pieces if len(p.split()) > 1 or p.casefold() in _AGENCIES]
    return pieces


def _wide(text: str) -> int:
    return 0 if text.isascii() else sum(c > "\u2e80" for c in text)


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= 60 or _JUNK.search(name) or _DATE.search(name):
        return False
    if _wide(name) > MAX_WIDE or any(word.isdigit() for word in name.split()):
        return False
    return len(name.split()) <= 7 and any(c.isalpha() for c in name)


def _from_nodes(claims: Claims) -> list[str]:
    main = claims.article
    nodes = [main] if main is not None else []
    for node in nodes:
        found = _people(node.get("author"), claims) or _people(node.get("creator"), claims)
        if found:
            return found
    return []


def _people(value: Any, claims: Claims) -> list[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [name for item in value[:30] for name in _people(item, claims)]
    if not isinstance(value, dict):
        return []
    names = strings(value.get("name"))
    if not names and (reference := value.get("@id")):
        for node in claims.nodes:
            if node.get("@id") == reference and node.get("name"):
                names = strings(node.get("name"))
                break
    if not names:
        return []
    organisation = types_of(value) & {"organization", "newsmediaorganization", "corporation"}
    return [] if organisation and len(names[0].split()) > 6 else names


def _from_meta(claims: Claims) -> list[str]:
    for name in AUTHOR_META:
        values = [v for v in claims.meta.get(name, ()) if not _JUNK.search(v)]
        if values:
            return values
    return []


def _from_byline(tree: Any) -> list[str]:
    if tree is None:
        return []
    for element in _SIGNING(tree)[:6]:
        inner = element.xpath(".//*[@itemprop='name']")
        text = tidy((inner[0] if inner else element).text_content())
        if text and len(text) < 80:
            return [text]
    for element in tree.iter("p", "span", "div", "a", "address", "cite", "li", "strong"):
        named = [value for key, value in element.items() if key in _NAMED]
        if named and _is_byline(" ".join(named)):
            text = tidy(element.text_content())
            if 3 <= len(text) <= 100:
                return _lines_of(element) or [text]
    return []


@lru_cache(maxsize=10_000)
def _is_byline(names: str) -> bool:
    """Say whether an element's names are those of a byline; pages repeat few many times."""
    return len(names) > 1 and bool(_BYLINE.search(names)) and not _BIO.search(names)


def _lines_of(element: Any) -> list[str]:
    """Return the lines of a byline that lays name and role below each other."""
    if element.find(".//br") is None and len(element) < 2:
        return []
    lines = [tidy(text) for text in element.itertext() if text and not text.isspace()]
    if any(_SPLIT.fullmatch(line) or line.endswith(",") for line in lines):
        return []  # one sentence: “By <a>A</a> and <a>B</a>”
    return [x for x in lines if len(_BY.sub("", x).split()) > 1 and not _ROLE.search(x)]


_SIGNED = re.compile(
    r"^(?:by|von|par|por|di|door|af|av|przez|text|texto|testo|tekst|fotos? und text"
    r"|propos recueillis par|a cura di|das (?:gespräch|interview) führten?)"
    r"[:\s]\s*"
    r"((?:[^\W\d_][\w.’'-]*[ ,]*(?:and|und|et|y|e|en|og|och|i)?[ ]?){2,7})",
    re.I,
)


def _from_lines(blocks: Sequence[Block]) -> list[str]:
    """Read ``By Ada Moreno`` in a short block of its own, near the first heading."""
    at = next((i for i, b in enumerate(blocks) if b.tag == "h1"), 0)
    for block in blocks[at : at + 15]:
        if len(block.text) <= 90 and (found := _SIGNED.match(block.text)):
            return [found[1]]
    return []
