"""Every row of docs/query-language.md is true."""

import re
from datetime import date
from pathlib import Path

import pytest

from newsbeam.topics.query import Document, Evaluation, parse_query
from newsbeam.topics.query.document import fold_value, text_document

PAGE = Path(__file__).parents[3] / "docs" / "query-language.md"
MACROS = {"animal": "llama OR alpaca"}


def rows() -> list[tuple[str, str, str]]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\| `(.+?)` \| (.+?) \| (.+?) \|", line):
            found.append((match[1], match[2], match[3]))
    return found


def document(text: str) -> Document:
    facts = {}
    while match := re.match(r"\[(\w+)=([^\]]+)\] ", text):
        facts[match[1]] = match[2]
        text = text[match.end() :]
    title, has_text, body = text.partition(" // ")
    if not has_text and "¶" in title:
        title, body = "", title
    made = text_document(title, body.replace(" ¶ ", "\n"), facts.get("lang"))
    if "date" in facts:
        made.published = date.fromisoformat(facts.pop("date"))
    if "domain" in facts:
        parts = facts["domain"].split(".")
        made.facts["domain"] = tuple(".".join(parts[i:]) for i in range(len(parts)))
    for name in set(facts) - {"domain"}:
        made.facts[name] = (fold_value(facts[name]),)
    return made


def test_the_page_has_a_row_for_every_operator() -> None:
    queries = " ".join(query for query, _, _ in rows())
    signs = "AND OR NOT NEAR/ ONEAR/ SENTENCE PARAGRAPH count( { ~ $ * ?"
    fields = "title: lead: body: author: outlet: domain: lang: country: feed: tag: date:"
    for sign in (*signs.split(), *fields.split()):
        assert sign in queries, sign
    assert len(rows()) > 60


@pytest.mark.parametrize(
    ("query", "yes", "no"), rows(), ids=[f"{r[0]} {i}" for i, r in enumerate(rows())]
)
def test_the_row_is_true(query: str, yes: str, no: str) -> None:
    root = parse_query(query, MACROS).root
    assert Evaluation(document(yes)).truth(root)
    assert not Evaluation(document(no)).truth(root)
