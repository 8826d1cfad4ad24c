"""Signs of other query languages, which mean something else here or nothing.

Analysts bring queries along.  Each pattern is one spelling of a term, as it stands in the query;
from the documentation of Lucene
(https://lucene.apache.org/core/10_0_0/queryparser/org/apache/lucene/queryparser/classic/package-summary.html),
LexisNexis and Factiva (``w/5``, ``pre/5``, ``adj5``, ``atleast3``) and web search (``-word``).
"""

import re

_SIGNS = {
    r"-\S+": "a minus excludes nothing here: write NOT before the word",
    r"!\S+": "an exclamation mark excludes nothing here: write NOT before the word",
    r"\+\S+": "a plus demands nothing here: write AND between the words",
    r"~\d+": "for words at most so far apart write NEAR/n between them",
    r"[^~\s\"]+~\d*(?:\.\d+)?": "a ~ behind a word means nothing here: ~word takes its other forms",
    r"['‘’‚`]\S+": "these quotes hold no phrase together: take double ones",
    r"(?:w|n|near|adj)/?\d+": "for words at most so far apart write NEAR/n between them",
    r"(?:p|pre|onear)/?\d+": "for words in this order write ONEAR/n between them",
    r"/[sp]": "for words in one sentence or paragraph write SENTENCE or PARAGRAPH between them",
    r"atleast/?\d+": "for a word that occurs so often write count(word)>=n",
    r"/\S+/": "there are no regular expressions here: take the wildcards * and ?",
    r"\S+\^\d+(?:\.\d+)?": "a ^ gives a word no weight here: leave it out",
}
_FOREIGN = {re.compile(f"(?i){sign}"): advice for sign, advice in _SIGNS.items()}
_OPERATORS = {"|": "OR", "||": "OR", "&": "AND", "&&": "AND", "+": "AND", "!": "NOT", "-": "NOT"}


def foreign(term: str) -> str | None:
    """Return what to write instead of a term in another query language's spelling.

    Args:
        term: as it stands in the query.
    """
    return next((advice for sign, advice in _FOREIGN.items() if sign.fullmatch(term)), None)


def operator_for(sign: str) -> str | None:
    """Return the operator that other query languages write as this sign."""
    return _OPERATORS.get(sign)
