"""What the rules look at: a story as it stands, what is new in it, and what a channel knows of it.

Plain values; the store fills them (``sinks/store/alert_facts.py``), tests write them by hand.
"""

from dataclasses import dataclass, field
from datetime import datetime

from newsbeam.records import Evidence


@dataclass(frozen=True, slots=True)
class MentionFact:
    """An article on a topic."""

    topic: str
    score: float
    matched_by: str = "query"
    evidence: tuple[Evidence, ...] = ()
    partial: bool = False
    new: bool = True
    """This batch made the mention."""


@dataclass(frozen=True, slots=True)
class ArticleFact:
    """A member of a story: one with a mention, or one that this batch brought."""

    id: str
    url: str
    outlet: str
    title: str | None
    seen: datetime
    """First fetched by us."""
    published: datetime | None = None
    site_name: str | None = None
    language: str | None = None
    verdict: str = "article"
    partial: bool = False
    change: str = "new"
    """``new``, ``revised`` or ``same``: what this batch did to it."""
    seeded: bool = False
    """It was there before we began to watch its feed."""
    copy: bool = False
    """Its text is another's, or nearly."""
    figures: str | None = None
    """Figures that this batch's revision changed at the top of the text: ``40 → 55``."""
    correction: str | None = None
    """``correction`` or ``retraction`` where this batch's revision says so."""
    mentions: tuple[MentionFact, ...] = ()


@dataclass(frozen=True, slots=True)
class EventFact:
    """Something that the stories' step noticed in this batch."""

    id: str
    kind: str
    """``new_fact`` or ``burst``."""
    text: str
    """The new sentence, or the burst in words."""
    article_id: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class StoryFact:
    """A story that this batch touched."""

    id: str
    title: str | None
    newsrooms: int
    """Independent newsrooms."""
    articles: int
    first_outlet: str | None
    first_at: datetime | None
    members: tuple[ArticleFact, ...]
    copies: int = 0
    """Of the articles, those that repeat the text of another."""
    events: tuple[EventFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ThreadFact:
    """What a channel knows of a story."""

    status: str
    """``seeded``, ``waiting`` (decided, not posted), ``open``, ``listed`` (in a digest)."""
    newsrooms: int
    """The number that the channel was told last."""
    last_told: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """Somebody does not want to hear of this."""

    kind: str
    """``story``, ``topic`` or ``outlet``."""
    value: str
    channel: str | None = None
    """None: every channel."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on besides the story."""

    now: datetime
    timezone: str = "UTC"
    max_age_hours: float = 48.0
    mutes: tuple[Mute, ...] = ()
    recent: tuple[datetime, ...] = field(default=())
    """Times of the channel's new stories within the last hour, oldest first."""
