"""What a page shows that speaks for one verdict or another; measured once, weighed in verdicts.

The signals are structure first (cards, stamps, gates, forum marks, JSON-LD), words second.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from newsbeam.articles.dom.blocks import Block
from newsbeam.articles.dom.body import Line
from newsbeam.articles.dom.claims import ARTICLE_TYPES, Claims, strings, types_of
from newsbeam.articles.dom.letters import squash

PAGE_CHARS = 15_000
"""Characters of a page in which the words of walls are looked for."""
OFFER_CHARS = 500
"""Longer blocks are no offers."""
OFFER_STEMS = (
    *("subscri", "member", "to read", "reading", "register", "sign in", "log in", "free account"),
    *("unlock", "trial", "limit", "full story", "full article", "abo", "plus", "weiterlesen"),
    *("registrier", "artikel", "anmelden", "lire", "lecture", "connecte", "suscri", "leer"),
    *("leyendo", "sesión", "regístr", "legg", "acced", "assin", "ler", "lendo", "lees", "lezen"),
    *("czyta", "prenum", "subskr", "dostęp", "konto", "zaloguj", "läs", "logga", "les videre"),
    *("続き", "残り", "会員", "ログイン", "유료", "구독", "订阅", "付费", "会员", "подпис"),
    *(
        "okumak",
        "entre",
        "premium",
        "read on",
        "abbon",
        "przeczyta",
        "verder",
        "vidare",
        "videre",
        "crear cuenta",
        "læs",
        "subscrev",
    ),
)
"""One of these stands in every phrase of a paywall."""
_LETTER = re.compile(
    r"news-?letter|podcast|infolettre|boletín|nieuwsbrief|rss\b"
    r"|(?:to|and) comment|kommentieren|commenter|comentar|commentare|reageren|komentowa"
)
"""Subscriptions that cost nothing and hide nothing, and who may comment."""
_STEMS = tuple(stem.encode() for stem in OFFER_STEMS)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_SENTENCE = re.compile(r"[.!?。！？][”\"'’»)\]]*\s*$")
_CUT = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])\s*$")
_STAMP = re.compile(
    r"^\W*(?:[01]?\d|2[0-3])[:.h][0-5]\d(?!\d)|^\W*\d{1,2}\s?(?:min|mins|minutes?|h|hrs?|hours?|std)\b",
    re.I,
)
_LIST_PATH = re.compile(
    r"(?:^|/)(?:tags?|topics?|themen?|temas?|th[eè]mes?|categor(?:y|ies|ia|ie)|kategorien?|rubri(?:k|que|ca)s?"
    r"|authors?|autor(?:en|es|i)?|auteurs?|sections?|archives?|archiv|search|suche|recherche|buscar|cerca"
    r"|labels?|dossiers?|sujets?|page|seite|people|profile|writers?)(?:/|$)",
    re.I,
)
_LANGUAGE_PATH = re.compile(r"^[a-z]{2}(?:-[a-z]{2})?$", re.I)
_WORDY = re.compile(r"[^\W\d_]+(?:[-_+][^\W_]+){3,}")
_FORUM_URL = re.compile(
    r"/(?:forums?|threads?|viewtopic|showthread|topic|t|discussions?|comments|questions)[/.?]|[?&]t=\d"
    r"|/item\?id=|/post/\d+",
    re.I,
)
_FORUM_SOFTWARE = re.compile(
    r"phpbb|discourse|vbulletin|xenforo|lemmy|flarum|mybb|simple machines|nodebb|vanilla|invision",
    re.I,
)
_FORUM_WORDS = re.compile(
    r"\b(?:repl(?:y|ies)|quote|permalink|joined|posts?:|upvotes?|points?|likes?|antworten|zitieren"
    r"|beiträge|registriert|répondre|citer|messages|responder|citar|rispondi|cita|odpowiedz|cytuj"
    r"|reageer)\b",
    re.I,
)
BOT_MARKS = re.compile(
    r"challenge-platform|cf-chl|cf_chl|_incapsula_|captcha-delivery|px-captcha|perimeterx|g-recaptcha"
    r"|h-captcha|hcaptcha\.com|awswafcookie|awswaf|ddos-guard|distil_|geetest|turnstile|datadome",
    re.I,
)
"""What the pages of the known bot filters contain."""


def weight(text: str) -> float:
    """Return the length in Latin characters: a Chinese one says as much as two and a half."""
    return len(text) + 1.5 * len(_WIDE.findall(text))


@dataclass(frozen=True)
class Sight:
    """All that the verdict looks at."""

    url: str
    status: int
    title: str
    text: str
    """The extracted text."""
    lines: Sequence[Line]
    blocks: Sequence[Block]
    """The whole page."""
    claims: Claims
    raw: str
    """The page's source."""
    buttons: Sequence[str] = ()
    """Texts of the page's buttons."""
    feed_text: str = ""
    """The entry's summary or content as plain text."""
    kind: str = "article"
    """What the feed says that its entries are."""

    @cached_property
    def weight(self) -> float:
        """Length of the extracted text, in Latin characters."""
        return weight(self.text)

    @cached_property
    def own(self) -> float:
        """Length of the text's lines that are no links to other pages."""
        if self.weight > 2500 or not self.linked_heads:
            return self.weight
        heads = {self.blocks[i].text for i in self.linked_heads}
        return sum(weight(line.text) for line in self.lines if line.text not in heads)

    @cached_property
    def said(self) -> str:
        """All visible text, a block a line, lower case."""
        return "\n".join([block.text for block in self.blocks]).lower()

    @cached_property
    def page(self) -> str:
        """The visible text; of very long pages the beginning."""
        return self.said[:PAGE_CHARS]

    @cached_property
    def offers(self) -> str:
        """The short blocks that may offer a subscription, lower case.

        A few stems find them: the long patterns are then asked about little text.
        """
        said = self.said.encode("utf-8", "replace")  # found there three times as fast
        found: dict[int, int] = {}
        for stem in _STEMS:
            at = said.find(stem)
            while at >= 0:
                start, end = said.rfind(b"\n", 0, at) + 1, said.find(b"\n", at)
                found[start] = end if end >= 0 else len(said)
                at = said.find(stem, found[start])
        lines = (said[start:end].decode() for start, end in sorted(found.items()))
        short = (x for x in lines if len(x) <= OFFER_CHARS and not _LETTER.search(x))
        return "\n".join(short)[:PAGE_CHARS]

    @cached_property
    def titles(self) -> str:
        """Headline, ``<title>`` and first headings, lower case."""
        heads = [b.text for b in self.blocks if b.tag in ("h1", "h2")][:3]
        return "\n".join([self.title, self.claims.title or "", *heads]).lower()

    @cached_property
    def path(self) -> str:
        """The URL's path without slashes at its ends."""
        return urlsplit(self.url).path.strip("/")

    @cached_property
    def article_nodes(self) -> list[dict[str, Any]]:
        """JSON-LD objects that call themselves an article and have a headline."""
        return [n for n in self.claims.of_type(ARTICLE_TYPES) if n.get("headline")]

    @cached_property
    def paragraphs(self) -> int:
        """Lines of the text that are whole sentences of some length."""
        return sum(1 for x in self.lines if weight(x.text) >= 100 and _SENTENCE.search(x.text))

    @cached_property
    def is_cut(self) -> bool:
        """Whether the text breaks off with dots."""
        return bool(self.lines) and bool(_CUT.search(self.lines[-1].text))

    @cached_property
    def linked_heads(self) -> frozenset[int]:
        """Numbers of the blocks that are links as long as a headline."""
        return frozenset(
            i
            for i, b in enumerate(self.blocks)
            if b.anchors and 20 <= len(b.text) <= 250 and b.links > 0.7 * len(b.text)
        )

    @cached_property
    def headlines(self) -> int:
        """Blocks that are links as long as a headline."""
        return len(self.linked_heads)

    @cached_property
    def linked(self) -> float:
        """Share of the visible text that is inside links."""
        return sum(b.links for b in self.blocks) / (sum(len(b.text) for b in self.blocks) or 1)

    @cached_property
    def stamps(self) -> int:
        """Blocks that are or begin with a time of day, or ``5 min ago``."""
        return sum(
            1 for b in self.blocks if _STAMP.match(b.text) and (len(b.text) < 40 or b.tag != "p")
        )

    @cached_property
    def cards(self) -> tuple[int, float]:
        """Cards of a list (a headline, a teaser, a link) and their share of the extracted text."""
        return _cards(self.blocks, self.lines, self.linked_heads)

    @cached_property
    def declared_words(self) -> int:
        """What the page says that its article has: ``wordCount``; 0 where it does not."""
        node = self.claims.article or {}
        value = node.get("wordCount")
        texts = strings(value) if not isinstance(value, int) else [str(value)]
        return int(texts[0]) if texts and texts[0].isdigit() else 0


