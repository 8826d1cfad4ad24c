"""An article as the query language sees it: words with their places, and facts about it."""

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from urllib.parse import urlsplit

from newsbeam.headlines import without_site
from newsbeam.records import Article, Verdict, ZoneKind
from newsbeam.topics.query.sentences import sentence_begins, sentence_end
from newsbeam.topics.query.words import find_words, fold_letters, folded_words, plain, stem

TITLE, LEAD, BODY = 1, 2, 4
"""Bits of a word's zone; the lead carries LEAD and BODY."""
ANYWHERE = TITLE | BODY
IN_TITLE = "title:"
TWICE = "twice:"
"""Begin the keys of a word of the headline, and of one that occurs twice; no word has a colon."""

FEW_WORDS = 20
"""Words of which the places are looked for one by one."""

_SILENT = {ZoneKind.RELATED, ZoneKind.FOOTER, ZoneKind.CAPTION}
"""Zones that never match: they speak of other articles, of the site, or of a picture."""


@dataclass(slots=True)
class Document:
    """The words of one article.

    All lists run over word places.  A place with the word ``""`` parts paragraphs: no phrase
    crosses it.  All but the words is made at the first use, as few queries get beyond asking which
    words there are.
    """

    words: list[str] = field(default_factory=list)
    zones: list[int] = field(default_factory=list)
    titled: int = 0
    """Places below this are the headline's."""
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """author, outlet, domain, lang, country, feed, tag: folded"""
    published: date | None = None
    language: str | None = None
    title: str = ""
    text: str = ""
    _paragraphs: list[tuple[str, int]] = field(default_factory=list)
    """Text of each paragraph and its offset in the title or text."""
    _firsts: list[int] = field(default_factory=list)
    """First place of each paragraph."""
    _offsets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _begins: dict[int, list[int]] = field(default_factory=dict)
    _at: dict[str, list[int]] = field(default_factory=dict)
    _first: dict[str, int] | None = None
    _last: dict[str, int] | None = None
    _in_title: frozenset[str] | None = None
    _stems: dict[str, list[int]] | None = None
    _keys: frozenset[str] | None = None
    _sorted: list[str] | None = None
    _beginnings: dict[int, frozenset[str]] = field(default_factory=dict)

    def add(self, text: str, start: int, zone: int) -> None:
        """Add one paragraph; ``start`` is its offset in the title or text.

        All paragraphs are added before the document is asked anything.
        """
        words = folded_words(text)
        if not words:
            return
        self._firsts.append(len(self.words))
        self._paragraphs.append((text, start))
        self.words += words
        self.words.append("")
        self.zones += [zone] * (len(words) + 1)
        if zone == TITLE:
            self.titled = len(self.words)

    @property
    def present(self) -> Mapping[str, int]:
        """The words that occur, and the first place of each."""
        if self._first is None:
            places = range(len(self.words) - 1, -1, -1)
            self._first = dict(zip(reversed(self.words), places, strict=True))
            self._first.pop("", None)
        return self._first

    @property
    def in_title(self) -> frozenset[str]:
        """The words of the headline."""
        if self._in_title is None:
            self._in_title = frozenset(self.words[: self.titled]) - {""}
        return self._in_title

    @property
    def places(self) -> Mapping[str, Sequence[int]]:
        """Word -> its places, ascending; :meth:`at` is quicker for some words."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, word in enumerate(self.words):
            places[word].append(place)
        places.pop("", None)
        return places

    def at(self, word: str) -> Sequence[int]:
        """Return the places of a word, ascending."""
        found = self._at.get(word)
        if found is None:
            first = self.present.get(word)
            if first is None:
                return ()
            found = self._at[word] = [first, *self._later(word, first)]
        return found

    def _later(self, word: str, at: int) -> Iterator[int]:
        """Yield the places of a word behind its first one.

        The last places of all words are only noted down when more than a few are asked for.
        """
        index = self.words.index
        if self._last is None and len(self._at) > FEW_WORDS:
            self._last = dict(zip(self.words, range(len(self.words)), strict=True))
        if self._last is not None:
            last = self._last[word]
            while at < last:
                at = index(word, at + 1)
                yield at
            return
        try:
            while True:
                at = index(word, at + 1)
                yield at
        except ValueError:
            return

    def paragraph(self, place: int) -> int:
        """Return the number of a place's paragraph; the headline is one."""
        return bisect.bisect_right(self._firsts, place) - 1

    def sentence(self, place: int) -> int:
        """Return the first place of the sentence of a place; a paragraph ends one."""
        paragraph = self.paragraph(place)
        first, begins = self._firsts[paragraph], self._sentences(paragraph)
        return first + begins[bisect.bisect_right(begins, place - first) - 1]

    def breaks(self) -> Iterator[tuple[int, bool]]:
        """Yield the first place of every sentence, and whether a paragraph begins there."""
        for paragraph, first in enumerate(self._firsts):
            for begin in self._sentences(paragraph):
                yield first + begin, begin == 0

    def _sentences(self, paragraph: int) -> list[int]:
        if paragraph not in self._begins:
            text = self._paragraphs[paragraph][0]
            self._begins[paragraph] = sentence_begins(text, self._spans(paragraph))
        return self._begins[paragraph]

    def _spans(self, paragraph: int) -> list[tuple[int, int]]:
        """Return start and end of the words of a paragraph, in its own text."""
        if paragraph not in self._offsets:
            self._offsets[paragraph] = find_words(self._paragraphs[paragraph][0])
        return self._offsets[paragraph]

    def span(self, place: int) -> tuple[int, int]:
        """Return start and end of a word in the title (zone TITLE) or the text, in characters.

        The place between two paragraphs is where the first ends.
        """
        paragraph = self.paragraph(place)
        start, spans = self._paragraphs[paragraph][1], self._spans(paragraph)
        number = place - self._firsts[paragraph]
        if number == len(spans):
            return start + spans[-1][1], start + spans[-1][1]
        return start + spans[number][0], start + spans[number][1]

    def source(self, place: int) -> str:
        """Return the title or the text: what the offsets of a place are of."""
        return self.title if self.zones[place] == TITLE else self.text

    def exact_at(self, place: int) -> str:
        """Return a word as written, without possessive and the dots of abbreviations."""
        start, end = self.span(place)
        return plain(self.source(place)[start:end])

    @property
    def stems(self) -> Mapping[str, list[int]]:
        """Stem -> places."""
        if self._stems is None:
            self._stems = defaultdict(list)
            for word, places in self.places.items():
                self._stems[stem(word, self.language)].extend(places)
            for places in self._stems.values():
                places.sort()
        return self._stems

    @property
    def keys(self) -> frozenset[str]:
        """What long ORs are looked up by.

        The words; pairs of neighbours (``fair use``); words that occur twice, after
        :data:`TWICE`; words of the headline, after :data:`IN_TITLE`.
        """
        if self._keys is None:
            words = self.words
            self._keys = frozenset(self.present).union(
                map(" ".join, pairwise(words)),
                [TWICE + word for word, times in Counter(words).items() if times > 1],
                [IN_TITLE + word for word in self.in_title],
            )
        return self._keys

    def holds(self, key: str) -> bool:
        """Whether the document has a key: one of :attr:`keys`, or a beginning (``llam*``)."""
        if key[-1] == "*":
            words = self._ordered()
            at = bisect.bisect_left(words, key[:-1])
            return at < len(words) and words[at].startswith(key[:-1])
        first, space, second = key.partition(" ")
        if space:
            return any(self.words[place + 1] == second for place in self.at(first))
        if key.startswith(TWICE):
            return len(self.at(key.removeprefix(TWICE))) > 1
        if key.startswith(IN_TITLE):
            return key.removeprefix(IN_TITLE) in self.in_title
        return key in self.present

    def beginning_with(self, start: str) -> Sequence[str]:
        """Return the words that begin so, in order."""
        words = self._ordered()
        low = bisect.bisect_left(words, start)
        return words[low : bisect.bisect_right(words, start + "\U0010ffff", lo=low)]

    def _ordered(self) -> list[str]:
        if self._sorted is None:
            self._sorted = sorted(self.present)
        return self._sorted

    def beginnings(self, length: int) -> frozenset[str]:
        """Return the first ``length`` letters of every word; shorter words as they are."""
        if length not in self._beginnings:
            self._beginnings[length] = frozenset([word[:length] for word in self.present])
        return self._beginnings[length]

    def sentence_at(self, place: int) -> tuple[int, int]:
        """Return start and end, in characters, of the sentence of a word."""
        paragraph = self.paragraph(place)
        first, begins = self._firsts[paragraph], self._sentences(paragraph)
        number = bisect.bisect_right(begins, place - first)
        last = begins[number] if number < len(begins) else len(self._spans(paragraph))
        end = self.span(first + last - 1)[1]
        return self.span(first + begins[number - 1])[0], sentence_end(self.source(place), end)


