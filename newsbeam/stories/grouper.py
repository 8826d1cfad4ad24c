"""Group articles into stories as they arrive: one pass, no look ahead, no clock, no randomness.

::

    StoryInput ─ terms ─► Features ─► candidates of the Window ─► copy of one of them?
                                                             └─► best story, or a new one

A newcomer is compared with the articles that share its heaviest terms; each comparison gives the
log odds that both report the same event (:mod:`newsbeam.stories.model`); a story's score is the
mean of its best and its average member: one lucky link does not chain two events together.

State lives in the window alone: a :class:`Grouper` that was restored from the kept rows goes on
exactly as the one that had kept running.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsbeam.encoder import BUNDLED, is_bundled, reads
from newsbeam.records import record_id
from newsbeam.stories.copies import Likeness
from newsbeam.stories.features import Features, Floats, compare, make_features
from newsbeam.stories.model import PairModel, load_model
from newsbeam.stories.originals import find_original
from newsbeam.stories.pack import Packed
from newsbeam.stories.traits import Traits, read_traits
from newsbeam.stories.window import Window

WINDOW_DAYS = 7.0
"""How long after its last article a story can still grow, days."""
WINDOW_ARTICLES = 150_000
"""Most articles that are kept to compare with."""
MERGE_MARGIN = 1.5
"""Log odds above the threshold by which an article must fit two stories before they may be merged;
their own members must then agree, too.  High, because a wrong merge is worse than two stories."""
MEMBERS = 8
"""Latest members of a story that a newcomer is compared with."""
COPY_MARGIN = 3.0
"""Log odds above the bar that a copy has at least: it is in its original's story."""
AGAIN = ("seen before under this id",)
"""Why an article has the story that it has, where its id is in the window already."""
STORIES = 5
"""Stories that a newcomer is compared with in full."""


@dataclass(frozen=True, slots=True)
class StoryInput:
    """What the grouper needs of an article."""

    id: str
    title: str | None
    text: str | None = None
    """Text or lead; None or empty in a headline-only stream."""
    outlet: str | None = None
    published: datetime | None = None
    seen: datetime | None = None
    """When we had it; None: when the one before was seen, or ``published``."""
    language: str | None = None
    vector: Floats | None = None
    """float32 (d,) of title and lead, L2-normalised."""
    traits: Traits | None = None
    """Of title, text and language, where they have been read already."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Two stories turned out to be one."""

    story: str
    """The one that goes on: the older."""
    merged: str
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where an article went, and why."""

    id: str
    story: str
    new: bool
    """The article began the story."""
    copy_of: str | None
    """The earliest known version of the same text."""
    wire_origin: str | None
    similarity: float
    """Probability that it belongs to the story it joined; for a new story, to the next best one."""
    reasons: tuple[str, ...]
    likeness: Likeness | None = None
    """To the article whose text it repeats."""
    merges: tuple[Merge, ...] = ()
    nearest: str | None = None
    """For a new story, the next best one; None: nothing alike in the window."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of an article in the window, beside its features."""

    id: str
    story: str
    copy_of: str | None
    outlet: str | None
    published: datetime | None
    seen: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The articles of a window, in order of arrival: what a grouper is restored from."""

    articles: list[Kept]
    packed: Packed
    """(n,), see :mod:`newsbeam.stories.pack`."""
    vectors: Floats
    """(n, d); rows without a vector are zeros."""
    embedded: NDArray[np.bool_]
    """(n,), whether there is a vector."""

    def since(self, first: int) -> "Past":
        """Return all but the first articles."""
        kept = self.packed[first:], self.vectors[first:], self.embedded[first:]
        return Past(self.articles[first:], *kept)


@dataclass(slots=True)
class _Story:
    id: str
    members: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How an article fits the stories of the window."""

    story: _Story | None
    margin: float
    """Log odds above the bar; below 0: it does not join."""
    why: str
    also: str | None = None
    """Another story that it surely fits, too."""