def article_evidence(s: Sight) -> float:
    """Weigh what says that the page is one article, 0 to about 6."""
    found = 0.0
    if (s.claims.first("og:type") or "").lower() in ("article", "news", "news.article", "blog"):
        found += 1
    if len(s.article_nodes) == 1:
        found += 1.5
    if s.claims.first("article:published_time", "datepublished", "pubdate", "parsely-pub-date"):
        found += 0.5
    last = s.path.rsplit("/", 1)[-1]
    if (_WORDY.search(last) or sum(c.isdigit() for c in last) >= 5) and not is_list_url(s.url):
        found += 1
    _, share = s.cards
    if s.paragraphs >= 2 and share < 0.4:
        found += 1.5 + 0.5 * (s.paragraphs >= 4)
    return found


@lru_cache(maxsize=256)  # each look at a page asks
def is_list_url(url: str) -> bool:
    """Say whether the URL is that of a section, tag, author or search page."""
    path = urlsplit(url).path.strip("/")
    if not path or _LANGUAGE_PATH.match(path):
        return True
    if re.search(r"(?:^|&)(?:q|s|query|search|page)=", urlsplit(url).query):
        return True
    found = _LIST_PATH.search(path)
    return bool(found) and not _WORDY.search(path[found.end() :] if found else "")


