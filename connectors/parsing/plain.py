"""HTML fragments of feeds as plain text: titles and summaries."""

import html
import re

MAX_FRAGMENT_CHARS = 200_000
"""Longer titles or summaries are cut before they are read; full texts are kept elsewhere."""

_MARKUP = re.compile(r"<[/!?a-zA-Z]|&[#\w]")
_SPECIAL = re.compile(r"[<&]|  ")
_SILENT = re.compile(r"<(script|style|template)\b[^<]*(?:<(?!/\1)[^<]*)*(?:</\1\s*>|$)", re.I)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)|<!\[CDATA\[|\]\]>|<![A-Za-z][^<>]*>", re.DOTALL)
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
"""C1 controls, which nobody writes: they are Windows-1252 that was called Latin-1."""
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|td|tr|th|table|blockquote|figure|figcaption|section|article|"
    r"header|footer|hr|img|dd|dt|dl|pre)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def plain_text(fragment: str | None) -> str | None:
    """Return the words of a text or an HTML fragment; None where there are none."""
    if not fragment:
        return None
    if fragment.isascii() and fragment.isprintable() and not _SPECIAL.search(fragment):
        return fragment.strip() or None  # most titles
    text = _CONTROL.sub("", fragment[:MAX_FRAGMENT_CHARS]).translate(_C1)
    if _MARKUP.search(text):
        if "<" in text:
            text = _strip(text)
        text = html.unescape(text)
    return _SPACE.sub(" ", text).strip() or None


def clean(text: str | None) -> str | None:
    """Return a text without control characters and surrounding space; None where it is empty."""
    if not text:
        return None
    return (text if text.isprintable() else _CONTROL.sub("", text)).strip() or None


def _strip(text: str) -> str:
    text = _COMMENT.sub(" ", text)
    text = _SILENT.sub(" ", text)
    return _TAG.sub("", _BLOCK.sub(" ", text))