class Grouper:
    """The online grouping.

    Args:
        days: how long an article stays in the window.
        articles: most articles in the window.
        model: of one pair; None: the one that comes with newsbeam.
        apart: pairs of stories that a person has split: never merged again by the machine.
        encoder: identity of the model of the vectors; None: the one that comes with newsbeam.
    """

    def __init__(
        self,
        days: float = WINDOW_DAYS,
        articles: int = WINDOW_ARTICLES,
        model: PairModel | None = None,
        apart: Iterable[tuple[str, str]] = (),
        encoder: str | None = None,
    ) -> None:
        bundled = encoder is None or is_bundled(encoder)
        self._span = timedelta(days=days)
        self._most = articles
        self._model = model or load_model(bundled)
        self._apart = {frozenset(pair) for pair in apart}
        self._window = Window(bundled)
        self._kept: dict[int, Kept] = {}
        self._stories: dict[str, _Story] = {}
        self._numbers: dict[str, int] = {}
        self._clock: datetime | None = None

    def __len__(self) -> int:
        """Return how many articles are in the window."""
        return len(self._kept)

    @classmethod
    def restore(cls, past: Past, **options: Any) -> "Grouper":
        """Return a grouper that goes on where the one whose window is given had stopped.

        Args:
            past: the articles of the window.
            options: as for the constructor.
        """
        grouper = cls(**options)
        if not past.articles:
            return grouper
        grouper._clock = max(kept.seen for kept in past.articles)
        oldest, n = grouper._clock - grouper._span, len(past.articles)
        first = max(0, n - grouper._most)
        while past.articles[first].seen < oldest:
            first += 1
        past = past.since(first)
        grouper._window.fill(past.packed, past.vectors, past.embedded)
        for number, kept in enumerate(past.articles):
            grouper._file(number, kept)
        return grouper

    def kept(self, article_id: str) -> Kept:
        """Return what is known of an article in the window."""
        return self._kept[self._numbers[article_id]]

    def packed(self, article_id: str) -> Packed:
        """Return what a store must keep of an article in the window, beside :meth:`kept`."""
        return self._window.packed(self._numbers[article_id])

    def past(self) -> Past:
        """Return the window, to restore another grouper from."""
        numbers = range(self._window.first, self._window.next)
        return Past(
            [self._kept[n] for n in numbers],
            np.concatenate([self._window.packed(n) for n in numbers]),
            *self._window.vectors,
        )

    def add(self, item: StoryInput) -> Assignment:
        """Find an article's story, and take the article into the window."""
        if item.id in self._numbers:
            return self._known(item)
        seen = self._advance(item.seen or item.published)
        if item.vector is not None:
            self._window.fit(len(item.vector))
        text = item.text or None
        traits = item.traits or read_traits(item.title, text, item.language)
        features = make_features(
            traits.terms,
            self._window.frequencies,
            item.vector,
            text is not None,
            self._unread(item),
        )
        print_ = traits.print
        near = self._window.candidates(features)
        pairs = compare(features, self._window.rows(near))
        original, alike = find_original(
            self._window, (features, print_), (near, pairs), lambda n: self._same_outlet(n, item)
        )
        fit = self._best(item, features, near, pairs)
        story, margin, reasons = fit.story, fit.margin, [fit.why]
        if original is not None and alike is not None:
            story = self._stories[self._kept[original].story]
            margin = max(margin, COPY_MARGIN)
            reasons = [f"{alike.containment:.0%} of the shorter text stands in the other"]
        is_new = story is None or margin < 0
        story_id = record_id("story", item.id) if is_new or story is None else story.id
        root = self._root(original)
        number = self._window.add(features, print_)
        self._file(number, Kept(item.id, story_id, root, item.outlet, item.published, seen))
        merges = () if is_new else self._merges(story_id, fit)
        return Assignment(
            id=item.id,
            story=self.kept(item.id).story,
            new=is_new,
            copy_of=root,
            wire_origin=traits.wire,
            similarity=round(_probability(margin), 4),
            reasons=tuple(reasons),
            likeness=alike,
            merges=merges,
            nearest=fit.story.id if is_new and fit.story else None,
        )

    def central(self, story_id: str) -> str | None:
        """Return the article of the window that speaks best for a story: originals first.

        None for a story that has left the window.
        """
        if story_id not in self._stories:
            return None
        numbers = self._stories[story_id].members[-4 * MEMBERS :]
        originals = [n for n in numbers if self._kept[n].copy_of is None] or numbers
        vectors = self._window.rows(originals).vectors
        closeness = vectors @ self._window.rows(numbers).vectors.mean(0)
        return self._kept[originals[int(np.argmax(np.round(closeness, 5)))]].id

    def _known(self, item: StoryInput) -> Assignment:
        kept = self.kept(item.id)
        return Assignment(item.id, kept.story, False, kept.copy_of, None, 1.0, AGAIN)

    def _unread(self, item: StoryInput) -> bool:
        """Tell whether the model does not read the article's language.

        Such vectors are alike by language and pattern, whatever the texts report.
        """
        known = item.vector is not None and self._window.bundled
        return known and not reads(BUNDLED, item.language)

    def _same_outlet(self, number: int, item: StoryInput) -> bool:
        return item.outlet is not None and self._kept[number].outlet == item.outlet

    def _root(self, original: int | None) -> str | None:
        if original is None:
            return None
        kept = self._kept[original]
        return kept.copy_of or kept.id

    def _advance(self, time: datetime | None) -> datetime:
        """Move the clock (it never goes back) and forget what has left the window."""
        clock = self._clock
        if time is not None and (clock is None or time > clock):
            clock = time
        if clock is None:
            clock = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        self._clock = clock
        oldest = clock - self._span
        first = self._window.first
        while first in self._kept and (
            self._kept[first].seen < oldest or self._window.next - first >= self._most
        ):
            self._forget(first)
            first += 1
        self._window.expire(first)
        return clock

    def _forget(self, number: int) -> None:
        kept = self._kept.pop(number)
        del self._numbers[kept.id]
        members = self._stories[kept.story].members
        members.remove(number)
        if not members:
            del self._stories[kept.story]

    def _file(self, number: int, kept: Kept) -> None:
        self._kept[number] = kept
        self._numbers[kept.id] = number
        story = self._stories.get(kept.story)
        if story is None:
            story = self._stories[kept.story] = _Story(kept.story)
        story.members.append(number)

    def _best(
        self, item: StoryInput, features: Features, near: NDArray[np.int64], pairs: Floats
    ) -> "_Fit":
        """Return the story that fits best, by how much it clears the bar, and why."""
        if not len(near):
            return _Fit(None, -9.0, "nothing alike in the window")
        odds = self._weigh(item.published, features, near, pairs)
        ids: list[str] = []
        for i in np.argsort(-odds, kind="stable").tolist():
            story_id = self._kept[int(near[i])].story
            if story_id not in ids:
                ids.append(story_id)
            if len(ids) == STORIES:
                break
        groups = [self._stories[story_id].members[-MEMBERS:] for story_id in ids]
        known = dict(zip(near.tolist(), odds.tolist(), strict=True))
        todo = [n for group in groups for n in group if n not in known]
        if todo:
            others = self._odds(item.published, features, np.array(todo, np.int64))
            known |= zip(todo, others.tolist(), strict=True)
        rule = self._model.rule(features.has_text)
        scores = [
            rule.best_share * max(part) + (1 - rule.best_share) * sum(part) / len(part)
            for part in ([known[n] for n in group] for group in groups)
        ]
        order = np.argsort(-np.round(scores, 5), kind="stable").tolist()
        best = order[0]
        rival = scores[order[1]] if len(order) > 1 else -9.0
        bar = rule.bar(rival)
        sure = rule.threshold + MERGE_MARGIN
        return _Fit(
            self._stories[ids[best]],
            scores[best] - bar,
            f"log odds {scores[best]:.2f} against a bar of {bar:.2f}",
            ids[order[1]] if len(order) > 1 and min(scores[best], rival) >= sure else None,
        )

    def _merges(self, story_id: str, fit: "_Fit") -> tuple[Merge, ...]:
        """Merge the second story that the newcomer fits as well, where the members agree."""
        other_id = fit.also
        if other_id is None or other_id == story_id or {other_id, story_id} in self._apart:
            return ()
        ours, theirs = self._stories[story_id].members, self._stories[other_id].members
        links = [
            self._odds(
                self._kept[n].published,
                self._window.features(n),
                np.array(theirs[-MEMBERS:], np.int64),
            )
            for n in ours[-MEMBERS // 2 :]
        ]
        mean = float(np.mean(np.concatenate(links)))
        rule = self._model.rule(bool(self._window.has_text(ours[-1:])[0]))
        if mean < rule.threshold + MERGE_MARGIN:
            return ()
        goes_on, ends = (story_id, other_id) if ours[0] < theirs[0] else (other_id, story_id)
        # what was split from the one stays apart from both
        self._apart |= {pair - {ends} | {goes_on} for pair in self._apart if ends in pair}
        self.move([self._kept[n].id for n in self._stories[ends].members], goes_on)
        reason = f"their articles report one event: log odds {mean:.2f} on average"
        return (Merge(goes_on, ends, round(_probability(mean - rule.threshold), 4), reason),)

    def move(self, article_ids: Iterable[str], story_id: str) -> None:
        """Put articles of the window into another story, as a merge or a person says."""
        for article_id in article_ids:
            number = self._numbers[article_id]
            kept = self._kept[number]
            members = self._stories[kept.story].members
            members.remove(number)
            if not members:
                del self._stories[kept.story]
            self._kept[number] = replace(kept, story=story_id)
            target = self._stories.setdefault(story_id, _Story(story_id)).members
            target.append(number)
            target.sort()

    def _odds(
        self, published: datetime | None, features: Features, numbers: NDArray[np.int64]
    ) -> Floats:
        """Return the log odds of one event, for each of some articles: float32 (n,)."""
        pairs = compare(features, self._window.rows(numbers))
        return self._weigh(published, features, numbers, pairs)

    def _weigh(
        self,
        published: datetime | None,
        features: Features,
        numbers: NDArray[np.int64],
        pairs: Floats,
    ) -> Floats:
        full = self._window.has_text(numbers) & features.has_text
        brief = self._window.brief(numbers) | features.brief
        foreign = self._window.unread(numbers) | features.unread
        others = [self._kept[n].published for n in numbers.tolist()]
        gaps = np.array([_gap_days(published, other) for other in others], np.float32)
        return self._model.odds(pairs, full, brief, gaps, self._per_day(), foreign)

    def _per_day(self) -> float:
        """Return how many articles a day the window holds; one of less than a day counts as one."""
        if not self._kept or self._clock is None:
            return 0.0
        span = self._clock - self._kept[self._window.first].seen
        return len(self._kept) / max(1.0, span.total_seconds() / 86_400)


def _gap_days(a: datetime | None, b: datetime | None) -> float:
    return 0.0 if a is None or b is None else abs((a - b).total_seconds()) / 86_400


def _probability(odds: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, odds))))
