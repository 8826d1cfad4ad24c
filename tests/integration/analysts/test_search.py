"""Search finds what the query language says, no more and no less."""

from collections.abc import Iterator

import duckdb
import pytest
from stores import Newsroom

from newsbeam.errors import ConfigError, QueryError
from newsbeam.topics.query import Evaluation, parse_query
from sinks.publish.reader import Reader
from sinks.search.find import Filters, search
from sinks.search.index import batches, document
from sinks.search.like import like_this
from sinks.store.store import open_store

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
    "count(copyright OR licence)=1 AND training",
    "copyright SENTENCE court",
    "copyright PARAGRAPH court",
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
        if Evaluation(document(row)).truth(query.root)
    }
    found = search(reader, text, limit=1000)
    assert {r.article_id for r in found.results} == expected
    assert found.total == len(expected) or not found.exact


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


def test_the_sql_macros_work_in_any_client(reader: Reader, newsroom: Newsroom) -> None:
    best = [r.article_id for r in search(reader, "copyright court", limit=7).results]
    reader.close()  # in one process DuckDB wants one configuration per file
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        rows = db.execute("SELECT article_id, score FROM search('Copyright court', most := 7)")
        found = rows.fetchall()
    assert [r[0] for r in found] == best
    assert [r[1] for r in found] == sorted((r[1] for r in found), reverse=True)


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


def test_an_article_without_a_vector_is_named(reader: Reader) -> None:
    with pytest.raises(ConfigError, match="no vector"):
        like_this(reader, "nothing")
