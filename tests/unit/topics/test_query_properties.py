"""The evaluator and the presearcher against a slow evaluator that is obviously correct."""

import operator
from dataclasses import dataclass
from datetime import date
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsbeam.errors import QueryError
from newsbeam.topics.contradictions import contradiction, implies
from newsbeam.topics.query import Evaluation, QuerySet, parse_query
from newsbeam.topics.query.document import text_document
from newsbeam.topics.query.nodes import Dates, Fact

WORDS = ["aa", "ab", "ba", "Aa", "bab", "ca", "abs", "Abs"]
FACTS = {"lang": "en", "country": "de"}
PUBLISHED = "2025-07-01"
COMPARISONS = {
    ">=": operator.ge,
    ">": operator.gt,
    "=": operator.eq,
    "<=": operator.le,
    "<": operator.lt,
}


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
    match query:
        case ("words", zone, words, kind):
            return {
                (p.at, p.at + len(words) - 1)
                for p in text
                if in_zone(p, zone)
                and all(p.at + i in at for i in range(len(words)))
                and all(is_word(w, at[p.at + i].word, kind) for i, w in enumerate(words))
            }
        case ("or", *parts):
            return set().union(*(slow_spans(part, text) for part in parts))
    found = set()
    for a, b in product(slow_spans(query[1], text), slow_spans(query[2], text)):
        if fits(query, a, b, at):
            found.add((min(a[0], b[0]), max(a[1], b[1])))
    return found


def in_zone(place: Place, zone: str | None) -> bool:
    match zone:
        case "title":
            return place.title
        case "lead":
            return place.paragraph == 1
        case "body":
            return not place.title
        case _:
            return True


def is_word(wanted: str, word: str, kind: str) -> bool:
    if wanted == "*":
        return True
    if kind == "stem":
        return slow_stem(wanted.lower()) == slow_stem(word.lower())
    if kind != "exact":
        wanted, word = wanted.lower(), word.lower()
    return is_wild_word(wanted, word)


def slow_stem(word: str) -> str:
    """The stems of the words of these tests, in English: only a plural is cut."""
    return word[:-1] if word.endswith("s") else word


def is_wild_word(wanted: str, word: str) -> bool:
    """Try every length for each ``*``."""
    if not wanted:
        return not word
    if wanted[0] == "*":
        return any(is_wild_word(wanted[1:], word[i:]) for i in range(len(word) + 1))
    return bool(word) and wanted[0] in ("?", word[0]) and is_wild_word(wanted[1:], word[1:])


def fits(query: tuple, a: tuple[int, int], b: tuple[int, int], at: dict[int, Place]) -> bool:
    kind = query[0]
    if kind in ("near", "onear"):
        forward = 0 < b[0] - a[1] <= query[3]
        backward = 0 < a[0] - b[1] <= query[3] and kind == "near"
        return (forward or backward) and at[a[0]].title == at[b[0]].title
    unit = "sentence" if kind == "sentence" else "paragraph"
    return len({getattr(at[i], unit) for span in (a, b) for i in span}) == 1


def slow_truth(query: tuple, text: list[Place]) -> bool:
    match query:
        case ("and", *parts):
            return all(slow_truth(part, text) for part in parts)
        case ("any", *parts):
            return any(slow_truth(part, text) for part in parts)
        case ("not", part):
            return not slow_truth(part, text)
        case ("count", part, operator, number):
            return COMPARISONS[operator](len(slow_spans(part, text)), number)
        case ("fact", name, value):
            return FACTS[name] == value or (value == "d*" and FACTS[name].startswith("d"))
        case ("date", first, last):
            return (not first or first <= PUBLISHED) and (not last or last >= PUBLISHED)
        case _:
            return bool(slow_spans(query, text))


def written(query: tuple) -> str:
    match query:
        case ("words", zone, words, kind):
            text = " ".join(words)
            mark = {"exact": "{%s}", "stem": "~%s"}.get(kind, '"%s"' if len(words) > 1 else "%s")
            return (f"{zone}:" if zone else "") + mark % text
        case ("near" | "onear", a, b, n):
            return f"({written(a)} {query[0].upper()}/{n} {written(b)})"
        case ("sentence" | "paragraph", a, b):
            return f"({written(a)} {query[0].upper()} {written(b)})"
        case ("or" | "any", *parts):
            return f"({' OR '.join(map(written, parts))})"
        case ("and", *parts):
            return f"({' AND '.join(map(written, parts))})"
        case ("not", a):
            return f"(NOT {written(a)})"
        case ("count", a, operator, n):
            return f"count({written(a)}){operator}{n}"
        case ("fact", name, value):
            return f"{name}:{value}"
        case ("date", first, last):
            return f"date:{first or ''}..{last or ''}"
    raise AssertionError(query)


def zoned(query: tuple, zone: str) -> tuple:
    """What ``zone:( … )`` means: the field stands at each of the words."""
    if query[0] == "words":
        return ("words", zone, *query[2:])
    return tuple(zoned(part, zone) if isinstance(part, tuple) else part for part in query)


