"""The evaluator and the presearcher against a slow evaluator that is obviously correct."""

from dataclasses import dataclass
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.errors import QueryError
from newsbeam.topics.query import Evaluation, QuerySet, parse_query
from newsbeam.topics.query.document import text_document

WORDS = ["aa", "ab", "ba", "Aa", "bab", "ca"]


@dataclass(frozen=True)
class Place:
    """One word of the text: where it stands, to the slow evaluator."""

    word: str
    at: int
    paragraph: int
    sentence: int
    title: bool


def slow_places(title: str, paragraphs: list[list[str]]) -> list[Place]:
    """Words with places; a paragraph's end takes a place of its own."""
    places, at, sentence = [], 0, 0
    for number, sentences in enumerate([[title], *paragraphs]):
        for text in sentences:
            for word in text.split():
                places.append(Place(word, at, number, sentence, number == 0))
                at += 1
            sentence += 1
        at += bool(any(s.split() for s in sentences))
    return places


# A query is a nested tuple; each case below says what it means and how it is written.
def slow_spans(query: tuple, text: list[Place]) -> set[tuple[int, int]]:
    at = {p.at: p for p in text}
    kind = query[0]
    if kind == "word":
        return {(p.at, p.at) for p in text if p.word.lower() == query[1].lower()}
    if kind == "exact":
        return {(p.at, p.at) for p in text if p.word == query[1]}
    if kind == "start":
        return {(p.at, p.at) for p in text if p.word.lower().startswith(query[1].lower())}
    if kind == "end":
        return {(p.at, p.at) for p in text if p.word.lower().endswith(query[1].lower())}
    if kind == "title":
        return {(p.at, p.at) for p in text if p.title and p.word.lower() == query[1].lower()}
    if kind == "phrase":
        words = query[1]
        return {
            (p.at, p.at + len(words) - 1)
            for p in text
            if all(
                p.at + i in at and (w == "*" or at[p.at + i].word.lower() == w.lower())
                for i, w in enumerate(words)
            )
        }
    if kind == "or":
        return slow_spans(query[1], text) | slow_spans(query[2], text)
    found = set()
    for a, b in product(slow_spans(query[1], text), slow_spans(query[2], text)):
        if fits(query, a, b, at):
            found.add((min(a[0], b[0]), max(a[1], b[1])))
    return found


def fits(query: tuple, a: tuple[int, int], b: tuple[int, int], at: dict[int, Place]) -> bool:
    kind = query[0]
    if kind in ("near", "onear"):
        forward = 0 < b[0] - a[1] <= query[3]
        backward = 0 < a[0] - b[1] <= query[3] and kind == "near"
        return (forward or backward) and at[a[0]].title == at[b[0]].title
    unit = "sentence" if kind == "sentence" else "paragraph"
    return len({getattr(at[i], unit) for span in (a, b) for i in span}) == 1


def slow_truth(query: tuple, text: list[Place]) -> bool:
    match query[0]:
        case "and":
            return slow_truth(query[1], text) and slow_truth(query[2], text)
        case "any":
            return slow_truth(query[1], text) or slow_truth(query[2], text)
        case "not":
            return not slow_truth(query[1], text)
        case "count":
            n = len(slow_spans(query[1], text))
            return {">=": n >= query[3], "<": n < query[3], "=": n == query[3]}[query[2]]
        case _:
            return bool(slow_spans(query, text))


def written(query: tuple) -> str:
    match query:
        case ("word", word):
            return word
        case ("exact", word):
            return "{" + word + "}"
        case ("start", word):
            return f"{word}*"
        case ("end", word):
            return f"*{word}"
        case ("title", word):
            return f"title:{word}"
        case ("phrase", words):
            return '"' + " ".join(words) + '"'
        case ("near" | "onear", a, b, n):
            return f"({written(a)} {query[0].upper()}/{n} {written(b)})"
        case ("sentence" | "paragraph", a, b):
            return f"({written(a)} {query[0].upper()} {written(b)})"
        case ("or" | "any", a, b):
            return f"({written(a)} OR {written(b)})"
        case ("and", a, b):
            return f"({written(a)} AND {written(b)})"
        case ("not", a):
            return f"(NOT {written(a)})"
        case ("count", a, operator, n):
            return f"count({written(a)}){operator}{n}"
    raise AssertionError(query)


word = st.sampled_from(WORDS)
leaves = st.one_of(
    st.tuples(st.just("word"), word),
    st.tuples(st.just("exact"), word),
    st.tuples(st.just("start"), st.sampled_from(["a", "b", "ba"])),
    st.tuples(st.just("end"), st.sampled_from(["a", "ab"])),
    st.tuples(st.just("title"), word),
    st.tuples(
        st.just("phrase"),
        st.tuples(word, st.sampled_from([*WORDS, "*"]), word) | st.tuples(word, word),
    ),
)
positional = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("or"), inner, inner),
        st.tuples(st.sampled_from(["near", "onear"]), inner, inner, st.integers(1, 4)),
        st.tuples(st.sampled_from(["sentence", "paragraph"]), inner, inner),
    ),
    max_leaves=5,
)
queries = st.recursive(
    positional
    | st.tuples(st.just("count"), positional, st.sampled_from([">=", "<", "="]), st.integers(0, 3)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "any"]), inner, inner),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=6,
)
sentence = st.lists(word, min_size=1, max_size=5).map(" ".join)
texts = st.tuples(
    sentence, st.lists(st.lists(sentence, min_size=1, max_size=3), min_size=0, max_size=3)
)


def both(text: tuple[str, list[list[str]]]) -> tuple[object, list[Place]]:
    title, paragraphs = text
    body = "\n".join(" ".join(f"{s}!" for s in sentences) for sentences in paragraphs)
    return text_document(title, body), slow_places(title, paragraphs)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries, texts)
def test_the_evaluator_agrees_with_the_slow_one(query: tuple, text: tuple) -> None:
    document, slow = both(text)
    root = parse_query(written(query)).root
    assert Evaluation(document).truth(root) == slow_truth(query, slow), written(query)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(positional, texts)
def test_spans_are_those_of_the_slow_evaluator(query: tuple, text: tuple) -> None:
    document, slow = both(text)
    root = parse_query(written(query)).root
    assert set(Evaluation(document).spans(root)) == slow_spans(query, slow), written(query)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(queries, min_size=1, max_size=12), texts)
def test_the_presearcher_misses_nothing(many: list[tuple], text: tuple) -> None:
    document, _ = both(text)
    several = QuerySet({str(i): parse_query(written(q)) for i, q in enumerate(many)})
    assert several.match(document) == several.match_all(document)


@settings(max_examples=100, deadline=None)
@given(queries, texts)
def test_hits_of_a_true_query_lie_in_the_text(query: tuple, text: tuple) -> None:
    document, _ = both(text)
    root = parse_query(written(query)).root
    evaluation = Evaluation(document)
    if evaluation.truth(root):
        for hit in evaluation.hits(root):
            assert 0 <= hit.first <= hit.last < len(document.words)
            assert document.words[hit.first]
            source = document.title if document.zones[hit.first] == 1 else document.text
            assert source[document.span(hit.first)[0] : document.span(hit.last)[1]]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab*?"“{}()$~:/<>=# \nANDORNEARNOTcount5date:title:', max_size=40))
def test_any_text_is_a_query_or_an_error_with_a_place(text: str) -> None:
    error = error_of(text)
    if error is not None:
        assert 0 <= error.position <= len(error.query)
        assert str(error)


def error_of(text: str) -> QueryError | None:
    try:
        parse_query(text, {"a": "b"})
    except QueryError as error:
        return error
    return None
