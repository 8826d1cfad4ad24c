"""Bytes to a tree: what the body is, in which charset, parsed once.

Servers, ``<meta>`` tags and byte order marks disagree; the order of trust here is: byte order
mark, UTF-8 that is valid or nearly so, HTTP header, ``<meta>``, a guess.  UTF-8 with non-ASCII
characters is next to never anything else, whatever the header says.

Source: https://encoding.spec.whatwg.org/#names-and-labels (a page that says latin-1 means cp1252).
"""

import codecs
import html
import re
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from newsbeam.errors import ExtractError

WIDE_BOMS = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
MEANT = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
"""What browsers read when a page names the key."""

_SPOKEN = {
    "cp1252": ("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "no", "fi", "is", "ca"),
    "cp1250": ("cs", "sk"),
    "iso-8859-2": ("pl", "hu", "sl", "hr", "ro"),
    "cp1251": ("ru", "bg", "uk", "mk", "sr", "be"),
    "cp1257": ("lt", "lv", "et"),
    "cp1256": ("ar", "fa", "ur"),
    **{"cp1253": ("el",), "cp1254": ("tr",), "cp1255": ("he",), "cp1258": ("vi",)},
    **{"cp874": ("th",), "cp932": ("ja",), "cp949": ("ko",), "gb18030": ("zh",)},
}
BY_LANGUAGE = {language: charset for charset, spoken in _SPOKEN.items() for language in spoken}
"""What browsers read in a language when nothing is declared: the standard's table of locales."""

MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a media file"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "compressed data"),
    (b"OggS", "a media file"),
    (b"ID3", "a media file"),
    (b"\x00\x00\x00\x18ftyp", "a media file"),
    (b"\x00\x00\x00 ftyp", "a media file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
HEAD_BYTES = 4096
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.I)
_LANG = re.compile(rb"""<html[^>]{0,300}?\slang\s*=\s*["']?([a-zA-Z]{2})\b""", re.I)
_XML = re.compile(rb"""<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{2,40})""")
_XML_ROOT = re.compile(
    rb"(?:<\?[^>]{0,300}>\s*|<!--.{0,500}?-->\s*)*"
    rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml|svg|kml|gpx|wsdl|soap:\w+)[\s>]",
    re.S,
)
_EMPTY_LINE = re.compile(r"\r?\n\s*\n")
_TAGGED = re.compile(r"<(?:[a-zA-Z][\w:-]*[\s/>]|/[a-zA-Z]|!(?:doctype|--))", re.I)
_C1 = re.compile("[\x80-\x9f]")
"""Control characters that no page means: a sign of the wrong charset."""
_BROKEN = re.compile("[\udc80-\udcff]+")
"""Bytes that are no UTF-8, as Python's error handler ``surrogateescape`` writes them."""
_PASTED = re.compile("[\udc80-\udcff][a-z]|(?<![\udc80-\udcff])[\udc80-\udcc1\udcf5-\udcff]")
"""One within a word, or one that begins no character: neither is a character that was cut."""
_TEXT_TYPES = ("text/", "application/xhtml", "application/xml", "application/octet-stream")
_ODD = bytes((*range(9), *range(14, 27), 28, 29, 30, 31))
"""Bytes that no text has."""
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ") | {0xFFFE: "", 0xFFFF: ""}
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_NO_CHARACTER = re.compile(
    r"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|12[79]|14[134]|157|6553[45])"
    r"|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]|7[fF]|8[1dfDF]|9[0dD]|[fF]{3}[efEF]))"
    r"(?:;|(?![0-9a-fA-F]))"  # no IGNORECASE: it would cost the fast search for "&#"
)
"""References to control characters, and to codes that are no characters."""
_C1_MEANT = {n: bytes([n]).decode("cp1252", "ignore") or " " for n in range(0x80, 0xA0)}
"""What a text meant that went to UTF-8 as though Windows' charset were Latin-1."""
_ODD_TAG = re.compile(r"(</?)[a-zA-Z][\w:.-]*[^\w:.\s/><-][^\s/><]*")
"""A tag whose name cannot be one: a blank is missing, or a byte is broken."""
_PARTS_OF_TABLES = ("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")
MOST_TABLES = 12
"""Tables in each other that are read as such: the engine takes time by the cube of their depth."""


