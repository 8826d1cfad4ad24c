"""Read archives: folders and files of text, HTML, JSON Lines and WARC, streamed.

What each becomes::

    *.txt                      a text without address: its identity is its words
    *.html(.gz) *.htm(.gz)     a page; its address is what it declares itself, else its bytes
    *.jsonl(.gz) *.ndjson(.gz) one article a line: title, text (or html), url, published, …
    *.warc(.gz)                the pages of a crawl (connectors.warc)

No network is used.  Every file and line ends as a page or as a ledger row.  A :class:`Reading`
knows where it is: another goes on there.
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from connectors.folders import files_of
from connectors.parsing.items import absolute_url, primary_language
from connectors.parsing.plain import plain_text
from connectors.parsing.times import parse_epoch, parse_time
from newsbeam.errors import reason_of
from newsbeam.records import END, START, Entry, LedgerRow, Page, Position, Verdict, record_id
from newsbeam.urls import outlet_of

MAX_LINE_BYTES = 16_000_000
"""A longer line of JSON is no article: it is passed over, not loaded."""

MAX_FILE_BYTES = 16_000_000
"""A longer text or HTML file is no article."""

TEXT_TYPE = "text/plain"
HTML_TYPE = "text/html"

_KEYS = {
    "title": ("title", "headline", "name"),
    "text": ("text", "body", "content", "main_text", "article", "article_body", "plain_text",
             "full_text", "article_text"),
    "html": ("html", "raw_html", "content_html", "body_html"),
    "url": ("url", "link", "source_url", "canonical_url", "web_url", "permalink"),
    "published": ("published", "date", "published_at", "pub_date", "date_published", "publish_date",
                  "published_date", "publication_date", "created_at", "timestamp"),
    "outlet": ("outlet", "source_domain", "domain", "publisher"),
    "language": ("language", "lang"),
    "authors": ("authors", "author", "byline"),
    "summary": ("summary", "description"),
}  # fmt: skip
"""Our word -> the keys under which the world's archives keep it, best first; ``pubDate`` and
``Pub-Date`` are ``pub_date``."""

_CANONICAL = re.compile(
    rb"<link[^<>]+rel=[\"']?canonical[\"']?[^<>]*?href=[\"']([^\"']+)|"
    rb"<link[^<>]+href=[\"']([^\"']+)[\"'][^<>]*rel=[\"']?canonical|"
    rb"<meta[^<>]+property=[\"']og:url[\"'][^<>]*?content=[\"']([^\"']+)",
    re.IGNORECASE,
)
_NAMES = {
    ".txt": "text", ".text": "text", ".html": "html", ".htm": "html", ".xhtml": "html",
    ".jsonl": "lines", ".ndjson": "lines", ".warc": "warc",
}  # fmt: skip


_Step = tuple[int, int, Page | LedgerRow]
"""Bytes and lines that were read so far, and what the last of them hold."""


class Reading:
    """The pages of a file, or of all files below a folder in the order of their names.

    Iterating yields a page per article, and a ledger row per file or line that is none.

    Args:
        path: file or folder.
        now: the time of reading, which stands in for the time of fetching.
        begin: where to begin, as :attr:`position` of an earlier reading told it.
        warcs: read the WARC files of a folder, too.
    """

    def __init__(
        self, path: Path, *, now: datetime, begin: Position = START, warcs: bool = True
    ) -> None:
        self.position = begin
        """After the record that was yielded last."""
        self._path, self._now, self._warcs = path, now, warcs

    def __iter__(self) -> Iterator[Page | LedgerRow]:
        if not self._path.is_dir():
            yield from self._read(self._path, "")
            return
        for file in files_of(self._path):
            name = file.relative_to(self._path)
            if (kind := kind_of(file)) is None or (kind == "warc" and not self._warcs):
                continue
            if self.position.file and name < Path(self.position.file):
                continue
            if str(name) != self.position.file:
                self.position = Position(file=str(name))
            yield from self._read(file, str(name))

    def _read(self, path: Path, name: str) -> Iterator[Page | LedgerRow]:
        if self.position.offset == END:
            return
        if kind_of(path) == "warc":
            from connectors.warc import Warc

            warc = Warc(path, now=self._now, offset=self.position.offset)
            for item in warc:
                self.position = Position(warc.position, file=name)
                yield item
            return
        readers = {"html": _html_file, "lines": _lines}
        reader = readers.get(kind_of(path) or "", _text_file)
        place = name or path.name
        try:
            for offset, line, result in reader(path, place, self._now, self.position):
                self.position = Position(offset, line, name)
                yield result
        except FileNotFoundError:
            self.position = Position(END, file=name)
            yield _row(place, Verdict.NOT_FOUND, "no such file", self._now)
        except (OSError, EOFError, zlib.error) as error:
            self.position = Position(END, file=name)
            yield _row(place, Verdict.DAMAGED, f"cannot be read: {reason_of(error)}", self._now)


def read_archive(path: Path, *, now: datetime) -> Iterator[Page | LedgerRow]:
    """Yield what a whole :class:`Reading` holds."""
    return iter(Reading(path, now=now))


def kind_of(path: Path) -> str | None:
    """Return what a file is by its name: ``text``, ``html``, ``lines``, ``warc``; None: unknown."""
    name = path.name.lower().removesuffix(".gz")
    return _NAMES.get(Path(name).suffix)


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")


def _text_file(path: Path, place: str, now: datetime, begin: Position) -> Iterator[_Step]:
    del begin  # one record
    with _open(path) as file:
        body = file.read(MAX_FILE_BYTES + 1)
    refused = _refused(place, body, now)
    yield END, 0, refused or _page(path, f"{path.name}", {}, body, TEXT_TYPE, now)


def _html_file(path: Path, place: str, now: datetime, begin: Position) -> Iterator[_Step]:
    del begin  # one record
    with _open(path) as file:
        body = file.read(MAX_FILE_BYTES + 1)
    if refused := _refused(place, body, now):
        yield END, 0, refused
        return
    found = _CANONICAL.search(body[:200_000])
    declared = next((g for g in found.groups() if g), b"") if found else b""
    url = absolute_url("", plain_text(declared.decode("utf-8", "replace")) or "")
    page = _page(path, path.name, {"url": url}, body, HTML_TYPE, now, charset=None)
    yield END, 0, page


def _refused(place: str, body: bytes, now: datetime) -> LedgerRow | None:
    if not body.strip():
        return _row(place, Verdict.EMPTY, "an empty file", now)
    if len(body) > MAX_FILE_BYTES:
        return _row(place, Verdict.TOO_LARGE, f"more than {MAX_FILE_BYTES:,} bytes", now)
    if body[:4096].count(b"\x00") * 4 > len(body[:4096]) and body[:2] not in (
        b"\xff\xfe",
        b"\xfe\xff",
    ):
        return _row(place, Verdict.WRONG_TYPE, "binary data", now)
    return None


def _lines(path: Path, place: str, now: datetime, begin: Position) -> Iterator[_Step]:
    with _open(path) as file:
        file.seek(begin.offset)
        number = begin.line
        while line := file.readline(MAX_LINE_BYTES):
            number += 1
            if not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
                while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                reason = f"more than {MAX_LINE_BYTES:,} bytes"
                row = _row(place, Verdict.TOO_LARGE, reason, now, number)
                yield file.tell(), number, row
            elif line.strip():
                yield file.tell(), number, _line(path, place, number, line, now)


def _line(path: Path, place: str, number: int, line: bytes, now: datetime) -> Page | LedgerRow:
    try:
        found = json.loads(line)
    except RecursionError:
        reason = "not JSON that can be read: it is nested too deep"
        return _row(place, Verdict.DAMAGED, reason, now, number)
    except ValueError as error:
        return _row(place, Verdict.DAMAGED, f"not JSON: {error}"[:200], now, number)
    if not isinstance(found, dict):
        return _row(place, Verdict.DAMAGED, "not a JSON object", now, number)
    named = {_bare(k): v for k, v in reversed(found.items()) if v not in (None, "", [])}
    values = {word: _first(named, keys) for word, keys in _KEYS.items()}
    text, html = _string(values["text"]), _string(values["html"])
    body, kind = (text, TEXT_TYPE) if text else (html, HTML_TYPE)
    if not body:
        return _row(place, Verdict.EMPTY, "neither text nor html", now, number)
    raw = body.encode("utf-8", "replace")
    return _page(path, f"{path.name}:{number}", values, raw, kind, now)


def _page(
    path: Path,
    guid: str,
    values: dict[str, Any],
    body: bytes,
    kind: str,
    now: datetime,
    charset: str | None = "utf-8",
) -> Page:
    """Make the page and its entry.  Without an address the words themselves are the identity."""
    text = _string(values.get("url"))
    url = absolute_url("", text) if text else None
    title = plain_text(_string(values.get("title")))
    place = url or text_urn(body, title)
    outlet = _string(values.get("outlet"))
    entry = Entry(
        id=record_id("entry", "archive", place),
        feed_url=f"archive:{path.name}",
        guid=guid if url else place,
        url=url,
        outlet=outlet.strip().lower() if outlet else outlet_of(place),
        title=title,
        summary=plain_text(_string(values.get("summary"))),
        published=_time(values.get("published"), now),
        authors=_authors(values.get("authors")),
        language=primary_language(_string(values.get("language"))),
    )
    if kind == TEXT_TYPE and charset and body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charset = "utf-16"
    return Page(
        entry=entry,
        url=place,
        body=body,
        fetched=now,
        content_type=kind,
        charset=charset,
        source="archive",
    )


def text_urn(body: bytes, title: str | None = None) -> str:
    """Return the identity of a text without address: the same words are the same article."""
    words = b" ".join([(title or "").encode("utf-8", "replace"), *body.split()])
    return f"urn:newsbeam:text:{hashlib.blake2b(words.strip(), digest_size=16).hexdigest()}"


def _first(found: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((found[key] for key in map(_bare, keys) if key in found), None)


@lru_cache(1024)
def _bare(key: str) -> str:
    """Return a key without what only its style adds: case, ``_``, ``-`` and space."""
    return re.sub(r"[\s_-]", "", key).casefold()


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _time(value: Any, now: datetime) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_epoch(value, now)
    return parse_time(value, now) if isinstance(value, str) else None


def _authors(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    names = (plain_text(_string(a.get("name") if isinstance(a, dict) else a)) for a in listed)
    return tuple(name for name in names if name)


def _row(file: str, verdict: str, reason: str, now: datetime, line: int | None = None) -> LedgerRow:
    """Return what is said of a file (by its path below the folder that is read) or of its line."""
    place = file if line is None else f"{file}:{line}"
    return LedgerRow(
        subject=record_id("entry", "archive", place),
        kind="entry",
        url=None,
        stage="fetch",
        verdict=verdict,
        reason=f"{place}: {reason}",
        at=now,
        feed_url=f"archive:{file}",
    )
