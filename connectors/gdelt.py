"""Read GDELT 2.0: the lists of the last 15 minutes, GKG and mentions files; from a URL or a file.

A feed of kind ``gdelt`` is the list (``…/gdeltv2/lastupdate.txt``): each poll follows it to the
newest GKG file.  Entries carry URL, title (from the GKG's extras), date and tone-free themes; whose
articles they are is their own outlet's matter.

Source: http://data.gdeltproject.org/documentation/GDELT-Global_Knowledge_Graph_Codebook-V2.1.pdf,
http://data.gdeltproject.org/documentation/GDELT-Event_Codebook-V2.0.pdf
"""

import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from connectors.feeds import ParsedFeed
from connectors.parsing.items import Item, Outline, to_entries
from newsbeam.errors import ParseError
from newsbeam.records import Verdict

MAX_UNPACKED_BYTES = 300_000_000
MAX_LINE_BYTES = 2_000_000

LIST_BYTES = 200_000
"""Of a longer list (the master file has all since 2015) only the end is read: the newest."""

_LISTED = re.compile(r"https?://\S+\.(?:gkg|mentions)\.csv(?:\.zip)?(?=\s|$)", re.IGNORECASE)
_FILE = re.compile(r"\.(?:export|gkg|mentions)\.csv(?:\.zip)?$", re.IGNORECASE)
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>")
_AUTHORS = re.compile(r"<PAGE_AUTHORS>(.*?)</PAGE_AUTHORS>")
_PRECISE = re.compile(r"<PAGE_PRECISEPUBTIMESTAMP>(\d{14})</PAGE_PRECISEPUBTIMESTAMP>")
_STAMP = re.compile(r"\d{14}")

_GKG_COLUMNS = 27
_MENTION_COLUMNS = 16


def parse_gdelt(
    url: str, body: bytes, *, content_type: str | None = None, now: datetime
) -> ParsedFeed:
    """Read a list of files, or a GKG or mentions file, packed (zip) or plain.

    Args:
        url: where it came from.
        body: undecoded.
        content_type: not needed; the columns say what it is.
        now: dates after it are no dates.

    Raises:
        ParseError: it is neither.
    """
    if _is_list(body):
        ends = body if len(body) <= 2 * LIST_BYTES else body[-LIST_BYTES:]
        listed = _LISTED.findall(ends.decode("ascii", "replace"))
        gkg = [place for place in listed if ".gkg." in place.lower()]
        newest = sorted(set(gkg or listed), reverse=True)  # the names begin with the time
        return ParsedFeed(kind="gdelt-list", entries=(), more=tuple(newest))
    try:
        items = [item for line in _lines(body) if (item := _item(line)) is not None]
    # RuntimeError: a zip with a password, or (NotImplemented…) packed in a way zipfile cannot read
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ParseError(url, f"damaged zip: {error}"[:200], Verdict.DAMAGED) from error
    if not items:
        verdict = Verdict.NOT_A_FEED if body.strip() else Verdict.EMPTY
        raise ParseError(url, "neither a GDELT list nor a GKG or mentions file", verdict)
    unique = {item.guid: item for item in items}  # mentions name an article once per event
    outline = Outline(kind="gdelt", items=list(unique.values()))
    return ParsedFeed(kind="gdelt", entries=to_entries(url, outline, now))


def is_gdelt(body: bytes) -> bool:
    """Say whether an answer looks like a list, or a GKG or mentions file, packed or plain."""
    if body.startswith(b"PK\x03\x04"):
        return re.search(rb"\.(?:gkg|mentions)\.csv", body[:200], re.IGNORECASE) is not None
    if _is_list(body):
        return True
    first = body[:MAX_LINE_BYTES].partition(b"\n")[0]
    return (
        first.count(b"\t") >= _MENTION_COLUMNS - 3
        and _STAMP.search(first[:60].decode("latin-1")) is not None
    )


def _is_list(body: bytes) -> bool:
    """Say whether the first line is ``bytes md5 address-of-a-file``, or an address alone."""
    first = body[:20_000].lstrip().partition(b"\n")[0].decode("ascii", "replace").strip()
    words = first.split(" ")
    return (
        "\t" not in first
        and (len(words) == 1 or words[0].isdigit())
        and words[-1].lower().startswith(("http://", "https://"))
        and _FILE.search(words[-1]) is not None
    )


def _lines(body: bytes) -> Iterator[list[str]]:
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for info in packed.infolist()[:4]:
                with packed.open(info) as file:
                    yield from _rows(file)
    else:
        yield from _rows(io.BytesIO(body))


def _rows(file: IO[bytes]) -> Iterator[list[str]]:
    left = MAX_UNPACKED_BYTES
    while left > 0 and (line := file.readline(MAX_LINE_BYTES)):
        left -= len(line)
        yield line.decode("utf-8", "replace").rstrip("\r\n").split("\t")


def _item(row: list[str]) -> Item | None:
    if len(row) >= _GKG_COLUMNS and row[2] == "1":  # 1: from the web; others are print and TV
        return _gkg(row)
    if _MENTION_COLUMNS - 2 <= len(row) <= _MENTION_COLUMNS and row[3] == "1":
        return _dated(Item(guid=row[5], links=[("", row[5], "")]), row[2])
    return None


def _gkg(row: list[str]) -> Item:
    extras = row[26]
    title, authors = _TITLE.search(extras), _AUTHORS.search(extras)
    precise = _PRECISE.search(extras)
    item = Item(
        guid=row[4],
        links=[("", row[4], "")],
        title=html.unescape(title.group(1)) if title else None,
        authors=[a.strip() for a in html.unescape(authors.group(1)).split(";")] if authors else [],
        tags=[theme for theme in row[7].split(";") if theme][:20],
    )
    translated = re.search(r"srclc:(\w{3})", row[25])
    item.language = _LANGUAGES.get(translated.group(1).lower()) if translated else "en"
    return _dated(item, precise.group(1) if precise else "", seen=row[1])


def _dated(item: Item, stamp: str, seen: str = "") -> Item:
    """Set the times: ``stamp`` is the page's own, ``seen`` when GDELT saw it."""
    if _STAMP.fullmatch(stamp):
        item.published = _iso(stamp)
    elif _STAMP.fullmatch(seen):
        item.updated = _iso(seen)
    return item


def _iso(stamp: str) -> str:
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:14]}Z"


_LANGUAGES = {
    "ara": "ar", "chi": "zh", "zho": "zh", "cze": "cs", "ces": "cs", "dan": "da", "dut": "nl",
    "nld": "nl", "fin": "fi", "fra": "fr", "fre": "fr", "deu": "de", "ger": "de", "ell": "el",
    "gre": "el", "heb": "he", "hin": "hi", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja",
    "kor": "ko", "nor": "no", "fas": "fa", "per": "fa", "pol": "pl", "por": "pt", "ron": "ro",
    "rum": "ro", "rus": "ru", "spa": "es", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk",
    "vie": "vi",
}  # fmt: skip
