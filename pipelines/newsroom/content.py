"""Content of the sample newsroom: what its outlets have written, and how it changes with time.

``content/*.toml`` holds one file per outlet, ``content/wire.toml`` the agency's dispatches and
``content/broken.toml`` the feeds that give nothing.  Days are relative to the *edition*, the day
on which the newsroom is looked at, so that the news is never old.  Time passes in *ticks*: at
tick 0 all is as first published, later ticks bring edits, reprints and new reports.

All of it is fiction.  The outlets live below ``.example`` (RFC 2606); where a real company is
named, the events around it are invented.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent / "content"

LAST_TICK = 3
"""After this tick nothing changes any more."""


@dataclass(frozen=True)
class Edit:
    """What changes about a piece from a tick on."""

    tick: int
    day: int
    time: str
    title: str | None = None
    summary: str | None = None
    replace: tuple[tuple[str, str], ...] = ()
    append: str = ""


@dataclass(frozen=True)
class Piece:
    """One address of an outlet: an article, or something that only looks like one."""

    path: str
    title: str
    summary: str
    day: int = 0
    """Days before (negative) the edition."""
    time: str = "12:00"
    """Of the first publication, UTC."""
    undated: bool = False
    """Neither page nor feed tell a date (but see ``feed_date``)."""
    author: str | None = None
    text: str = ""
    """Paragraphs, apart by empty lines."""
    caption: str | None = None
    kind: str = "article"
    """``article``, ``paywall``, ``app_teaser``, ``consent``, ``bot``, ``soft404``, ``listing``,
    ``live``, ``thread``, ``short`` or ``blank``: how the page is laid out."""
    tick: int = 0
    """The first tick at which the piece exists."""
    edits: tuple[Edit, ...] = ()
    modified: datetime | None = None
    dispatch: str | None = None
    """Name of the agency's dispatch that the text is."""
    charset: str = "utf-8"
    """What the page is encoded in."""
    declared: str | None = None
    """What it claims instead: another charset, ``none``, or ``meta`` (the truth, in HTML only)."""
    feed_date: str | None = None
    """What the feed says instead of the date."""
    feed_full: bool = False
    """The feed carries the full text."""
    feed_query: str = ""
    """Tracking parameters of the link in the feed."""
    amp: bool = False
    """There is an AMP twin, and the feed announces it too."""
    moved_to: str | None = None
    """Where the path redirects to."""
    loop: bool = False
    """The path redirects to itself by a detour."""
    status: int = 200
    updates: tuple[tuple[str, str, str], ...] = ()
    """Of a live blog: time, headline, text; newest first."""
    items: tuple[tuple[str, str], ...] = ()
    """Of a list page: headline and teaser."""
    comments: tuple[tuple[str, str], ...] = ()
    """Of a thread: author and text."""
    published: datetime | None = None
    """In the outlet's own time zone."""

    @property
    def paragraphs(self) -> list[str]:
        """The text's paragraphs, each on one line."""
        return [" ".join(p.split()) for p in self.text.split("\n\n") if p.strip()]


@dataclass(frozen=True)
class Outlet:
    """A fictional outlet with its feed and pages."""

    name: str
    host: str
    language: str
    template: str
    tagline: str
    feed: Mapping[str, str]
    """``path``, ``format`` (rss2, rdf, atom, json), ``links`` (absolute or relative)."""
    pieces: tuple[Piece, ...]
    related: tuple[str, ...] = ()
    """Headlines of other stories that stand on each page."""
    newsletter: str = ""
    robots: str = "User-agent: *\nDisallow:\n"
    kind: str = "news"
    zone: str = "+00:00"

    @property
    def feed_url(self) -> str:
        """Where the feed is announced."""
        return f"http://{self.host}{self.feed['path']}"


@dataclass(frozen=True)
class BrokenFeed:
    """A feed address that answers something else."""

    name: str
    host: str
    path: str
    status: int
    content_type: str
    body: str = field(repr=False)

    @property
    def feed_url(self) -> str:
        """Where the feed is announced."""
        return f"http://{self.host}{self.path}"


@cache
def dispatches() -> Mapping[str, str]:
    """Return the agency's texts by name."""
    return {name: entry["text"] for name, entry in _read("wire.toml").items()}


@cache
def outlets() -> tuple[Outlet, ...]:
    """Return all outlets that have pages, ordered by file name; as written, at no tick."""
    names = sorted(p.name for p in CONTENT.glob("*.toml"))
    return tuple(_outlet(_read(n)) for n in names if n not in {"wire.toml", "broken.toml"})


@cache
def broken_feeds() -> tuple[BrokenFeed, ...]:
    """Return the feeds that give nothing."""
    return tuple(BrokenFeed(**raw) for raw in _read("broken.toml")["feed"])


def at_tick(outlet: Outlet, edition: date, tick: int) -> Outlet:
    """Return the outlet as a reader finds it: dates set, edits made, later pieces left out."""
    pieces = (_dated(p, edition, outlet.zone) for p in outlet.pieces if p.tick <= tick)
    return replace(outlet, pieces=tuple(_edited(p, edition, tick, outlet.zone) for p in pieces))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


def _outlet(raw: dict[str, Any]) -> Outlet:
    pieces = tuple(_piece(p) for p in raw.pop("page"))
    return Outlet(pieces=pieces, related=tuple(raw.pop("related", ())), **raw)


def _piece(raw: dict[str, Any]) -> Piece:
    edits = tuple(_edit(e) for e in raw.pop("edit", ()))
    if name := raw.get("dispatch"):
        whole = dispatches()[name].strip().split("\n\n")
        raw["text"] = "\n\n".join([*whole[: raw.pop("cut", None)], raw.pop("append", "")])
    pairs = {k: _tuples(raw.pop(k)) for k in ("updates", "items", "comments") if k in raw}
    unknown = raw.keys() - {f.name for f in fields(Piece)}
    if unknown:
        raise ValueError(f"{raw['path']}: unknown keys {', '.join(sorted(unknown))}")
    return Piece(edits=edits, **raw, **pairs)


def _edit(raw: dict[str, Any]) -> Edit:
    return Edit(replace=_tuples(raw.pop("replace", ())), **raw)


def _tuples(rows: Any) -> Any:
    return tuple(tuple(row) for row in rows)


def _moment(edition: date, day: int, clock: str, zone: str) -> datetime:
    moment = datetime.combine(edition + timedelta(days=day), time.fromisoformat(clock), UTC)
    return moment.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo)


def _dated(piece: Piece, edition: date, zone: str) -> Piece:
    when = _moment(edition, piece.day, piece.time, zone)
    parts = {"y": f"{when:%Y}", "m": f"{when:%m}", "d": f"{when:%d}", "ymd": f"{when:%Y%m%d}"}
    moved_to = piece.moved_to.format(**parts) if piece.moved_to else None
    published = None if piece.undated else when
    return replace(piece, path=piece.path.format(**parts), moved_to=moved_to, published=published)


def _edited(piece: Piece, edition: date, tick: int, zone: str) -> Piece:
    for edit in piece.edits:
        if edit.tick > tick:
            continue
        text = piece.text
        for old, new in edit.replace:
            if old not in text:
                raise ValueError(f"{piece.path}: the text to replace is not there: {old!r}")
            text = text.replace(old, new)
        modified = _moment(edition, edit.day, edit.time, zone)
        if edit.append:
            text = f"{text}\n\n{edit.append}"
        piece = replace(
            piece,
            title=edit.title or piece.title,
            summary=edit.summary or piece.summary,
            text=text,
            modified=modified,
        )
    return piece
