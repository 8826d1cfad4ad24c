"""Where a reprinted text comes from, when it says so itself.

Looks at datelines ("PARIS (AP) —", "Madrid (EFE).-", "新华社北京3月1日电"), at bylines and credits
("By The Associated Press", "Źródło: PAP", "© 2026 AFP", "Reporting by …; Editing by …") and at
press release services.  What a text merely cites ("told Reuters", "Photo: AP") is no origin.
"""

import re

_AGENCIES = {
    "AP": r"AP|(?:The )?Associated Press",
    "Reuters": r"(?:Thomson )?Reuters|REUTERS",
    "AFP": r"AFP|Agence[ -]France[ -]Presse",
    "dpa": r"dpa(?:[-/](?:AFX|afx|infocom|tmn|international|l\w\w))?|dpa international",
    "UPI": r"UPI",
    "PA": r"PA(?: Media)?|Press Association",
    "PTI": r"PTI|Press Trust of India",
    "ANI": r"ANI",
    "IANS": r"IANS",
    "Xinhua": r"Xinhua|XINHUA",
    "Kyodo": r"Kyodo(?: News)?|KYODO",
    "Jiji": r"Jiji(?: Press)?",
    "Yonhap": r"Yonhap(?: News Agency)?",
    "Bernama": r"Bernama|BERNAMA",
    "Antara": r"ANTARA(?: News)?",
    "TASS": r"TASS|ТАСС",
    "RIA Novosti": r"RIA Novosti|РИА Новости",
    "Interfax": r"Interfax(?:-Ukraine)?|INTERFAX(?:\.RU)?|Интерфакс",
    "Ukrinform": r"Ukrinform|Укринформ|Укрінформ",
    "ANSA": r"ANSA",
    "AGI": r"AGI",
    "Adnkronos": r"Adnkronos",
    "LaPresse": r"LaPresse",
    "EFE": r"EFE|Agencia EFE",
    "Europa Press": r"EUROPA PRESS|Europa Press",
    "Lusa": r"Lusa|LUSA",
    "APA": r"APA",
    "Keystone-SDA": r"Keystone-SDA|KEYSTONE-SDA|sda|SDA|awp",
    "PAP": r"PAP",
    "ČTK": r"ČTK",
    "MTI": r"MTI",
    "Agerpres": r"Agerpres|AGERPRES",
    "Hina": r"Hina",
    "Tanjug": r"Tanjug",
    "Canadian Press": r"(?:The )?Canadian Press|CP",
    "AAP": r"AAP|Australian Associated Press",
    "Belga": r"Belga|BELGA",
    "ANP": r"ANP",
    "TT": r"TT",
    "NTB": r"NTB",
    "Ritzau": r"Ritzau|ritzau",
    "STT": r"STT",
    "Anadolu": r"Anadolu(?: Agency)?|AA",
    "WAM": r"WAM",
    "Bloomberg": r"Bloomberg(?: L\.P)?",
    "CNN": r"CNN(?: Newsource)?|Cable News Network",
    "The Conversation": r"The Conversation(?: Africa)?",
    "KFF Health News": r"KFF Health News",
    "States Newsroom": r"States Newsroom",
}
_RELEASES = {
    "PR Newswire": r"PR ?Newswire(?:-[A-Z]\w+)?",
    "Business Wire": r"Business ?Wire|BUSINESS WIRE",
    "GlobeNewswire": r"Globe ?Newswire|GLOBE NEWSWIRE",
    "ACCESSWIRE": r"ACCESSWIRE|ACCESS Newswire",
    "EQS": r"EQS(?:-News)?",
    "Cision": r"Cision",
    "CNW": r"CNW(?: Group)?|CNW Telbec",
    "Newsfile": r"Newsfile Corp\.?",
    "EIN Presswire": r"EIN ?Presswire(?:\.com)?",
    "news aktuell": r"news aktuell|ots",
}
RELEASES = frozenset(_RELEASES)
"""Services that distribute what the sender pays for."""
_AMBIGUOUS = frozenset(
    ("PA", "AA", "CP", "TT", "APA", "ANI", "AAP", "STT", "WAM", "AGI", "sda", "SDA")
)
"""Letters that stand for much else: they need a place before them, or the end of the text."""

