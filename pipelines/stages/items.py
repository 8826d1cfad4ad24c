"""What flows between the stages.

An entry is on its way as ``Entry``, then ``Page`` or :class:`Unread`, then :class:`Read`, then
:class:`Vectors`; at its end, wherever that is, it is :class:`Done`.  Each stage takes what is its
own and passes ``Done`` on, so the graph has one sink and every entry reaches it exactly once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from newsbeam.records import (
    START,
    Article,
    Cursor,
    Embedded,
    Entry,
    LedgerRow,
    Mention,
    Passage,
    Position,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Archive:
    """What a backfill is given, and where an earlier one stopped in it."""

    place: str
    """Path, or address of a listing."""
    begin: Position = START


@dataclass(frozen=True, slots=True)
class Portion:
    """Archives that are read one after the other."""

    archives: tuple[Archive, ...]
    most: int | None = None
    """Records to read at once; None: all."""


@dataclass(frozen=True, slots=True)
class Polled:
    """How the poll of one feed ended; entries = known + those that went on."""

    row: LedgerRow
    cursor: Cursor | None
    """None for an archive that was read to its end, unless it was resumed."""
    title: str | None
    status: int | None
    bytes: int | None
    entries: int
    known: int
    fresh: int


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry whose page could not be had; its feed's own text may still serve."""

    entry: Entry
    row: LedgerRow


@dataclass(frozen=True, slots=True)
class Read:
    """An entry's article, and the ledger row that it will end with."""

    entry: Entry
    article: Article
    row: LedgerRow
    passages: tuple[Passage, ...] = ()
    """Those that may concern a topic, once they were picked."""
    instead: "Read | None" = None
    """The feed's text, for the case that the commit finds the page to be a wall."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """The same with its vectors."""

    entry: Entry
    embedded: Embedded
    row: LedgerRow
    instead: "Vectors | None" = None


@dataclass(frozen=True, slots=True)
class Done:
    """An entry at its end: exactly one per entry that was not known."""

    entry: Entry | None
    """None for a record of an archive that could not be read."""
    row: LedgerRow
    embedded: Embedded | None = None
    mentions: tuple[Mention, ...] = ()
    instead: "Done | None" = None


def under_way(items: Iterable[T | Done]) -> tuple[list[T], list[Done]]:
    """Return what a stage has to work on, and what it passes on.

    Stages take both together instead of splitting and flattening collections: the embedded runner
    keeps every flattened collection in memory, with all pages in it (measured).
    """
    work: list[T] = []
    done: list[Done] = []
    for item in items:
        if isinstance(item, Done):
            done.append(item)
        else:
            work.append(item)
    return work, done
