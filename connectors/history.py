"""What a connector remembers of one feed between polls: ``Cursor.history``, as compact JSON."""

import json
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

MOST_ARRIVALS = 24
MOST_KNOWN = 2_000
"""Entries remembered for recognition; a feed that prints more at once is recognised by id."""


LEASES: dict[str, int] = {}
"""Feed -> when its WebSub subscription ends, Unix seconds; of this process alone, for a hub can
only reach a process that listens."""

PUSHED: set[str] = set()
"""Feeds that a hub has pushed since their last poll: they are read whole, past all caches."""


@dataclass(slots=True)
class History:
    """The memory of one feed.  Times are Unix seconds."""

    known: list[str]
    """Entries of the last bodies, newest first: id, and short hashes of guid, link and title."""
    arrivals: list[int]
    """When polls brought new entries, oldest first."""
    full: int = 0
    """When the feed was last read whole, not answered by 304."""
    lies: int = 0
    """Times that the validators were found to be frozen."""
    hints: dict[str, Any] | None = None
    """The feed's own hints, as last read: a 304 does not repeat them."""
    moved_to: str | None = None
    """Where permanent redirects lead."""
    lease: int = 0
    """When the WebSub subscription ends; 0: none."""
    kind: str | None = None
    """What the feed is: ``rss20`` …"""
    topic: str | None = None
    """The feed's own address (rel=self), which is what a hub knows it by."""

    def dump(self) -> str:
        """Return it as JSON."""
        self.arrivals = self.arrivals[-MOST_ARRIVALS:]
        self.known = self.known[:MOST_KNOWN]
        slim = {name: value for name in _NAMES if (value := getattr(self, name))}
        return json.dumps(slim, separators=(",", ":"), ensure_ascii=False)

    def gaps(self) -> list[int]:
        """Return the seconds between arrivals, sorted."""
        return sorted(b - a for a, b in pairwise(self.arrivals) if b > a)

    def median_gap(self) -> int | None:
        """Return the usual time between new entries, seconds; None before three arrivals."""
        gaps = self.gaps()
        return gaps[len(gaps) // 2] if len(gaps) > 1 else None


_NAMES = tuple(field.name for field in fields(History))


def load_history(text: str | None) -> History:
    """Read a history; what is damaged is forgotten, never an error."""
    history = History(known=[], arrivals=[])
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return history
    if isinstance(found, dict):
        for name in _NAMES:
            value = found.get(name)
            default = getattr(history, name)
            if value is not None and (default is None or isinstance(value, type(default))):
                setattr(history, name, value)
    return history