_EDGE = 400
"""Characters at the start and at the end in which an origin is looked for."""
_PLACE = 70
"""Most characters of place and date before the agency."""

_PATTERNS = {**_AGENCIES, **_RELEASES}
_NAME = "(?<!\\w)(?P<name>" + "|".join(_PATTERNS.values()) + ")(?!\\w)"
_NAME2, _NAME3, _NAME4 = (_NAME.replace("<name>", f"<name{i}>") for i in (2, 3, 4))
_ANY = re.compile(_NAME)
_EXACT = [(name, re.compile(pattern)) for name, pattern in _PATTERNS.items()]

_MORE = r"(?:(?:[ ,/-]|\s[-–]\s)[^)/\]\n]{0,30})?"
_BRACKETED = rf"(?P<open>[(/\[])\s?{_NAME}{_MORE}\s?[)/\]]"
_DATELINE = re.compile(
    # the dash tells a dateline from a party or a protocol of the same letters
    rf"{_BRACKETED}\s*(?:\.?\s?[-–—:]|(?<=/)\.?\s)"
)
_PLACED = re.compile(
    rf"^\W{{0,3}}(?P<place>(?:[^\n()/\[]|\[[A-Z]\w+\]){{2,{_PLACE}}}?)\s*{_BRACKETED}"
)
_OPENING = re.compile(rf"^\W{{0,3}}(?:{_NAME}\s?[-–—:]\s|[(\[]\s?©?\s?{_NAME2}\s?[)\]]\s)")
_AFTER_DATE = re.compile(rf"\d\s?\w{{0,12}}\.?,?\s(?:[-–—]\s)?{_NAME}(?:\.|\s[-–—])\s")
_EAST_ASIAN = (
    # "电" alone begins words, too: "新华社报道电动汽车"
    (re.compile(r"新华社\w{1,24}[日专]电"), "Xinhua"),
    (re.compile(r"(?<!据)路透社\w{1,24}[日专]电"), "Reuters"),
    (re.compile(r"(?<!据)美联社\w{1,24}[日专]电"), "AP"),
    (re.compile(r"(?<!据)法新社\w{1,24}[日专]电"), "AFP"),
    (re.compile(r"[【(（\[]\s*共同(?:通信)?\s*[】)）\]]|[【(（\[]共同[=＝]"), "Kyodo"),
    (re.compile(r"[【(（\[]\s*時事(?:通信)?\s*[】)）\]]"), "Jiji"),
    (re.compile(r"[(（\[][\w ]{1,12}[=＝]\s?연합뉴스[)）\]]"), "Yonhap"),
)
_LABELS = (
    "Source|SOURCE|Quelle|Źródło|Fuente|Fonte|Bron|Kilde|Källa|Lähde|Zdroj|Forrás|Sursa|Источник"
)
_WITH = "[Bb]y|BY|[Pp]ar|[Pp]or|[Vv]on|[Aa]vec|[Ww]ith|[Mm]it|[Cc]on|[Zz]a|[Dd]oor|[Aa]f|[Aa]v"
_FULL = "(?:The )?(?:Associated Press|Canadian Press|Agence France-Presse|Press Trust of India)"
"""Names that stand alone in a line.  Letters there are as often the credit of a picture."""
_BYLINE = re.compile(
    # a line of its own: "By The Associated Press", "Le Monde avec AFP", "Par Le Figaro avec AFP";
    # or what stands behind the writer: "By Ann Lee, AP", "Von Ann Lee, dpa", "By Ann Lee⏎AP"
    rf"^(?:(?:[^\n.]{{2,40}}\s)?(?:{_WITH})\s(?:l['’]|the\s)?"
    rf"|(?:By|BY|by|Von|Par|Por)\b:?\s[^\n]{{3,60}}?(?:,\s|\s\|\s|\s\(|\n(?={_FULL})))"
    rf"(?:[Tt]he\s)?{_NAME}(?:\s(?:Writer|Staff|agency|Agency|News))?\)?\s*[.|]?\s*$",
    re.MULTILINE,
)
_FIRST_LINE = re.compile(
    rf"\W{{0,3}}(?:(?={_FULL})(?:The )?{_NAME}|(?P<place>[^\n]{{2,40}}?)\s[-–—]\s{_NAME2})\s*\n"
)
"""Alone, in full, or behind a place."""
_CREDIT = re.compile(
    rf"(?:©|\([Cc]\)|[Cc]opyright|[Cc]ontributed by|[Rr]eporting for|[Dd]istributed by|"
    rf"[Pp]rovided by|[Tt]his report by|[Rr]epublished from|[Bb]rought to you by|[Pp]roduced by|"
    rf"[Oo]riginally (?:published|appeared) (?:by|in|on|at)|[Mm]it Material (?:der|von))"
    rf"[^\n.]{{0,40}}?{_NAME}"
    rf"|(?<!\w)(?<![Pp]hoto )(?<![Ii]mage )(?i:{_LABELS})\s*:\s*"
    rf"(?:{_NAME2}|[\w. ]{{1,20}}\s?/\s?{_NAME4})\s*(?:[,;/.)]|$)"
    rf"|{_NAME3}\s(?:[\w-]+\s)?(?:writers?|reporters?|correspondents?)\s[^\n]{{3,160}}?"
    r"\scontributed",
    re.MULTILINE,
)
_TAIL = re.compile(
    rf"(?:[-–—(/\[]\s*|\n\s*|[.!?»”\"]\s+){_NAME}(?:/[a-z]{{2,9}})*\s*[)/\]]?"
    # behind it who wrote and edited: "(PAP)⏎abc/ def/", "PTI ABC⏎DEF"
    r"(?:\s+(?:[a-z]{2,4}/\s?){1,3}|(?:\s[A-Z]{2,4}){1,6}(?!\w))?\s*\.?\s*$"
)
_SIGNED = re.compile(
    r"[Rr]eporting by [^\n]{3,250}?[;.]\s?[Ee]diting by|Thomson Reuters Trust Principles"
)
_CNN_WIRE = re.compile(r"The-CNN-Wire")


