"""What changed between two readings of one article, and whether it matters.

Counters, clocks, dates, boxes and advertisements change with every visit; they are no revision.
A changed headline, a sentence that came or went, a corrected figure are.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from newsbeam.articles.dom.letters import letters
from newsbeam.articles.facts.moments import MONTHS
from newsbeam.articles.notices import notice_of
from newsbeam.records import Article, Zone, ZoneKind

BESIDE = frozenset({ZoneKind.RELATED, ZoneKind.FOOTER, ZoneKind.CAPTION})
"""Zones whose changes are no revision."""
MIN_SENTENCE = 25
"""Letters of a sentence whose coming or going matters."""
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])|\n+")
_NOISE = re.compile(
    r"^\W*(?:last )?(?:updated|modified|published|posted|aktualisiert|stand|veröffentlicht"
    r"|mis à jour|publié|actualizado|publicado|aggiornato|pubblicato|atualizado|bijgewerkt"
    r"|geplaatst|zaktualizowano|opublikowano)\b.{0,80}$"
    r"|^\W*[\d.,\s]+[km]?\s*(?:views?|shares?|comments?|likes?|reads?|kommentare?|commentaires?"
    r"|comentarios?|commenti|comentários|reacties|komentarzy)\b.{0,30}$"
    r"|^\W*(?:advertisement|anzeige|publicité)\W*$"
    r"|^\W*(?:this|the) (?:article|story|post|page) (?:was|has been) (?:(?:first|last) )?"
    r"(?:updated|published|modified) (?:at|on|in)\b.{0,60}$"
    r"|^\W*dieser (?:artikel|text|beitrag) wurde (?:zuletzt )?am .{0,40}aktualisiert\W*$"
    r"|^\W*cet article a été mis à jour (?:le|à) .{0,40}$"
    r"|^\W*(?:image|photo|picture|foto|bild|video)\w*(?: credits?| by)?\s*[:/©]"
    r"|^.{0,30}\b(?:advertisement|anzeige|werbung|publicité|publicidad|pubblicità|publicidade"
    r"|advertentie|reklama)\b.{0,30}(?<![.!?])$"
    r"|^\W*\d+ (?:people|readers|users|visitors|others)\b.{0,40}$",
    re.I,
)
_NOISE_ANYWHERE = re.compile(
    r"\b(?:min(?:ute)?s?|hours?|days?)\s+ago\W*$|\b\d+\s*(?:min(?:ute)?s?)\s+read\b", re.I
)
_SEPARATOR = re.compile(r"(?<=\d)[.,:/](?!\d{3}(?!\d))(?=\d)")
"""What makes another number of the same digits: 4.2 and 42, not 4,200 and 4200."""
_WORD = re.compile(r"[^\W\d_]+")
_CLOCK_NAMES = """
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag
samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves
viernes sábado domingo at on am pm a p m um uhr à h le el la las il alle ore às de del om o godz
est edt cst cdt pst pdt gmt utc bst cet cest mez mesz et
"""
_CLOCK_WORDS = frozenset(MONTHS) | frozenset(_CLOCK_NAMES.split())
"""Lines of nothing but these are dates."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Reading:
    """An article as it read at one time."""

    title: str | None
    text: str
    zones: tuple[Zone, ...] = ()
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Revision:
    """What changed."""

    kind: str
    """``edit``, ``correction`` or ``retraction``."""
    title_before: str | None
    """The old headline, where it changed."""
    title_after: str | None
    added: tuple[str, ...]
    """Sentences that came, in order."""
    removed: tuple[str, ...]
    """Sentences that went, in order."""
    notice: str | None = None
    """The outlet's own words on its correction."""
    headline_diff: str | None = None
    """Both headlines in one, ``[-old-]`` and ``{+new+}`` words marked, where it changed."""


def compare(old: Article | Reading, new: Article | Reading) -> Revision | None:
    """Return what changed from one reading of an article to the next; None for noise only.

    A teaser or a wall in place of a text that we had is no revision of it.
    """
    if new.partial and not old.partial:
        return None
    before, after = list(_sentences(old)), list(_sentences(new))
    had, have = {key for key, _ in before}, {key for key, _ in after}
    added = tuple(text for key, text in after if key not in had)
    removed = tuple(text for key, text in before if key not in have)
    retitled = bool(new.title) and letters(old.title or "") != letters(new.title or "")
    if not (added or removed or retitled):
        return None
    said = [*((new.title or "",) if retitled else ()), *added]
    kind, notice = notice_of(said) or ("edit", None)
    return Revision(
        kind,
        old.title if retitled else None,
        new.title if retitled else None,
        added,
        removed,
        notice,
        headline_diff(old.title or "", new.title or "") if retitled else None,
    )


def fingerprint(reading: Article | Reading) -> str:
    """Return a hash that is equal for two readings exactly when :func:`compare` finds nothing."""
    keys = sorted({key for key, _ in _sentences(reading)})
    said = "\n".join([letters(reading.title or ""), *keys])
    return hashlib.blake2b(said.encode(errors="replace"), digest_size=10).hexdigest()


def _sentences(reading: Article | Reading) -> Iterator[tuple[str, str]]:
    """Yield the sentences that count, each once, with the key that equal ones share."""
    seen = set()
    for stretch in _stretches(reading):
        for raw in _SENTENCE.split(stretch):
            text = raw.strip()
            key = letters(_SEPARATOR.sub("p", text))
            # a short line of mostly figures is a counter; a figure in a sentence is news
            if len(_DIGITS.sub("", key)) < MIN_SENTENCE and not _is_short_sentence(text, key):
                continue
            if key in seen or _is_noise(text) or _is_date(text):
                continue
            seen.add(key)
            yield key, text
    if not seen and (key := letters(reading.text)):  # nothing but captions and figures
        yield key, reading.text


def _is_short_sentence(text: str, key: str) -> bool:
    """Say whether a short line is a sentence all the same (``He resigned.``), also in Chinese."""
    dense = len(key) >= 8 and any(c > "\u2e80" for c in key)
    return (text.endswith((".", "!", "?", "。")) and len(key) >= 8) or dense


def _is_noise(text: str) -> bool:
    """Say whether a line is of those that change at every visit."""
    if _NOISE.match(text):  # all of it is bound to the beginning, which `search` does not know
        return True
    lower = text.lower()
    return ("ago" in lower or "read" in lower) and bool(_NOISE_ANYWHERE.search(text))


def _is_date(text: str) -> bool:
    """Say whether a line is a date and no more."""
    if len(text) > 60:
        return False
    return all(word in _CLOCK_WORDS for word in _WORD.findall(text.casefold()))


def _stretches(reading: Article | Reading) -> Iterator[str]:
    if not reading.zones:
        yield reading.text
    for zone in reading.zones:
        if zone.kind not in BESIDE:
            yield reading.text[zone.start : zone.end]


def headline_diff(before: str, after: str) -> str:
    """Return both headlines in one: ``[-Ten-] {+Twelve+} hurt in harbour``."""
    old, new = before.split(), after.split()
    parts = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(" ".join(old[i:j]))
            continue
        parts.extend(f"[-{' '.join(old[i:j])}-]" for _ in range(j > i))
        parts.extend(f"{{+{' '.join(new[k:m])}+}}" for _ in range(m > k))
    return " ".join(parts)
