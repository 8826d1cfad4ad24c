"""The words of walls, errors, boxes and notices, in the languages that newsbeam judges.

English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, and a few more.  They stand in
``words/*.txt``, one regular expression a line, all lower case: phrases that outlets write *around*
articles, never single words that articles use.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "words"


def _read(name: str, before: str = "", after: str = "") -> re.Pattern[str]:
    """Compile a file's phrases into one pattern; ``#`` begins a comment line."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    phrases = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return re.compile(f"{before}(?:{'|'.join(phrases)}){after}", re.MULTILINE)


PAYWALL = _read("paywall")
"""What stands where the rest of an article would."""
READ_ON = _read("read_on")
OFFER = _read("offer")
"""One of each in one short block is a paywall in whatever words: read on, for a subscription."""
SIGN_IN = _read("sign_in")
"""What stands beside a paywall, and in the header of many open pages."""
CONSENT = _read("consent")
"""What a page says that wants consent to cookies before it shows anything."""
BOT = _read("bot")
"""What a page says to visitors that it takes for robots."""
NOT_FOUND = _read("not_found")
"""What a page says that answers 200 and has nothing."""
LIVE = _read("live", r"\b", r"\b")
"""What live blogs call themselves in a headline."""
RELATED = _read("related", r"^\W*", r"\b")
"""The beginning of a line that points to other articles."""
FOOTER = _read("footer", r"^\W*")
"""The beginning of a line that is about the outlet, not the subject."""
_ENDS_HEAD = r"\s*(?:\(.{0,60}\)|,? .{0,40}\d{4})?\s*[:.–—-]"
"""What follows the noun of a notice: ``Correction (2 March): …``, not ``Corrections officers``."""
CORRECTION = _read("correction", r"^\W*", rf"\b{_ENDS_HEAD}")
"""The beginning of a paragraph that corrects an article."""
CORRECTION_SAID = _read("correction_said")
"""What an outlet says of an error of its own."""
RETRACTION = _read("retraction", r"^\W*", rf"\b{_ENDS_HEAD}")
"""The beginning of a paragraph that takes an article back."""
RETRACTION_SAID = _read("retraction_said")
"""What an outlet says that takes an article back."""