def list_evidence(s: Sight) -> tuple[float, list[str]]:
    """Weigh what says that the page lists other pages, with the reasons."""
    found, why = 0.0, []
    if is_list_url(s.url):
        found += 2 if not s.path else 1.5
        why.append("the URL is a home page" if not s.path else "the URL is that of a list")
    elif s.path.count("/") < 1 and len(s.path) <= 20 and not _WORDY.search(s.path):
        found += 0.5
    cards, share = s.cards
    if cards >= 4 and share >= 0.4:
        found += 2
        why.append(f"{cards} cards with headline and teaser make up {share:.0%} of the text")
    if s.headlines >= 8 and s.weight < 400:
        found += 1.5
        why.append(f"{s.headlines} headlines that are links and {s.weight:.0f} characters of text")
    elif s.headlines >= 8 and s.linked > 0.6:
        found += 1.5
        why.append(f"{s.headlines} headlines that are links, {s.linked:.0%} of the page is links")
    kinds = [
        t
        for node in s.claims.nodes[:12]
        for t in types_of(node) & {"collectionpage", "searchresultspage", "profilepage"}
    ]
    if kinds:
        found += 1.5
        why.append(f"JSON-LD says {kinds[0]}")
    if len(s.article_nodes) >= 4:
        found += 1
        why.append(f"JSON-LD names {len(s.article_nodes)} articles")
    kind = (s.claims.first("og:type") or "").lower()
    if kind == "website":
        found += 0.5
    elif kind.startswith("video") and not is_list_url(s.url):
        found -= 1.5  # a film with a caption, and more films below
    return found, why


def forum_evidence(s: Sight) -> tuple[float, list[str]]:
    """Weigh what says that the page is a thread, with the reasons."""
    found, why = 0.0, []
    kinds = [
        t for n in s.claims.nodes[:40] for t in types_of(n) & {"discussionforumposting", "qapage"}
    ]
    if kinds:
        found += 3
        why.append(f"JSON-LD says {kinds[0]}")
    if _FORUM_SOFTWARE.search(s.claims.first("generator") or ""):
        found += 2
        why.append("forum software made the page")
    if _FORUM_URL.search(s.url):
        found += 1.5
        why.append("the URL is that of a thread")
    # the words alone prove nothing: many articles end in "Reply" buttons
    words = len(_FORUM_WORDS.findall(s.page)) if found else 0
    if words >= 6 and words * 250 > len(s.page):
        found += 1
        why.append(f"{words} buttons and marks of a forum")
    said = sum(len(b.text) for b in s.blocks if "comments" in b.parts and len(b.text) >= 30)
    if said > 0.6 * (sum(len(b.text) for b in s.blocks) or 1):
        found += 1
        why.append("most of the page is comments")
    return found, why


def _cards(
    blocks: Sequence[Block], lines: Sequence[Line], linked: frozenset[int]
) -> tuple[int, float]:
    """Count headlines that the next one follows after a teaser's length, with a link between."""
    heads = [
        i
        for i, b in enumerate(blocks)
        if (i in linked or b.tag in ("h2", "h3", "h4")) and 12 <= len(b.text) <= 250
    ]
    inside: set[int] = set()
    cards = 0
    for here, after in pairwise([*heads, len(blocks)]):
        run = range(here, min(after, here + 5))
        size = sum(len(blocks[i].text) for i in run) - len(blocks[here].text)
        if size <= 500 and after - here <= 6 and any(blocks[i].anchors for i in run):
            cards += 1
            inside.update(run)
    if cards < 3:
        return cards, 0.0
    text = squash("".join(x.text for x in lines))
    own = [squash(blocks[i].text) for i in inside]
    covered = sum(len(part) for part in own if part in text)
    return cards, min(1.0, covered / (len(text) or 1))
