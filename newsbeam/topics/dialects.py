"""Signs of other query languages, which mean something else here or nothing.

Analysts bring queries along.  Each pattern is one spelling of a term, as it stands in the query;
from the documentation of Lucene
(https://lucene.apache.org/core/10_0_0/queryparser/org/apache/lucene/queryparser/classic/package-summary.html),
Meltwater (https://support.meltwater.com/hc/en-us/articles/360023166073: ``near/5``, ``ingress:``,
``^9``), Brandwatch (``NEAR/5f``, ``raw:``, ``site:``, ``<<<comment>>>``), LexisNexis and Factiva
(``w/5``, ``pre/5``, ``adj5``, ``atleast3``), Westlaw (``/5``) and web search (``-word``).
"""

import re

_NEAR = "for words at most so far apart write NEAR/n between them"
_ONEAR = "for words in this order write ONEAR/n between them"
_SIGNS = {
    r"-\S+": "a minus excludes nothing here: write NOT before the word",
    r"!\S+": "an exclamation mark excludes nothing here: write NOT before the word",
    r"\+\S+": "a plus demands nothing here: write AND between the words",
    r"~\d+": _NEAR,
    r"[^~\s\"]+~\d*(?:\.\d+)?": "a ~ behind a word means nothing here: ~word takes its other forms",
    r"['‘’‚`]\S+": "these quotes hold no phrase together: take double ones",
    r"(?:near|onear)/?\d+f": _ONEAR,
    r"(?:w|n|near|adj|within)?/\d+|(?:w|n|near|adj|within)\d+": _NEAR,
    r"(?:p|pre|onear)/?\d+": _ONEAR,
    r"/[sp]": "for words in one sentence or paragraph write SENTENCE or PARAGRAPH between them",
    r"atleast/?\d+": "for a word that occurs so often write count(word)>=n",
    r"/\S+/": "there are no regular expressions here: take the wildcards * and ?",
    r"\S*\^\d+(?:\.\d+)?": "a ^ gives a word no weight here: leave it out",
    r"<<<\S*|\S*>>>": "a comment begins with # here and ends with the line",
    r"\S*[\[\]]\S*": "[ and ] mean nothing here: ( ) groups, date:2025-01..2025-06 is a range",
    r"\S*\\\S*": "a \\ means nothing here: put a term with signs in quotes",
    r"\S+[,;]|[,;]\S+": "a comma joins nothing here: side by side means AND; write OR or AND",
    r":\S+": "a field stands right before its word: title:llama",
}
_FOREIGN = {re.compile(f"(?i){sign}"): advice for sign, advice in _SIGNS.items()}
_WORDS = {
    **dict.fromkeys(("and", "And", "or", "Or", "not", "Not", "near", "Near"), ""),
    **dict.fromkeys(("ANDNOT", "AND-NOT", "BUT"), "for this write AND NOT"),
    "XOR": "for this write (a OR b) NOT (a AND b)",
    "TO": "for a range of days write date:2025-01-01..2025-06-30",
}
_OPERATORS = {"|": "OR", "||": "OR", "&": "AND", "&&": "AND", "+": "AND", "!": "NOT", "-": "NOT"}
COMMENTS = ("//", "/*", "*/", "<!--")
"""How a comment begins or ends elsewhere."""
_FIELDS = {
    **dict.fromkeys(("headline", "intitle", "allintitle"), "title:"),
    **dict.fromkeys(("ingress", "intro", "summary", "description"), "lead:"),
    **dict.fromkeys(("text", "content", "intext", "fulltext"), "body:, or no field at all"),
    **dict.fromkeys(("source", "publisher", "publication"), "outlet:"),
    **dict.fromkeys(("site", "host", "hostname"), "domain: or outlet:"),
    **dict.fromkeys(("url", "inurl", "link", "links"), "domain: (the host) or feed: (the feed)"),
    **dict.fromkeys(("language", "langcode"), "lang:"),
    **dict.fromkeys(("location", "region", "state", "city"), "country:"),
    **dict.fromkeys(("byline", "by"), "author:"),
    **dict.fromkeys(("section", "category", "keyword", "keywords"), "tag:"),
    **dict.fromkeys(("published", "pubdate", "since", "until", "before", "after"), "date:"),
    **dict.fromkeys(("hashtag", "hashtags"), "#Word, which finds Word too"),
    **dict.fromkeys(("raw", "case", "exact"), "{Word}"),
    **dict.fromkeys(("near", "within"), "NEAR/5"),
    "onear": "ONEAR/5",
}
"""Fields of other query languages -> what stands for them here."""


def foreign(term: str) -> str | None:
    """Return what to write instead of a term in another query language's spelling.

    Args:
        term: as it stands in the query.
    """
    if term in _WORDS:
        return _WORDS[term] or f"operators are in capitals: {term.upper()}"
    return next((advice for sign, advice in _FOREIGN.items() if sign.fullmatch(term)), None)


def field_for(name: str) -> str | None:
    """Return what to write for a field of other query languages (in small letters)."""
    return _FIELDS.get(name)


def instead_of(sign: str) -> str:
    """Return what to write in place of signs without a word."""
    if sign.startswith(COMMENTS):
        return "a comment begins with # and ends with the line"
    meant = _OPERATORS.get(sign)
    return f"for {meant} write {meant}" if meant else "write letters or digits"
