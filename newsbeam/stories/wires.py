"""Where a reprinted text comes from, when it says so itself.

Looks at datelines ("PARIS (AP) —"), at credits at the end ("Copyright 2026 The Associated Press",
"Reporting by … for Reuters") and at press release services.  What a text merely cites ("told
Reuters") is no origin.
"""

import re

_AGENCIES = {
    "AP": r"AP|Associated Press|The Associated Press",
    "Reuters": r"Reuters|REUTERS|Thomson Reuters",
    "AFP": r"AFP|Agence France-Presse|Agence France Presse",
    "dpa": r"dpa|dpa-AFX|dpa international",
    "UPI": r"UPI",
    "PA": r"PA|PA Media|Press Association",
    "PTI": r"PTI|Press Trust of India",
    "ANI": r"ANI",
    "IANS": r"IANS",
    "Xinhua": r"Xinhua|XINHUA",
    "Kyodo": r"Kyodo|Kyodo News",
    "Yonhap": r"Yonhap|Yonhap News Agency",
    "Bernama": r"Bernama|BERNAMA",
    "TASS": r"TASS",
    "Interfax": r"Interfax",
    "ANSA": r"ANSA",
    "EFE": r"EFE",
    "APA": r"APA",
    "PAP": r"PAP",
    "Canadian Press": r"The Canadian Press|Canadian Press|CP",
    "AAP": r"AAP|Australian Associated Press",
    "Belga": r"Belga",
    "ANP": r"ANP",
    "TT": r"TT",
    "NTB": r"NTB",
    "Ritzau": r"Ritzau",
    "Anadolu": r"Anadolu|AA|Anadolu Agency",
    "Bloomberg": r"Bloomberg",
    "CNN": r"CNN",
    "The Conversation": r"The Conversation",
    "KFF Health News": r"KFF Health News",
    "States Newsroom": r"States Newsroom",
}
_RELEASES = {
    "PR Newswire": r"PR ?Newswire|PRNewswire",
    "Business Wire": r"Business ?Wire|BUSINESS WIRE",
    "GlobeNewswire": r"Globe ?Newswire|GLOBE NEWSWIRE",
    "ACCESSWIRE": r"ACCESSWIRE|ACCESS Newswire",
    "EQS": r"EQS(?:-News)?",
    "Cision": r"Cision",
    "Newsfile": r"Newsfile Corp\.?",
    "EIN Presswire": r"EIN ?Presswire|EINPresswire",
    "news aktuell": r"news aktuell|\(ots\)",
}
RELEASES = frozenset(_RELEASES)
"""Services that distribute what the sender pays for."""

_EDGE = 400
"""Characters at the start and at the end in which an origin is looked for."""

_ALL = "|".join(f"(?P<g{i}>{p})" for i, p in enumerate({**_AGENCIES, **_RELEASES}.values()))
_ORIGINS = list({**_AGENCIES, **_RELEASES})

_DATELINE = re.compile(
    # "PARIS (AP) —", "NEW DELHI, Jan 2 (Reuters/AFP) -", "/PRNewswire/ --"; the dash is what tells
    # a dateline from a party or a protocol of the same letters
    rf"[(/\[](?:{_ALL})(?:[ ,/-][^)/\]]{{0,30}})?[)/\]]\s*[-–—:]|"
    rf"^\[(?:{_ALL.replace('<g', '<h')})(?:[ ,-][^)\]]{{0,30}})?\]\s"
)
_CREDIT = re.compile(
    rf"(?:©|\([Cc]\)|[Cc]opyright|[Cc]ontributed by|[Rr]eporting (?:by|for)[^.\n]{{0,80}}|"
    rf"[Ss]ource\s*:|SOURCE|[Dd]istributed by|[Pp]rovided by|Quelle\s*:)"
    rf"[^\n.]{{0,40}}?\b(?:{_ALL})\b"
)
_TAIL = re.compile(rf"(?:[-–—(/\[]\s*|\n\s*)(?:{_ALL})[)/\]]?\s*\.?\s*$")


def wire_origin(title: str | None, text: str | None) -> str | None:
    """Return the agency or release service that a text names as its origin, else None."""
    body = text or ""
    head, tail = body[:_EDGE], body[-_EDGE:]
    for pattern, part in ((_DATELINE, head), (_CREDIT, tail), (_TAIL, tail.rstrip())):
        match = pattern.search(part)
        if match:
            return _named(match)
    return None


def _named(match: re.Match[str]) -> str | None:
    for key, value in match.groupdict().items():
        if value:
            return _ORIGINS[int(key[1:])]
    return None
