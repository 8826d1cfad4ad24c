"""Read files that announce articles of other places: GDELT files and lists, saved feeds, sitemaps.

An archive holds the articles; a listing only names them, and their pages are fetched like those of
any feed.  Pure but for the file itself: no network.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from connectors.archives import kind_of
from connectors.feeds import ParsedFeed
from connectors.gdelt import is_gdelt
from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.kinds import parser_of
from newsbeam.errors import ParseError, reason_of
from newsbeam.records import Verdict
from newsbeam.urls import is_web_url

MAX_BYTES = 300_000_000
"""Largest listing, unpacked; a quarter of an hour of GDELT has some 30 MB."""

_LOOK = 20_000
_ENDS = (".csv", ".csv.zip", ".xml", ".rss", ".atom", ".rdf", ".json", ".jsonfeed")
_GDELT = (".gkg.csv", ".gkg.csv.zip", ".mentions.csv", ".mentions.csv.zip")


def is_listing(place: str) -> bool:
    """Say whether an address or file announces articles instead of holding them.

    All addresses do; files by their names, and text files where they are a list of GDELT files.
    """
    if is_web_url(place):
        return True
    path = Path(place)
    if path.is_dir():
        return False
    if path.name.lower().removesuffix(".gz").endswith(_ENDS):
        return True
    return kind_of(path) in {"text", None} and is_gdelt(_beginning(path))


def parts_of(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that are read one by one: GDELT files and WARC archives."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and (path.name.lower().endswith(_GDELT) or kind_of(path) == "warc"):
            yield path


def holds_more(folder: Path) -> bool:
    """Say whether a folder holds archives that are read with it, beside :func:`parts_of`."""
    return any(kind_of(p) not in {None, "warc"} for p in folder.rglob("*") if p.is_file())


def read_listing(path: Path, *, now: datetime) -> ParsedFeed:
    """Read a listing that is a file.

    Raises:
        ParseError: it cannot be read, or is none.
    """
    place = f"archive:{path.name}"
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
        if body[:3] == b"\x1f\x8b\x08":
            body = b"".join(Decoder("gzip", MAX_BYTES).decode(body))
    except (OSError, DamagedError) as error:
        raise ParseError(place, f"cannot be read: {reason_of(error)}", Verdict.DAMAGED) from error
    except TooLargeError:
        body = b" " * (MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise ParseError(place, f"more than {MAX_BYTES:,} bytes", Verdict.TOO_LARGE)
    return parser_of("feed", body)(place, body, now=now)


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOK)
    except OSError:
        return b""
