"""Which language: detected in the text, checked against what the page declares."""

import re
from typing import Any

_CODE = re.compile(r"^([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*$", re.I)
MIN_DETECT = 60
"""Characters below which a detection is a guess."""
SAMPLE = 800
"""Characters that are looked at; more cost time and change nothing."""
SURE, DECLARED = 0.2, 0.12
"""Share of a language's own small words in a text from which the detector need not be asked; and
where the page declares that language."""
FEW_WORDS = 20
"""Words below which shares mean nothing: Japanese does not part its words."""
_ALIASES = {"iw": "he", "in": "id", "nb": "no", "nn": "no", "cn": "zh", "jp": "ja", "ua": "uk"}
_SMALL = {
    "en": "the of and to in is that for on with as was by it at from be are this have has",
    "de": "der die und das in den von zu mit ist des im nicht ein eine dem auf für sich auch",
    "fr": "le la les de des et en un une du est que pour dans qui sur au par pas avec ce",
    "es": "el la los las de y en un una del que se por con para es al lo como más su",
    "it": "il la di e che in un una del della per con non è le i al dei da si gli",
    "pt": "o a os as de e em um uma do da que se por com para não no na ao dos",
    "nl": "de het een en van in is dat op te voor met zijn aan niet die door ook bij om",
    "pl": "i w na z do się nie że to jest o od po za przez dla są jak oraz ale",
    "sv": "och i att en som det är på för av med den till inte om har de ett var från",
}
"""The commonest words; those of two languages settle nothing by themselves."""
_LIKE_OTHERS = frozenset({"sv"})
"""Languages whose small words are those of others too, for which no list stands here."""
_WORDS = {code: frozenset(words.split()) for code, words in _SMALL.items()}


def declared_code(text: str | None) -> str | None:
    """Return the ISO 639-1 code in ``en-GB``, ``pt_BR``, ``de``; None where there is none."""
    found = _CODE.match((text or "").split(",")[0].strip())
    if not found:
        return None
    code = found[1].lower()
    return _ALIASES.get(code, code)[:2] if len(code) == 2 else None


def detect(text: str) -> tuple[str, float]:
    """Return the code of the text's language and the detector's certainty."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # loads numpy: only where needed

    global _identifier
    if _identifier is None:
        _identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    code, certainty = _identifier.classify(text)
    return str(code), float(certainty)


_identifier: Any = None


def find_language(text: str, declared: str | None) -> str | None:
    """Return the article's language; the text counts more than the tag, if it is long enough."""
    code = declared_code(declared)
    sample = text[:SAMPLE]
    if len(sample) < MIN_DETECT:
        return code
    if (plain := _plainly(sample, code)) is not None:
        return plain
    found, certainty = detect(sample)
    found = _ALIASES.get(found, found)
    if found == code or code is None:
        return found
    return found if certainty > 0.9 and len(sample) >= 200 else code


def _plainly(sample: str, code: str | None) -> str | None:
    """Return the language whose small words are frequent, and those of no other nearly so."""
    if code is not None and code not in _WORDS:  # a neighbour that shares its small words
        return None
    words = sample.casefold().split()
    if len(words) < FEW_WORDS:
        return None
    ranked = sorted(((sum(map(s.__contains__, words)), c) for c, s in _WORDS.items()), reverse=True)
    (most, best), (second, _) = ranked[:2]
    if best in _LIKE_OTHERS and best != code:
        return None
    needed = DECLARED if best == code else SURE
    return best if most >= needed * len(words) and most > 1.3 * second else None
