"""Mend what breaks XML most often in feeds, so that the strict reader can read it after all.

Each repair is what every reader of feeds would guess; what needs more guessing is left to
feedparser.  Source: https://www.w3.org/TR/xml/#charsets (which characters may be referred to).
"""

import re

_REFERENCE = re.compile(
    rb"<!\[CDATA\[.*?\]\]>|&#(?:x([0-9a-f]{1,8})|(\d{1,8}));|&(?!#?\w{1,32};)",
    re.IGNORECASE | re.DOTALL,
)
_DECLARED = re.compile(
    rb"(<\?xml[^>]{0,100}?encoding\s*=\s*[\"'])(?:iso-?8859-\d+|windows-125\d|cp125\d|us-ascii|latin-?1)",
    re.IGNORECASE,
)
_ENCODING = re.compile(rb"^(\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"'])[\w.:-]+", re.IGNORECASE)
_WIDE = {
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}


def mended(body: bytes) -> bytes | None:
    """Return the feed with bare ``&`` escaped and impossible characters left out; None: the same.

    CDATA sections are left alone.
    """
    if body[:2] in _WIDE or b"&" not in body:
        return None
    done = _REFERENCE.sub(_mend, body)
    return None if done == body else done


def _mend(found: re.Match[bytes]) -> bytes:
    text = found.group()
    if text == b"&":
        return b"&amp;"
    if not text.startswith(b"&#"):
        return text
    code = int(found.group(1), 16) if found.group(1) else int(found.group(2))
    allowed = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return text if allowed or 0x10000 <= code < 0x110000 else b""


def in_utf8(body: bytes, charset: str | None = None) -> bytes:
    """Return a feed in UTF-16 or an undeclared charset, or with some broken bytes, as valid UTF-8.

    Args:
        body: undecoded; what is valid UTF-8, or UTF-32, comes back as it is.
        charset: as HTTP declares it.
    """
    if body[:2] == b"\x00\x00" or body[2:4] == b"\x00\x00":
        return body
    if body[:2] in _WIDE:
        text = body.decode(_WIDE[body[:2]], "replace").removeprefix("\ufeff")
    else:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            from newsbeam.articles.dom.decode import decode

            text = decode(body, charset)
        else:
            return body
    return _ENCODING.sub(rb"\1utf-8", text.encode("utf-8", "replace"), count=1)


def readable(body: bytes) -> bytes:
    """Return what lxml can read on after errors: its recovery fails on impossible characters."""
    body = in_utf8(body)
    return mended(body) or body


def rightly_declared(body: bytes) -> bytes:
    """Return a feed that calls itself Latin-1 or the like, and is (nearly) UTF-8, as what it is.

    Text of another charset is almost never valid UTF-8 by accident.
    """
    found = _DECLARED.match(body[:200].lstrip())
    if not found or body.isascii():
        return body
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        from newsbeam.articles.dom.decode import mend_utf8

        text, broken, whole = mend_utf8(body)
        if 2 * broken > whole:
            return body
        body = text.encode("utf-8", "replace")
    return _DECLARED.sub(rb"\1utf-8", body.lstrip(), count=1)
