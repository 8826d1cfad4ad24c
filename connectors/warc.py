"""Read WARC archives such as Common Crawl's CC-NEWS: streamed, resumable, forgiving.

Each record of a ``.warc.gz`` is a gzip member of its own; a damaged one costs only itself: the
reader goes on at the next member.  A :class:`Warc` knows the byte at which it is: a reading that
broke off resumes there.

Source: ISO 28500 (https://iipc.github.io/warc-specifications/), https://data.commoncrawl.org/crawl-data/CC-NEWS/
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from connectors.feeds import declared_charset
from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.parsing.items import absolute_url
from connectors.parsing.times import parse_time
from newsbeam.records import Entry, LedgerRow, Page, Verdict, record_id
from newsbeam.urls import outlet_of

MAX_RECORD_BYTES = 16_000_000
"""A larger record is passed over, not loaded."""

CHUNK = 1 << 16

_GZIP = b"\x1f\x8b\x08"
_LENGTH = re.compile(rb"^content-length:\s*(\d{1,15})\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it begins, its headers (names in lower case), its block."""

    offset: int
    end: int
    """Where the next one begins; after damage, where it is looked for."""
    headers: dict[str, str]
    block: bytes
    damage: str | None = None
    """Why the block is not whole; None: it is."""
    verdict: str = Verdict.DAMAGED


class Warc:
    """The pages of an archive: its HTML answers with status 200.

    Iterating yields a page, or a ledger row for an answer that cannot be used.  Requests, metadata
    and answers that are no web page are passed over silently: they are no entries.

    Args:
        path: ``.warc`` or ``.warc.gz``.
        now: the time of reading; the records' own time of crawling becomes ``Page.fetched``.
        offset: byte at which to begin, as :attr:`position` of an earlier reading told it.
    """

    def __init__(self, path: Path, *, now: datetime, offset: int = 0) -> None:
        self.position = offset
        """Byte after the record that was yielded last."""
        self._path = path
        self._now = now

    def __iter__(self) -> Iterator[Page | LedgerRow]:
        with self._path.open("rb") as file:
            file.seek(self.position)
            for record in read_records(file, self.position):
                self.position = record.end
                if (result := _result(self._path, record, self._now)) is not None:
                    yield result


def read_warc(path: Path, *, now: datetime, offset: int = 0) -> Iterator[Page | LedgerRow]:
    """Yield what a :class:`Warc` holds."""
    return iter(Warc(path, now=now, offset=offset))


def read_records(file: IO[bytes], offset: int = 0) -> Iterator[Record]:
    """Yield all records from here on; those that are damaged say so."""
    start = file.read(3)
    file.seek(offset)
    yield from _packed(file, offset) if start == _GZIP else _plain(file, offset)


def _packed(file: IO[bytes], offset: int) -> Iterator[Record]:
    """Walk the gzip members; after damage look for the beginning of the next."""
    waiting = b""
    position = offset
    while True:
        if not waiting:
            waiting = file.read(CHUNK)
            if not waiting:
                return
        if not waiting.startswith(_GZIP):
            waiting, position, more = _next_member(file, waiting, position)
            if not more:
                return
        member, raw, waiting, used, damage = _member(file, waiting)
        offset, position = position, position + used
        if damage and damage != "too large":
            waiting = waiting[1:]
            position += 1
        yield _record(offset, position, member, damage, raw)


def _next_member(file: IO[bytes], waiting: bytes, position: int) -> tuple[bytes, int, bool]:
    while True:
        at = waiting.find(_GZIP)
        if at >= 0:
            return waiting[at:], position + at, True
        keep = waiting[-2:]
        position += len(waiting) - len(keep)
        more = file.read(CHUNK)
        if not more:
            return b"", position, False
        waiting = keep + more


def _member(file: IO[bytes], waiting: bytes) -> tuple[bytes, int, bytes, int, str | None]:
    """Unpack one member.

    Returns:
        What it holds (cut at the limit), its unpacked size, the bytes after it, the bytes it takes,
        and what is wrong with it.  After damage the bytes are given back, for the next search.
    """
    unpack = zlib.decompressobj(31)
    pieces: list[bytes] = []
    size = used = 0
    data = waiting
    while True:
        try:
            piece = unpack.decompress(data, CHUNK)
        except zlib.error as error:
            return b"".join(pieces), size, data, used, f"damaged gzip: {error}"
        size += len(piece)
        if size <= MAX_RECORD_BYTES:
            pieces.append(piece)
        left = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
        used += len(data) - len(left)
        data = left
        if unpack.eof:
            damage = "too large" if size > MAX_RECORD_BYTES else None
            return b"".join(pieces), size, data, used, damage
        if not data:
            data = file.read(CHUNK)
            if not data:
                return b"".join(pieces), size, b"", used, "the archive breaks off"