def why_not_text(body: bytes, content_type: str | None) -> str | None:
    """Say what the body is when it is no text; None for text (HTML or plain)."""
    start = body[:HEAD_BYTES].lstrip(b"\r\n\t \xef\xbb\xbf")
    for magic, name in MAGIC:
        if start.startswith(magic):
            return f"the body is {name}"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    sample = body[:HEAD_BYTES]
    if len(sample) - len(sample.translate(None, _ODD)) > 0.02 * len(sample):
        return "the body is binary"
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind and not kind.startswith(_TEXT_TYPES) and b"<" not in start[:1]:
        return f"the server says {kind[:60]}"
    if kind in ("text/css", "text/javascript", "text/csv", "text/calendar", "text/vcard"):
        return f"the server says {kind}"
    if _XML_ROOT.match(start):
        return "the body is a feed, or other XML"
    if start[:1] in (b"{", b"[") and b"<html" not in body[:HEAD_BYTES].lower():
        return "the body is JSON"
    return None


def is_plain(body: bytes, content_type: str | None) -> bool:
    """Say whether the body is plain text rather than HTML."""
    kind = (content_type or "").split(";")[0].strip().lower()
    return kind == "text/plain" and b"<" not in body[:HEAD_BYTES].lstrip()[:1]


def has_no_markup(text: str) -> bool:
    """Say whether a text has no tag at all: plain text, whatever the server calls it."""
    return not _TAGGED.search(text)


def marked_up(text: str) -> str:
    """Return plain text as a page: its paragraphs, which empty lines part, or else its lines."""
    parts = _EMPTY_LINE.split(text.strip())
    if len(parts) == 1:
        parts = text.split("\n")
    return "<body>" + "".join(f"<p>{html.escape(part)}</p>" for part in parts) + "</body>"


def decode_both(body: bytes, charset: str | None = None) -> tuple[str, bytes]:
    """Return the body as text, see :func:`decode`, and that in UTF-8: often the body itself."""
    if b"\x00" not in body and not body.startswith(codecs.BOM_UTF8):
        try:
            return body.decode("utf-8"), body
        except UnicodeDecodeError:
            pass  # damaged, cut or in another charset
    text = decode(body, charset)
    return text, encode(text)


def encode(text: str) -> bytes:
    """Return a text as :func:`parse` takes it."""
    return text.encode("utf-8", "surrogatepass")


def decode(body: bytes, charset: str | None = None) -> str:
    """Return the body as text; every byte sequence gives some text, none raises."""
    text = _decode(body, charset)
    return text.translate(_CONTROL) if b"\x00" in body else text


def _decode(body: bytes, charset: str | None) -> str:
    if body.startswith(codecs.BOM_UTF8):
        return mend_utf8(body[len(codecs.BOM_UTF8) :])[0]
    for bom, encoding in WIDE_BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # a body cut in the middle of a character is UTF-8 all the same
        if error.start > len(body) - 4 and error.start > 200:
            return body.decode("utf-8", errors="ignore")
    text, broken, whole = mend_utf8(body)
    if 2 * broken <= whole:
        return text
    found = _META.search(body[:HEAD_BYTES]) or _XML.search(body[:200])
    declared = found.group(1).decode("ascii", errors="replace") if found else None
    for name in (charset, declared):
        if (read := _try(body, name)) is not None:
            return read
    return _guess(body)


def mend_utf8(body: bytes) -> tuple[str, int, int]:
    """Return the text of UTF-8 that some bytes damage, how many they are, and the whole characters.

    What damages it is text pasted in from Windows, which is read as such, or characters cut in the
    middle, each of which becomes U+FFFD.  Only characters that take several bytes are counted: in
    another charset hardly any stands there by accident.
    """
    text = body.decode("utf-8", errors="surrogateescape")
    broken = sum(map(len, _BROKEN.findall(text)))
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    pasted = not whole or _PASTED.search(text) is not None

    def mend(found: re.Match[str]) -> str:
        raw = found.group().encode("utf-8", "surrogateescape")
        return raw.decode("cp1252", "replace") if pasted else "\ufffd"

    return _BROKEN.sub(mend, text), broken, whole