def article_document(article: Article) -> Document:
    """Return an article's words.

    Where there are no zones, every line of the text is a paragraph and the first is the lead.
    Related boxes, captions and footers are left out; comments too, unless the page is a thread.
    """
    document = Document(title=article.title or "", text=article.text, language=article.language)
    if article.title:
        document.add(without_site(article.title), 0, TITLE)
    thread = article.verdict == Verdict.DISCUSSION
    for kind, start, end in _stretches(article):
        if kind in _SILENT or (kind == ZoneKind.COMMENTS and not thread):
            continue
        zone = LEAD | BODY if kind == ZoneKind.LEAD else BODY
        for a, b in _lines(article.text, start, end):
            document.add(article.text[a:b], a, zone)
    document.facts = _facts(article)
    document.published = article.published.date() if article.published else None
    return document


def text_document(title: str, text: str, language: str | None = None) -> Document:
    """Return the words of a bare title and text, one paragraph a line; the first is the lead."""
    document = Document(title=title, text=text, language=language)
    if title:
        document.add(title, 0, TITLE)
    zone = LEAD | BODY
    for a, b in _lines(text, 0, len(text)):
        document.add(text[a:b], a, zone)
        zone = BODY
    document.facts = {"lang": (language,)} if language else {}
    return document


def _stretches(article: Article) -> Iterator[tuple[str, int, int]]:
    if article.zones:
        yield from ((z.kind, z.start, z.end) for z in article.zones if z.kind != ZoneKind.TITLE)
        return
    kind = ZoneKind.LEAD
    for a, b in _lines(article.text, 0, len(article.text)):
        yield kind, a, b
        kind = ZoneKind.BODY


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        if stop > start:
            yield start, stop
        start = stop + 1