def wire_origin(title: str | None, text: str | None) -> str | None:
    """Return the agency or release service that a text names as its origin, else None."""
    body = text or ""
    head, tail = body[:_EDGE], body[-_EDGE:].rstrip()
    for pattern, name in _EAST_ASIAN:
        if pattern.search(head):
            return name
    if _ANY.search(head):
        found = _in_head(head)
        if found:
            return found
    if _SIGNED.search(tail):
        return "Reuters"
    if _CNN_WIRE.search(tail):
        return "CNN"
    if not _ANY.search(tail):
        return None
    for pattern in (_CREDIT, _TAIL, _BYLINE):
        match = pattern.search(tail)
        if match:
            return _named(match)
    return None


def _in_head(head: str) -> str | None:
    match = _PLACED.search(head)
    if match and _is_place(match["place"]):
        return _named(match)
    match = _DATELINE.search(head)
    if match and match["name"] not in _AMBIGUOUS:
        return _named(match)
    for pattern in (_OPENING, _AFTER_DATE, _BYLINE):
        match = pattern.search(head)
        if match and not (pattern is _AFTER_DATE and match["name"] in _AMBIGUOUS):
            return _named(match)
    match = _FIRST_LINE.match(head)
    if match and (match["name"] or _is_place(match["place"])):
        return _named(match)
    match = _CREDIT.search(head)
    return _named(match) if match and (match["name2"] or match["name4"]) else None


def _is_place(words: str) -> bool:
    """Tell whether words before an agency can be a place and a date, not a sentence's beginning."""
    after_number = False
    parts = re.split(r"[\s,/]+", words.strip(" -–—,./"))
    for part in parts:
        bare = part.strip(".:;[]")
        if not bare:
            continue
        if not (bare[0].isupper() or bare[0].isdigit() or after_number or bare in _PARTICLES):
            return False
        after_number = bare[0].isdigit()
    return len(parts) <= 10 and parts[0][:1].isupper() and parts[0] not in _STARTS


_PARTICLES = frozenset(
    ("de", "del", "la", "le", "el", "los", "las", "da", "di", "am", "der", "den")
)
_STARTS = frozenset(("The", "In", "A", "An", "At", "On", "By", "For", "It", "He", "She"))


def _named(match: re.Match[str]) -> str | None:
    groups = match.groupdict()
    word = next((groups[f"name{i}"] for i in ("", 2, 3, 4) if groups.get(f"name{i}")), "")
    return next((name for name, pattern in _EXACT if pattern.fullmatch(word)), None)