def _plain(file: IO[bytes], offset: int) -> Iterator[Record]:
    """Walk an unpacked archive by Content-Length; after damage look for the next ``WARC/``."""
    while True:
        line = file.readline(CHUNK)
        if not line:
            return
        position, offset = offset, offset + len(line)
        if not line.startswith(b"WARC/"):
            continue
        head = line
        while (line := file.readline(CHUNK)) not in (b"\r\n", b"\n", b""):
            head += line
            offset += len(line)
            if len(head) > CHUNK:
                break
        offset += len(line)
        found = _LENGTH.search(head.replace(b"\r", b""))
        length = int(found.group(1)) if found else 0
        block = file.read(min(length, MAX_RECORD_BYTES))
        skipped = 0
        while skipped < length - len(block) and (
            gone := file.read(min(CHUNK, length - len(block) - skipped))
        ):
            skipped += len(gone)
        offset += len(block) + skipped
        damage = "too large" if length > MAX_RECORD_BYTES else None
        if len(block) + skipped < length:
            damage = "the archive breaks off"
        yield _record(position, offset, head + b"\r\n" + block, damage, length)


def _record(offset: int, end: int, data: bytes, damage: str | None, size: int) -> Record:
    head, _, block = data.partition(b"\r\n\r\n")
    headers = _headers(head)
    if not head.startswith(b"WARC/"):
        return Record(offset, end, headers, b"", damage or "not a WARC record")
    declared = headers.get("content-length", "")
    if declared.isdigit() and not damage:
        length = int(declared)
        if length > len(block):
            damage = f"{len(block)} of {length} bytes"
        block = block[:length]
    verdict = Verdict.TOO_LARGE if damage == "too large" else Verdict.DAMAGED
    if damage == "too large":
        damage = f"a record of {size:,} bytes"
    return Record(offset, end, headers, block, damage, verdict)


def _headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _result(path: Path, record: Record, now: datetime) -> Page | LedgerRow | None:
    kind = record.headers.get("warc-type", "")
    if record.damage:
        return _row(path, record, record.verdict, record.damage, now)
    if kind != "response":
        return None
    head, gap, body = record.block.partition(b"\r\n\r\n")
    if not gap:
        head, gap, body = record.block.partition(b"\n\n")
    found = re.match(rb"HTTP/\d(?:\.\d)?\s+(\d{3})", head)
    if not found:
        return _row(path, record, Verdict.DAMAGED, "no HTTP answer in the record", now)
    headers = _headers(head)
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media and "html" not in media and media != "text/plain":
        return None
    status = int(found.group(1))
    if status != 200:
        return _row(path, record, Verdict.HTTP_ERROR, f"HTTP {status}", now)
    try:
        body = _unpacked(headers, body)
    except (DamagedError, TooLargeError) as error:
        reason = str(error) or "too large"
        return _row(path, record, Verdict.DAMAGED, reason, now)
    if not body.strip():
        return _row(path, record, Verdict.EMPTY, "an empty body", now)
    return _page(path, record, headers, body, now)


def _unpacked(headers: dict[str, str], body: bytes) -> bytes:
    """Undo transfer and content encodings; crawlers disagree on whether they are undone already."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _unchunked(body)
    encoding = headers.get("content-encoding", "").lower()
    if encoding in {"br", "zstd"} and body[:1] in b"<\n\r\t ":
        return body
    return b"".join(Decoder(encoding, MAX_RECORD_BYTES).decode(body))


def _unchunked(body: bytes) -> bytes:
    pieces: list[bytes] = []
    rest = body
    while found := re.match(rb"([0-9a-fA-F]{1,8})[^\r\n]*\r?\n", rest):
        length = int(found.group(1), 16)
        if length == 0:
            return b"".join(pieces)
        pieces.append(rest[found.end() : found.end() + length])
        rest = rest[found.end() + length :].removeprefix(b"\r").removeprefix(b"\n")
    return b"".join(pieces) if pieces and not rest.strip() else body


def _page(
    path: Path, record: Record, headers: dict[str, str], body: bytes, now: datetime
) -> Page | LedgerRow:
    target = record.headers.get("warc-target-uri", "").strip("<>")
    url = absolute_url("", target)
    if url is None:
        return _row(path, record, Verdict.NO_LINK, "the record names no http(s) address", now)
    entry = Entry(
        id=record_id("entry", "archive", url),
        feed_url=f"archive:{path.name}",
        guid=f"{path.name}:{record.offset}",
        url=url,
        outlet=outlet_of(url),
    )
    return Page(
        entry=entry,
        url=url,
        body=body,
        fetched=parse_time(record.headers.get("warc-date"), now) or now,
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower() or None,
        charset=declared_charset(headers.get("content-type")),
        source="archive",
    )


def _row(path: Path, record: Record, verdict: str, reason: str, now: datetime) -> LedgerRow:
    place = f"{path.name}:{record.offset}"
    return LedgerRow(
        subject=record_id("entry", "archive", place),
        kind="entry",
        url=absolute_url("", record.headers.get("warc-target-uri", "").strip("<>")),
        stage="fetch",
        verdict=verdict,
        reason=f"{place}: {reason}",
        at=now,
        feed_url=f"archive:{path.name}",
    )
