"""An article as the query language sees it: words with their places, and facts about it."""

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise, takewhile
from urllib.parse import urlsplit

from newsbeam.records import Article, Verdict, ZoneKind
from newsbeam.topics.menus import headline
from newsbeam.topics.query.words import find_words, fold_letters, folded_words, plain, stem

TITLE, LEAD, BODY = 1, 2, 4
"""Bits of a word's zone; the lead carries LEAD and BODY."""
ANYWHERE = TITLE | BODY
IN_TITLE = "title:"
TWICE = "twice:"
"""Begin the keys of a word of the headline, and of one that occurs twice; no word has a colon."""

_SILENT = {ZoneKind.RELATED, ZoneKind.FOOTER, ZoneKind.CAPTION}
"""Zones that never match: they speak of other articles, of the site, or of a picture."""

_ENDS = re.compile(r"[!?…。！？؟।]|\.(?!\w)")
_JOINTS = " -/'’\xa0–"
"""Single signs between two words that never end a sentence: most gaps need no closer look."""
_TAIL = re.compile(r"[^\w\s]{1,3}")
_SHORT = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "vs",
        "v",
        "inc",
        "corp",
        "co",
        "ltd",
        "llc",
        "jr",
        "sr",
        "no",
        "fig",
        "dept",
        "gen",
        "gov",
        "sen",
        "rep",
        "hon",
        "art",
        "al",
        "bzw",
        "ca",
        "usw",
        "nr",
        "z.b",
        "d.h",
        "p",
        "pp",
        "vol",
        "ed",
        "approx",
        "est",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "sra",
        "av",
        "mme",
        "mlle",
    ]
)
"""Words after which a full stop does not end the sentence."""


@dataclass(slots=True)
class Document:
    """The words of one article.

    All lists run over word places.  A place with the word ``""`` parts paragraphs: no phrase
    crosses it.  What few queries need (offsets, exact forms, sentences, stems, beginnings) is made
    at the first use.
    """

    words: list[str] = field(default_factory=list)
    zones: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    places: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """word -> its places, ascending"""
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """author, outlet, domain, lang, country, feed, tag: folded"""
    published: date | None = None
    language: str | None = None
    title: str = ""
    text: str = ""
    _unlocated: list[tuple[str, int]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)
    _sentences: list[int] | None = None
    _stems: dict[str, list[int]] | None = None
    _keys: frozenset[str] | None = None
    _beginnings: dict[int, frozenset[str]] = field(default_factory=dict)

    def add(self, text: str, start: int, zone: int) -> None:
        """Add one paragraph; ``start`` is its offset in the title or text."""
        words = folded_words(text)
        if not words:
            return
        paragraph = self.paragraphs[-1] + 1 if self.paragraphs else 0
        places = self.places
        for place, word in enumerate(words, len(self.words)):
            places[word].append(place)
        self.words += words
        self.words.append("")
        self.zones += [zone] * (len(words) + 1)
        self.paragraphs += [paragraph] * (len(words) + 1)
        self._unlocated.append((text, start))

    @property
    def starts(self) -> list[int]:
        """Offset of each place in the title (zone TITLE) or the text."""
        self._locate()
        return self._starts

    @property
    def ends(self) -> list[int]:
        """Offset behind each place."""
        self._locate()
        return self._ends

    def _locate(self) -> None:
        for text, start in self._unlocated:
            spans = find_words(text)
            end = start + spans[-1][1]
            self._starts += [start + a for a, _ in spans]
            self._starts.append(end)
            self._ends += [start + b for _, b in spans]
            self._ends.append(end)
        self._unlocated.clear()

    def source(self, place: int) -> str:
        """Return the title or the text: what the offsets of a place are of."""
        return self.title if self.zones[place] == TITLE else self.text

    def exact_at(self, place: int) -> str:
        """Return a word as written, without possessive and the dots of abbreviations."""
        return plain(self.source(place)[self.starts[place] : self.ends[place]])

    @property
    def sentences(self) -> list[int]:
        """The number of each place's sentence; a paragraph ends one."""
        if self._sentences is None:
            self._sentences = self._number_sentences()
        return self._sentences

    def _number_sentences(self) -> list[int]:
        """Return the sentence of each place; only gaps that hold a full stop are looked at."""
        numbers: list[int] = []
        first, number = 0, 0
        while first < len(self.words):
            last = self.words.index("", first)  # the place that parts this paragraph from the next
            for begin in (*self._sentence_begins(first, last), last + 1):
                numbers += [number] * (begin - first)
                first, number = begin, number + 1
        return numbers

    def _sentence_begins(self, first: int, last: int) -> list[int]:
        """Return the places of a paragraph, but for its first, where a sentence begins."""
        source, starts, ends = self.source(first), self.starts, self.ends
        found: list[int] = []
        at = first
        for end in _ENDS.finditer(source, ends[first], starts[last - 1]):
            place = bisect.bisect_right(starts, end.start(), at, last)
            if place in (at, last) or ends[place - 1] > end.start():
                continue  # another sign in the same gap, or one inside a word
            at = place
            if _ends_sentence(source, (starts[at - 1], ends[at - 1]), starts[at]):
                found.append(at)
        return found

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
        """What queries are looked up by.

        The words; pairs of neighbours (``fair use``); words that occur twice, after
        :data:`TWICE`; words of the headline, after :data:`IN_TITLE`.
        """
        if self._keys is None:
            words = self.words
            in_title = takewhile(lambda pair: pair[1] == TITLE, zip(words, self.zones, strict=True))
            self._keys = frozenset(self.places).union(
                map(" ".join, pairwise(words)),
                [TWICE + word for word, places in self.places.items() if len(places) > 1],
                [IN_TITLE + word for word, _ in in_title],
            )
        return self._keys

    def beginnings(self, length: int) -> frozenset[str]:
        """Return the first ``length`` letters of every word; shorter words as they are."""
        if length not in self._beginnings:
            self._beginnings[length] = frozenset([word[:length] for word in self.places])
        return self._beginnings[length]

    def sentence_at(self, place: int) -> tuple[int, int]:
        """Return start and end, in characters, of the sentence of a word."""
        first = last = place
        sentences = self.sentences
        while first > 0 and sentences[first - 1] == sentences[place]:
            first -= 1
        while last + 1 < len(self.words) and sentences[last + 1] == sentences[place]:
            last += 1
        end = self.ends[last]
        tail = _TAIL.match(self.source(place), end)
        return self.starts[first], tail.end() if tail else end


def _ends_sentence(text: str, word: tuple[int, int], start: int) -> bool:
    """Whether a sentence ends between a word (its start and end) and the start of the next."""
    found = _ENDS.search(text, word[1], start)
    if not found:
        return False
    if found.group() != ".":
        return True
    if start == found.end():  # example.com
        return False
    before = plain(text[word[0] : word[1]])
    if before.lower() in _SHORT or (len(before) == 1 and before.isupper()):
        return False
    return not text[start].islower()


def article_document(article: Article) -> Document:
    """Return an article's words.

    Where there are no zones, every line of the text is a paragraph and the first is the lead.
    Related boxes, captions and footers are left out; comments too, unless the page is a thread.
    """
    document = Document(title=article.title or "", text=article.text, language=article.language)
    if article.title:
        document.add(headline(article.title), 0, TITLE)
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
