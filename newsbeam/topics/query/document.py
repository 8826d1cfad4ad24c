"""An article as the query language sees it: words with their places, and facts about it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from newsbeam.records import Article, Verdict, ZoneKind
from newsbeam.topics.menus import headline
from newsbeam.topics.query.words import find_words, fold, fold_letters, plain, stem

TITLE, LEAD, BODY = 1, 2, 4
"""Bits of a word's zone; the lead carries LEAD and BODY."""
ANYWHERE = TITLE | BODY

_SILENT = {ZoneKind.RELATED, ZoneKind.FOOTER, ZoneKind.CAPTION}
"""Zones that never match: they speak of other articles, of the site, or of a picture."""

_ENDS = re.compile(r"[!?…。！？؟।]|\.(?!\w)")
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
    crosses it.  ``starts`` and ``ends`` are offsets into the title (zone TITLE) or the text.
    """

    words: list[str] = field(default_factory=list)
    exact: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    zones: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """word -> its places, ascending"""
    facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """author, outlet, domain, lang, country, feed, tag: folded"""
    published: date | None = None
    language: str | None = None
    title: str = ""
    text: str = ""
    _stems: dict[str, list[int]] | None = None
    _beginnings: dict[int, frozenset[str]] = field(default_factory=dict)

    @property
    def stems(self) -> Mapping[str, list[int]]:
        """Stem -> places; made at the first use."""
        if self._stems is None:
            self._stems = defaultdict(list)
            for word, places in self.places.items():
                self._stems[stem(word, self.language)].extend(places)
            for places in self._stems.values():
                places.sort()
        return self._stems

    def beginnings(self, length: int) -> frozenset[str]:
        """Return the first ``length`` letters of every word that has so many."""
        if length not in self._beginnings:
            found = (word[:length] for word in self.places if len(word) >= length)
            self._beginnings[length] = frozenset(found)
        return self._beginnings[length]

    def add(self, text: str, start: int, zone: int) -> None:
        """Add one paragraph; ``start`` is its offset in the title or text."""
        paragraph = self.paragraphs[-1] + 1 if self.paragraphs else 0
        sentence = self.sentences[-1] + 1 if self.sentences else 0
        words, exact, places = self.words, self.exact, self.places
        last = -1
        for a, b in find_words(text):
            if last >= 0 and a - last > 1 and _ends_sentence(text, last, a, exact[-1]):
                sentence += 1
            raw = text[a:b]
            word = fold(raw)
            places[word].append(len(words))
            words.append(word)
            exact.append(plain(raw))
            self.starts.append(start + a)
            self.ends.append(start + b)
            self.zones.append(zone)
            self.sentences.append(sentence)
            self.paragraphs.append(paragraph)
            last = b
        if last < 0:
            return
        for column, value in (
            (words, ""), (exact, ""), (self.starts, start + last), (self.ends, start + last),
            (self.zones, zone), (self.sentences, sentence), (self.paragraphs, paragraph),
        ):  # fmt: skip
            column.append(value)  # type: ignore[arg-type]

    def sentence_at(self, place: int) -> tuple[int, int]:
        """Return start and end, in characters, of the sentence of a word."""
        first = last = place
        number = self.sentences[place]
        while first > 0 and self.sentences[first - 1] == number:
            first -= 1
        while last + 1 < len(self.words) and self.sentences[last + 1] == number:
            last += 1
        source = self.title if self.zones[place] == TITLE else self.text
        end = self.ends[last]
        tail = re.compile(r"[^\w\s]{1,3}").match(source, end)
        return self.starts[first], tail.end() if tail else end


def _ends_sentence(text: str, end: int, start: int, word: str) -> bool:
    gap = text[end:start]
    found = _ENDS.search(gap)
    if not found:
        return False
    if found.group() != ".":
        return True
    if word.lower() in _SHORT or (len(word) == 1 and word.isupper()):
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
