"""Which language: detected in the text, checked against what the page declares."""

import re
from typing import Any

_CODE = re.compile(r"^([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*$", re.I)
MIN_DETECT = 60
"""Characters below which a detection is a guess."""
SAMPLE = 800
"""Characters that are looked at; more cost time and change nothing."""
_ALIASES = {"iw": "he", "in": "id", "nb": "no", "nn": "no", "cn": "zh", "jp": "ja", "ua": "uk"}


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
    found, certainty = detect(sample)
    found = _ALIASES.get(found, found)
    if found == code or code is None:
        return found
    return found if certainty > 0.9 and len(sample) >= 200 else code