word = st.sampled_from(WORDS)
WILD = ["a*", "b*", "ba*", "*a", "*b", "?a", "b?", "a?s", "*a*", "?a*", "b*b", "aa*", "??"]
wild = st.sampled_from(WILD[:-1])
row = st.lists(word | wild | st.sampled_from(["*", *WORDS]), min_size=2, max_size=3).filter(
    lambda words: any(w != "*" for w in words)
)
zone = st.sampled_from([None, None, None, "title", "lead", "body"])
leaves = st.one_of(
    st.tuples(st.just("words"), zone, st.tuples(word), st.sampled_from(["plain", "exact", "stem"])),
    st.tuples(st.just("words"), zone, st.tuples(wild), st.sampled_from(["plain", "exact"])),
    st.tuples(st.just("words"), zone, row.map(tuple), st.sampled_from(["plain", "plain", "exact"])),
)
positional = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=9).map(lambda parts: ("or", *parts)),
        st.tuples(st.sampled_from(["near", "onear"]), inner, inner, st.integers(1, 4)),
        st.tuples(st.sampled_from(["sentence", "paragraph"]), inner, inner),
    ),
    max_leaves=8,
)
day = st.sampled_from([None, "2024-12-31", "2025-07-01", "2026-01-01"])
facts = st.one_of(
    st.tuples(st.just("fact"), st.sampled_from(["lang", "country"]), st.sampled_from(["de", "en"])),
    st.tuples(st.just("fact"), st.just("lang"), st.just("d*")),
    st.tuples(st.just("date"), day, day).filter(lambda d: (d[1] or d[2]) and _ordered(d)),
)
queries = st.recursive(
    st.one_of(
        positional,
        positional,
        st.tuples(
            st.just("count"), positional, st.sampled_from(list(COMPARISONS)), st.integers(0, 3)
        ),
        facts,
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: ("and", *parts)),
        st.lists(inner, min_size=2, max_size=8).map(lambda parts: ("any", *parts)),
        st.tuples(st.just("not"), inner),
    ),
    max_leaves=9,
)


def _ordered(dates: tuple) -> bool:
    return not (dates[1] and dates[2]) or dates[1] <= dates[2]


sentence = st.lists(word, min_size=1, max_size=5).map(" ".join)
texts = st.tuples(
    sentence, st.lists(st.lists(sentence, min_size=1, max_size=3), min_size=0, max_size=3)
)


def both(text: tuple[str, list[list[str]]]) -> tuple[object, list[Place]]:
    title, paragraphs = text
    body = "\n".join(" ".join(f"{s}!" for s in sentences) for sentences in paragraphs)
    document = text_document(title, body, FACTS["lang"])
    document.facts = {name: (value,) for name, value in FACTS.items()}
    document.published = date.fromisoformat(PUBLISHED)
    return document, slow_places(title, paragraphs)


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


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries, queries, texts)
def test_a_macro_means_its_query_in_brackets(inner: tuple, other: tuple, text: tuple) -> None:
    document, slow = both(text)
    root = parse_query("$m AND ($other OR NOT $m)", {"m": written(inner), "other": written(other)})
    expected = slow_truth(("and", inner, ("any", other, ("not", inner))), slow)
    assert Evaluation(document).truth(root.root) == expected


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(positional, st.sampled_from(["title", "lead", "body"]), texts)
def test_a_field_before_brackets_stands_at_each_word(query: tuple, name: str, text: tuple) -> None:
    document, slow = both(text)
    bare = zoned(query, "")
    root = parse_query(f"{name}:({written(bare)})").root
    assert Evaluation(document).truth(root) == slow_truth(zoned(query, name), slow)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(positional, texts)
def test_the_terms_of_a_span_reach_from_its_first_word_to_its_last(
    query: tuple, text: tuple
) -> None:
    document, _ = both(text)
    root = parse_query(written(query)).root
    evaluation = Evaluation(document)
    for span in evaluation.spans(root):
        hits = list(evaluation.hits_at(root, span))
        assert min(hit.first for hit in hits) == span[0]
        assert max(hit.last for hit in hits) == span[1]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(queries, min_size=1, max_size=12), texts)
def test_the_presearcher_misses_nothing(many: list[tuple], text: tuple) -> None:
    document, _ = both(text)
    several = QuerySet({str(i): parse_query(written(q)) for i, q in enumerate(many)})
    assert several.match(document) == several.match_all(document)


small = st.one_of(
    leaves,
    st.tuples(st.just("near"), leaves, leaves, st.integers(1, 3)),
    st.tuples(st.just("sentence"), leaves, leaves),
    st.tuples(st.just("any"), leaves, leaves),
    st.tuples(st.just("count"), leaves, st.sampled_from(list(COMPARISONS)), st.integers(0, 2)),
)
related = small.flatmap(
    lambda q: st.tuples(
        st.just(q)
        | st.tuples(st.just("and"), st.just(q), small)
        | st.tuples(st.just("not"), small),
        st.one_of(
            small,
            st.tuples(st.just("any"), st.just(q), small),
            st.sampled_from(
                [
                    part
                    for part in q
                    if isinstance(part, tuple)
                    and part[:1]
                    and part[0] in ("words", "near", "sentence", "any", "count")
                ]
                or [q]
            ),
        ),
    )
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(related, st.lists(texts, min_size=1, max_size=4))
def test_what_is_implied_is_true(pair: tuple, several: list[tuple]) -> None:
    one, other = (parse_query(written(q)).root for q in pair)
    if implies(one, other):
        for text in several:
            evaluation = Evaluation(both(text)[0])
            assert evaluation.truth(other) or not evaluation.truth(one), [written(q) for q in pair]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(related, st.booleans(), st.lists(texts, min_size=1, max_size=4))
def test_what_is_never_true_is_false(pair: tuple, refuse: bool, several: list[tuple]) -> None:
    query = ("and", pair[0], ("not", pair[1]) if refuse else pair[1])
    root = parse_query(written(query)).root
    if contradiction(root):
        assert not any(Evaluation(both(text)[0]).truth(root) for text in several), written(query)


@settings(max_examples=100, deadline=None)
@given(queries, texts)
def test_hits_of_a_true_query_lie_in_the_text(query: tuple, text: tuple) -> None:
    document, _ = both(text)
    root = parse_query(written(query)).root
    evaluation = Evaluation(document)
    if evaluation.truth(root):
        for hit in evaluation.hits(root):
            if isinstance(hit.node, Fact | Dates):
                continue
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