def _try(body: bytes, name: str | None) -> str | None:
    """Decode, or None where the charset is unknown or visibly wrong."""
    if not name:
        return None
    plain = name.strip().strip("\"'").lower()
    try:
        if codecs.lookup(plain).name == "utf-8":
            text, broken, _ = mend_utf8(body)
        else:
            text = body.decode(MEANT.get(plain, plain), errors="replace")
            broken = text.count("\ufffd")
    except (LookupError, ValueError):
        return None
    # a few broken bytes are normal (advertising pasted in another charset), many are a lie
    return text if broken <= 5 + len(text) // 500 else None


def _guess(body: bytes) -> str:
    lenient, broken, _ = mend_utf8(body)
    if broken <= 2 + len(lenient) // 2000:
        return lenient
    if (spoken := _LANG.search(body[:HEAD_BYTES])) is not None:
        usual = _try(body, BY_LANGUAGE.get(spoken.group(1).decode("ascii").lower()))
        if usual is not None and not _C1.search(usual):
            return usual
    from charset_normalizer import from_bytes

    best = from_bytes(body[:60_000]).best()
    guessed = _try(body, best.encoding) if best else None
    return guessed if guessed is not None else body.decode("cp1252", errors="replace")


def is_clean(text: str) -> bool:
    """Say whether a text is without control characters and codes that are no characters."""
    return not _UNCLEAN.search(text)


def cleaned(text: str) -> str:
    """Return a page without control characters, references to them, and impossible names of tags.

    Hardly a page has any, so nobody looks for them before the page could not be read, or its text
    turns out to have some.
    """
    text = _NO_CHARACTER.sub(" ", text.translate(_CONTROL | _C1_MEANT))
    return _ODD_TAG.sub(r"\1span", text)


def parse_text(text: str, url: str) -> Any:
    """Parse HTML that is decoded; see :func:`parse`."""
    return parse(encode(text), url)


def parse(source: bytes, url: str) -> Any:
    """Parse HTML in UTF-8 into an lxml tree (``HtmlElement``), without comments, instructions.

    Raises:
        ExtractError: the parser gave up.
    """
    if not source or source.isspace():
        return lxml_html.document_fromstring("<html><body></body></html>")
    try:
        parser = _parser()
        tree = lxml_html.document_fromstring(source, parser=parser)
        last = parser.error_log.last_error
        if last is not None and "Excessive depth" in (last.message or ""):
            # tags that nobody closed: what stands deeper than 256 of them is lost otherwise
            tree = lxml_html.document_fromstring(source, parser=_parser(huge=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as error:
        if "empty" in str(error):  # nothing but comments
            return lxml_html.document_fromstring("<html><body></body></html>")
        # all that lxml says of a parser that ran out of memory
        why = "too large, or damaged" if "unknown error" in str(error) else str(error)
        raise ExtractError(url, f"not parsable as HTML ({why})") from error
    tables = list(tree.iter("table"))
    if len(tables) > MOST_TABLES:
        _flatten(tables)
    return tree


def _flatten(tables: list[Any]) -> None:
    """Let tables that are nested too deep be divisions; they are tags that nobody closed."""
    depth: dict[Any, int] = {}
    for table in tables:
        depth[table] = depth.get(next(table.iterancestors("table"), None), 0) + 1
    for table, level in depth.items():
        if level == MOST_TABLES + 1:
            for part in list(table.iter(*_PARTS_OF_TABLES)):
                part.tag = "div"


def _parser(huge: bool = False) -> Any:
    parser = etree.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        huge_tree=huge,
    )
    # one class for all elements: choosing by tag in Python, as lxml.html does, costs 2 ms a page
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement))
    return parser
