"""Recognise entries across polls, whatever a feed changes about them.

An entry is the one seen before when, of guid, link and title, enough stays::

    link the same                       → the same (guid and title may have changed)
    guid the same                       → the same (link and title may have changed)
    title the same, guid and link new   → the same, if the date is also the same, or if this feed
                                          is seen to renew guids and links at every poll

In this order, and each remembered entry at most once: a feed that counts its guids from 1 at every
print is read by its links, and a column with the same title every day stays many entries.

Google News is the known feed that renews guid, link and date at every fetch.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsbeam.records import Entry, record_id
from newsbeam.urls import canonical_url

CHURN_SHARE = 0.6
"""Share of a feed's entries with old titles and new addresses that shows it renews addresses."""

MIN_TITLE_CHARS = 12
_SPACE = " "


def recognise(
    entries: Sequence[Entry], known: Sequence[str]
) -> tuple[tuple[Entry, ...], list[str]]:
    """Give entries the ids under which they were first seen; repeats within the body are dropped.

    Args:
        entries: as parsed, in the feed's order.
        known: what the last call returned; newest first.

    Returns:
        The entries, one per id; and what to remember: those of this body, then older ones.
    """
    unique = {(e.id, e.url, e.guid): e for e in entries}
    fresh = list(unique.values())
    marks = [_marks(entry) for entry in fresh]
    memory = [line.split(" ") for line in known if line.count(" ") == 4]
    claimed: dict[int, str] = {}
    taken: set[str] = set()
    churns = _churns(fresh, marks, memory)
    for stage in ("same", "link", "guid", "title"):
        _claim(stage, fresh, marks, memory, claimed, taken, churns)
    found: dict[str, Entry] = {}
    lines: list[str] = []
    for at, entry in enumerate(fresh):
        identity = claimed.get(at, entry.id)
        if at not in claimed and (identity in taken or identity in found):
            # another entry owns this id: a guid is used for two of them
            identity = record_id("entry", entry.feed_url, entry.guid, *marks[at])
        if identity in found:
            continue
        found[identity] = entry if identity == entry.id else replace(entry, id=identity)
        lines.append(_SPACE.join((identity, *marks[at])))
    older = [line for line in known if line.split(" ", 1)[0] not in found]
    # entries leave a feed at its end and seldom return: as many again as it prints are enough
    return tuple(found.values()), [*lines, *older[: max(50, len(lines))]]


def _claim(
    stage: str,
    fresh: Sequence[Entry],
    marks: Sequence[tuple[str, str, str, str]],
    memory: Sequence[list[str]],
    claimed: dict[int, str],
    taken: set[str],
    churns: bool,
) -> None:
    """Assign remembered ids to the entries that match at one stage and are not assigned yet."""
    index: dict[str, str] = {}
    mine = Counter(_key(stage, mark, churns) for mark in marks)
    for identity, *remembered in memory:
        old = _key(stage, tuple(remembered), churns)
        if old and identity not in taken:
            index.setdefault(old, identity)
    for at, mark in enumerate(marks):
        key = _key(stage, mark, churns)
        if at in claimed or not key or (stage != "same" and mine[key] > 1):
            continue
        found = index.get(key)
        if found and found not in taken:
            claimed[at] = found
            taken.add(found)


def _key(stage: str, mark: tuple[str, ...], churns: bool) -> str | None:
    guid, link, title, date = mark
    if stage == "same":
        return f"{guid}{link}" if guid != "-" or link != "-" else None
    if stage == "link":
        return link if link != "-" else None
    if stage == "guid":
        return guid if guid != "-" else None
    if title == "-" or (date == "-" and not churns):
        return None
    return title if churns else f"{title}{date}"


def _churns(
    fresh: Sequence[Entry], marks: Sequence[tuple[str, str, str, str]], memory: Sequence[list[str]]
) -> bool:
    """Say whether the feed renews addresses: old titles, all under new guids and links."""
    if fresh and (fresh[0].feed_url or "").startswith("https://news.google.com/"):
        return True
    guids, links = {m[1] for m in memory}, {m[2] for m in memory}
    titles = {m[3] for m in memory} - {"-"}
    old = [m for m in marks if m[2] in titles]
    renewed = [m for m in old if m[0] not in guids and m[1] not in links]
    return (
        len(renewed) >= 3 and len(renewed) >= CHURN_SHARE * len(marks) and len(old) == len(renewed)
    )


def _marks(entry: Entry) -> tuple[str, str, str, str]:
    """Short hashes of guid, canonical link, title and date; ``-`` for what is missing."""
    place = canonical_url(entry.url) if entry.url else ""
    title = " ".join((entry.title or "").casefold().split())
    if len(title) < MIN_TITLE_CHARS:
        title = ""
    date: datetime | None = entry.published
    return (
        _short(entry.guid if entry.guid != entry.url else place),
        _short(place),
        _short(title),
        _short(date.isoformat() if date else ""),
    )


def _short(text: str) -> str:
    if not text:
        return "-"
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=6).hexdigest()
