"""Errors in queries point to the place and say the cure."""

import pytest

from newsbeam.errors import QueryError
from newsbeam.topics.query import Evaluation, QuerySet, parse_query
from newsbeam.topics.query.document import text_document

CASES = [
    ("llama AND", 9, "a word or ( is missing"),
    ("(llama", 0, "add )"),
    ("llama)", 5, "without its ("),
    ('llama "meta', 6, "not closed"),
    ("{AI", 0, "add }"),
    ("AND llama", 0, 'write "and"'),
    ("llama NEAR meta", 6, "NEAR/5"),
    ("llama NEAR/0 meta", 6, "1 to 100"),
    ("(a AND b) NEAR/3 c", 0, "use OR inside, and AND outside"),
    ("c NEAR/3 (a AND b)", 9, "use OR inside, and AND outside"),
    ("titel:llama", 0, "did you mean title:"),
    ("title:lead:llama", 6, "a field inside a field"),
    ("$llamas", 0, "did you mean $llama?"),
    ("$unknown", 0, "define it under [macros]"),
    ("count(llama)", 12, "count(llama)>=3"),
    ("count(a AND b)>=2", 5, "outside"),
    ("*", 0, "llama*"),
    ("~llama*", 0, "leave one out"),
    ("date:soon", 5, "2025-01-31"),
    ("date:2025-13", 5, "is no date"),
    ("date:2025..2024", 5, "turn it round"),
    ("lang:(de AND fr)", 9, "OR between them"),
    ("author:", 7, "a value is missing"),
    ("", 0, "empty"),
    ("&&", 0, "for AND write AND"),
    ("a | b", 2, "for OR write OR"),
    ("…", 0, "write letters or digits"),
    ("llama // a note", 6, "a comment begins with #"),
    ("/* a note */ llama", 0, "a comment begins with #"),
    ('"* *"', 0, "llama*"),
    ('~"fair use"', 0, "right before one word"),
    ('llama AND lang:""', 15, "a value is missing"),
    ("$TSLA", 0, 'write "TSLA"'),
    ("count(llama)>=3.5", 12, "a whole number is missing"),
    ("count(llama)=>3", 12, ">=, >, =, < or <="),
    ("COUNT(llama)>3", 12, "small letters"),
    ("llama NEAR/3 lang:en", 13, "lang: is a fact of the whole article"),
    ("(llama OR date:2025) SENTENCE meta", 0, "date: is a fact of the whole article"),
    ("(llama OR count(meta)>1) NEAR/3 meta", 0, "count() has no place in the text"),
    ("(llama OR NOT meta) NEAR/3 meta", 0, "NOT has no place in the text"),
    ("site:herald.example", 0, "write domain: or outlet:"),
    ("raw:Llama", 0, "write {Word}"),
    ("ingress:llama", 0, "write lead:"),
    ("llama NEAR:5 meta", 6, "write NEAR/5"),
    ("date:<0001-01-01", 5, "no day is beyond"),
    ("date:>9999", 5, "no day is beyond"),
]


@pytest.mark.parametrize(("query", "position", "cure"), CASES, ids=[c[0] or "empty" for c in CASES])
def test_the_error_has_its_place_and_cure(query: str, position: int, cure: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query, {"llama": "llama"})
    assert caught.value.position == position
    assert cure in str(caught.value)
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_an_error_in_a_macro_names_the_macro() -> None:
    with pytest.raises(QueryError, match=r"in the macro \$bad: this \( is not closed"):
        parse_query("llama AND $bad", {"bad": "(x"})


def test_macros_that_use_each_other_are_refused() -> None:
    with pytest.raises(QueryError, match="uses itself"):
        parse_query("$a", {"a": "$b", "b": "$a"})


def test_a_hundred_brackets_are_refused_without_a_crash() -> None:
    with pytest.raises(QueryError, match="brackets inside each other"):
        parse_query("(" * 5000 + "a")


def test_macros_in_macros_end_somewhere() -> None:
    macros = {"m0": "a"} | {f"m{i}": f"($m{i - 1})" for i in range(1, 300)}
    with pytest.raises(QueryError, match="inside each other"):
        parse_query("$m299", macros)


def test_macros_that_double_each_other_are_refused() -> None:
    macros = {"m0": "a OR b"} | {f"m{i}": f"$m{i - 1} AND $m{i - 1}" for i in range(1, 40)}
    with pytest.raises(QueryError, match="more than 100000 parts"):
        parse_query("$m39", macros)


def test_a_long_chain_of_near_is_refused_at_its_place() -> None:
    with pytest.raises(QueryError, match="more than 50 NEAR in a row"):
        parse_query(" NEAR/3 ".join(["a"] * 3000))


HOSTILE = [
    ("*a*a*a*a*a*a*a*a*b", "a" * 300),
    ("a NEAR/100 b NEAR/100 a NEAR/100 b NEAR/100 a", "a b " * 3000),
    ("(a OR b) PARAGRAPH (a OR b) PARAGRAPH (a OR b)", "a b " * 3000),
    ("count(a NEAR/100 b)>=2", "a b " * 3000),
    (" OR ".join(f"x{i}" for i in range(10_000)) + " OR a", "a"),
    ("NOT " * 4000 + "a", "a b " * 3000),
    ("a", "a.b." * 20_000 + " a"),
    ("a SENTENCE b", "a . " * 20_000 + "b"),
]


@pytest.mark.parametrize(("query", "text"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_queries_and_texts_are_answered(query: str, text: str) -> None:
    evaluation = Evaluation(text_document("", text))
    root = parse_query(query).root
    found = evaluation.truth(root)
    assert bool(evaluation.hits(root)) == found
    assert QuerySet({"it": parse_query(query)}).match(text_document("", text)) == ["it"] * found