_COUNTRIES = {"uk": "gb", "eu": "eu", "su": "ru"}


def _facts(article: Article) -> dict[str, tuple[str, ...]]:
    host = urlsplit(article.url).hostname or ""
    tags = [fold_value(t) for t in (*article.feed_tags, *article.keywords)]
    if article.section:
        tags.append(fold_value(article.section))
    ending = article.outlet.rpartition(".")[2].lower()
    country = [t.partition(":")[2] for t in tags if t.startswith("country:")]
    if len(ending) == 2:
        country.append(_COUNTRIES.get(ending, ending))
    found: dict[str, Sequence[str]] = {
        "author": [fold_value(a) for a in article.authors],
        "outlet": _present(article.outlet, article.site_name),
        "domain": _parents(host),
        "lang": _present(article.language),
        "country": country,
        "feed": _present(article.feed_url),
        "tag": tags,
    }
    return {key: tuple(values) for key, values in found.items() if values}


def fold_value(value: str) -> str:
    """Return the form of a fact (an author, a tag) that is compared: folded, single spaces."""
    return " ".join(fold_letters(value).split())


def _present(*values: str | None) -> list[str]:
    return [fold_value(v) for v in values if v]


def _parents(host: str) -> list[str]:
    """``news.bbc.example`` -> itself, ``bbc.example``, ``example``."""
    parts = host.lower().split(".")
    return [".".join(parts[i:]) for i in range(len(parts))] if host else []
