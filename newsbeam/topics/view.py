"""An article cut up for matching: its words as a whole, and those of each passage."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from newsbeam.articles.passages import passages as article_passages
from newsbeam.headlines import without_site
from newsbeam.records import Article, Passage, ZoneKind
from newsbeam.topics.menus import prose_pieces
from newsbeam.topics.query.document import BODY, LEAD, TITLE, Document, article_document
from newsbeam.topics.query.evaluate import Evaluation

MIN_PROSE_WORDS = 9
"""Shorter passages of the text are menus, labels and signatures, not reporting."""
LEADING = 3
"""So many passages of the text count as the beginning."""


class ArticleView:
    """One article, ready to be asked many queries.

    Args:
        article: with zones.
        passages: those that were embedded come with the article; else they are cut anew.
    """

    def __init__(self, article: Article, passages: Sequence[Passage] = ()) -> None:
        self.article = article
        self.passages: tuple[Passage, ...] = tuple(passages) or article_passages(article)
        self._evaluations: dict[int, Evaluation] = {}
        self._pieces: dict[int, list[tuple[int, int]]] = {}

    @cached_property
    def document(self) -> Document:
        """The words of the whole article."""
        return article_document(self.article)

    @cached_property
    def evaluation(self) -> Evaluation:
        """Queries on the whole article."""
        return Evaluation(self.document)

    def passage(self, i: int) -> Evaluation:
        """Return queries on the i-th passage alone."""
        if i not in self._evaluations:
            passage = self.passages[i]
            part = Document(
                title=self.document.title, text=self.document.text, language=self.article.language
            )
            zone = {ZoneKind.TITLE: TITLE, ZoneKind.LEAD: LEAD | BODY}.get(passage.zone, BODY)
            for a, b in self.pieces(i):
                part.add(passage.text[a:b], max(0, passage.start) + a, zone)
            part.facts, part.published = self.document.facts, self.document.published
            self._evaluations[i] = Evaluation(part, self.evaluation)
        return self._evaluations[i]

    def pieces(self, i: int) -> list[tuple[int, int]]:
        """Return the stretches of the i-th passage that count: no menus, no site names."""
        if i not in self._pieces:
            text = self.passages[i].text
            in_title = self.passages[i].zone == ZoneKind.TITLE
            self._pieces[i] = [(0, len(without_site(text)))] if in_title else prose_pieces(text)
        return self._pieces[i]

    def cleaned(self, i: int) -> Passage:
        """Return the i-th passage with the text that counts: what is embedded."""
        passage, pieces = self.passages[i], self.pieces(i)
        if pieces == [(0, len(passage.text))]:
            return passage
        return replace(passage, text=" ".join(passage.text[a:b] for a, b in pieces))

    @cached_property
    def prose(self) -> tuple[int, ...]:
        """Places of the passages of the text that are sentences, in order."""
        return tuple(i for i in range(len(self.passages)) if _is_prose(self.cleaned(i)))

    @cached_property
    def title(self) -> int | None:
        """Place of the title among the passages."""
        return next((i for i, p in enumerate(self.passages) if p.zone == ZoneKind.TITLE), None)


def _is_prose(passage: Passage) -> bool:
    if passage.zone == ZoneKind.TITLE:
        return False
    words = passage.text.count(" ") + 1
    spaceless = len(passage.text) > 8 * words  # Chinese, Japanese, Thai
    return spaceless or words >= MIN_PROSE_WORDS
