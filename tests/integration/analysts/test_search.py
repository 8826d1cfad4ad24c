"""Search finds what the query language says, no more and no less."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import Newsroom

from newsbeam.errors import ConfigError, QueryError
from newsbeam.topics.query import Document, Evaluation, QuerySet, parse_query
from newsbeam.topics.query.document import article_document
from newsbeam.topics.query.postings import document
from newsbeam.topics.query.words import folded_words
from sinks.publish.reader import Reader
from sinks.search.find import Filters, search
from sinks.search.index import batches
from sinks.search.like import like_this
from sinks.search.macros import MACROS
from sinks.store.store import open_store
from sinks.store.topics import stored_articles

QUERIES = [
    "copyright",
    "copyright AND court",
    "copyright OR weights OR parliament",
    "copyright NOT court",
    '"fair use"',
    '"open source weights"',
    "copyright NEAR/4 court",
    "copyright ONEAR/3 lawsuit",
    "(copyright OR licence) NEAR/6 (court OR authors)",
    "title:copyright",
    "lead:licence",
    "licen*",
    "?ourt",
    "count(copyright)>=2",
    "copyright AND title:copyright",
    "copyright OR count(copyright)>=2",
    "count(copyright OR licence)=1 AND training",
    "copyright SENTENCE court",
    "copyright PARAGRAPH court",
    '"fair use" SENTENCE (court OR authors)',
    "count(copyright SENTENCE court)>=2",
    "(copyright SENTENCE lawsuit) PARAGRAPH court",
    "count(copyright PARAGRAPH licence)=1",
    "~licence",
    "{Copyright}",
    '"open * weights"',
    "NOT copyright",
    "copyright NOT (court SENTENCE fair)",
    "nowhereatall",
]


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    home = tmp_path_factory.mktemp("search")
    with open_store(home / "store.duckdb") as db:
        made = Newsroom(db, home)
        made.publish()
        made.run(120, revised=40)
        made.publish()
        yield made


@pytest.fixture(scope="module")
def reader(newsroom: Newsroom) -> Iterator[Reader]:
    found = Reader(newsroom.path)
    yield found
    found.close()


@pytest.mark.parametrize("text", QUERIES)
def test_search_finds_what_the_query_language_says(
    reader: Reader, newsroom: Newsroom, text: str
) -> None:
    query = parse_query(text)
    expected = {
        row[0]
        for rows in batches(newsroom.db, None)
        for row in rows
        if Evaluation(document(*row[1:5])).truth(query.root)
    }
    found = search(reader, text, limit=1000)
    assert {r.article_id for r in found.results} == expected
    assert found.total == len(expected) or not found.exact


WORD = st.sampled_from(["copyright", "court", "lawsuit", "licence", "authors", "fair", "use"])
LEAF = st.one_of(
    WORD,
    WORD.map(lambda w: f"{w[:4]}*"),
    WORD.map(lambda w: f"?{w[1:]}"),
    WORD.map(lambda w: f"*{w[2:]}"),
    WORD.map(lambda w: f"~{w}"),
    WORD.map(lambda w: f"{{{w.capitalize()}}}"),
    st.tuples(WORD, WORD).map(lambda p: f'"{p[0]} {p[1]}"'),
    st.tuples(WORD, WORD).map(lambda p: f'"{p[0]} * {p[1][:3]}*"'),
    st.tuples(st.sampled_from(["title", "lead", "body"]), WORD).map(":".join),
)
SPANS = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, inner, inner).map(lambda p: f"({' OR '.join(p)})"),
        st.tuples(
            inner,
            st.sampled_from(["NEAR/3", "NEAR/20", "ONEAR/8", "SENTENCE", "PARAGRAPH"]),
            inner,
        ).map(lambda p: f"({' '.join(p)})"),
    ),
    max_leaves=4,
)
FACTS = st.sampled_from(
    [
        *(
            "lang:en",
            "lang:(de OR fr)",
            "lang:xx",
            'outlet:"süddeutsche zeitung"',
            "outlet:outlet1*",
        ),
        *(
            "outlet:outlet7.example",
            'author:"reporter 5"',
            "domain:example",
            "country:de",
            "tag:law",
        ),
        *("feed:*outlet2*", "date:2026-11", "date:..2026-11-05", "date:>=2026-11-10"),
    ]
)
SEARCHES = st.recursive(
    st.one_of(
        SPANS,
        SPANS,
        st.tuples(SPANS, st.sampled_from([">=", "=", "<", ">", "<="]), st.integers(0, 3)).map(
            lambda c: f"count({c[0]}){c[1]}{c[2]}"
        ),
        FACTS,
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} AND {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} OR {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} NOT {p[1]})"),
        inner.map(lambda q: f"(NOT {q})"),
    ),
    max_leaves=5,
)


class Odd:
    """A small store as live matching sees it, and its publication."""

    def __init__(self, documents: list[tuple[str, Document]], reader: Reader) -> None:
        self.documents, self.reader = documents, reader


@pytest.fixture(scope="module")
def odd(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Odd]:
    """Articles that lack a date, or have odd names."""
    home = tmp_path_factory.mktemp("odd")
    with open_store(home / "store.duckdb") as db:
        made = Newsroom(db, home, 0)
        made.run(150, span_days=30)
        db.execute("UPDATE article_rows SET published = NULL WHERE hash(article_id) % 7 = 0")
        db.execute(
            "UPDATE article_rows SET site_name = 'Süddeutsche Zeitung', language = NULL, "
            "keywords = ['Law and Order'] WHERE hash(article_id) % 5 = 0"
        )
        made.publish()
        articles = [(a.id, article_document(a)) for some in stored_articles(db) for a in some]
    reader = Reader(made.path)
    yield Odd(articles, reader)
    reader.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=SEARCHES)
def test_search_finds_what_live_matching_finds(odd: Odd, text: str) -> None:
    several = QuerySet({"live": parse_query(text)})
    expected = {name for name, document in odd.documents if several.match(document)}
    found = search(odd.reader, text, limit=1000)
    assert {r.article_id for r in found.results} == expected, text
    assert found.total == len(expected)


@pytest.mark.parametrize(
    "text",
    ["copyright SENTENCE court", "copyright NOT (court PARAGRAPH fair)", "licen* NEAR/5 fair"],
)
def test_the_index_alone_knows_sentences_and_paragraphs(reader: Reader, text: str) -> None:
    assert search(reader, text, limit=1).exact


def test_results_are_ranked_and_marked(reader: Reader) -> None:
    found = search(reader, "copyright court", limit=5)
    scores = [r.score for r in found.results]
    assert scores == sorted(scores, reverse=True)
    assert all({w.lower() for w in r.words} == {"copyright", "court"} for r in found.results)
    assert any(w in found.results[0].snippet for w in found.results[0].words)


def test_newest_first_is_by_publication(reader: Reader) -> None:
    times = [r.published for r in search(reader, "copyright", newest=True, limit=30).results]
    assert times == sorted(times, reverse=True)


def test_filters_narrow_the_result(reader: Reader) -> None:
    everything = search(reader, "copyright", limit=1000)
    outlet = everything.results[0].outlet
    mine = search(reader, "copyright", Filters(outlets=(outlet,)), limit=1000)
    assert {r.article_id for r in mine.results} == {
        r.article_id for r in everything.results if r.outlet == outlet
    }
    english = search(reader, "lang:en copyright", limit=1000)
    assert {r.article_id for r in english.results} == {
        r.article_id for r in everything.results if r.language == "en"
    }


def test_facts_that_the_index_does_not_know_are_checked(reader: Reader) -> None:
    some = search(reader, "copyright", limit=1000).results[0]
    found = search(reader, f'copyright domain:"{some.outlet}"', limit=1000)
    assert {r.outlet for r in found.results} == {some.outlet}


def test_a_wrong_query_names_the_place(reader: Reader) -> None:
    with pytest.raises(QueryError, match="not closed"):
        search(reader, "(copyright AND court")


@pytest.mark.parametrize(
    "text",
    [
        "copyright",
        "Copyright court",
        "fair use licence",
        "training data authors publishers",
        "ba be co",
        "copyright lawsuit training data authors publishers court fair use licence",
        "nowhereatall",
    ],
)
def test_the_macro_finds_what_the_command_finds(
    reader: Reader, newsroom: Newsroom, text: str
) -> None:
    best = search(reader, text, limit=15).results
    reader.close()  # in one process DuckDB wants one configuration per file
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        found = db.execute("SELECT article_id, score FROM search(?, most := 15)", [text]).fetchall()
    assert [r[0] for r in found] == [r.article_id for r in best]
    assert [r[1] for r in found] == pytest.approx([r.score for r in best], abs=0.002)


def test_the_macro_folds_words_as_the_query_language() -> None:
    samples = [
        "Meta’s Llama and OpenAI's o3",
        "U.S. court, U.S.A. today: A.I. act",
        "straße ÆON søk Łódź naïve café",
        "$2.75m, 3.5 percent, 1,000 dollars; GPT5.2 v1.0.2",
        "日本語のカタカナ",
        "co\u00adpyright #MeToo C#",
        "state-of-the-art don't AT&T www.example.com/x",
        "",
    ]
    made = MACROS[MACROS.index("CREATE MACRO words_of") : MACROS.index("CREATE MACRO search")]
    with duckdb.connect() as db:
        db.execute(made)
        for text in samples:
            found = db.execute("SELECT words_of(?)", [text]).fetchall()[0][0]
            assert sorted(found) == sorted(set(folded_words(text))), text


def test_more_like_this_is_what_the_full_vectors_say(newsroom: Newsroom, reader: Reader) -> None:
    newsroom.run(200, vectors=True)
    newsroom.publish()
    reader.follow()
    article = newsroom.db.execute(
        "SELECT article_id FROM article_vectors ORDER BY 1 LIMIT 1"
    ).fetchall()[0][0]
    found = like_this(reader, article, limit=10)
    exact = newsroom.db.execute(
        "SELECT o.article_id, list_cosine_similarity(o.vector, t.vector) AS likeness "
        "FROM article_vectors o, article_vectors t WHERE t.article_id = $1 "
        "AND o.article_id <> $1 ORDER BY likeness DESC LIMIT 10",
        [article],
    ).fetchall()
    assert {r["article_id"] for r in found[:5]} <= {row[0] for row in exact}
    assert [r["likeness"] for r in found] == pytest.approx([row[1] for row in exact], abs=0.01)
    assert found[0]["title"]


def test_more_like_this_is_the_same_in_any_client(newsroom: Newsroom, reader: Reader) -> None:
    newsroom.run(50, vectors=True)
    newsroom.publish()
    reader.follow()
    article = newsroom.db.execute("SELECT max(article_id) FROM article_vectors").fetchall()[0][0]
    mine = like_this(reader, article, limit=12, days=10)
    reader.close()
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        found = db.execute(
            "SELECT likeness, article_id FROM like_this(?, most := 12, days := 10)", [article]
        ).fetchall()
    assert found == [(r["likeness"], r["article_id"]) for r in mine]
    assert len(found) == 12


def test_an_article_without_a_vector_is_named(reader: Reader) -> None:
    with pytest.raises(ConfigError, match="no vector"):
        like_this(reader, "nothing")
