import pickle

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.errors import ParseError, QueryError, RetrieveError
from newsbeam.records import record_id


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_an_id_is_twenty_hex_digits_and_stable(parts: list[str]) -> None:
    assert record_id(*parts) == record_id(*parts)
    assert len(record_id(*parts)) == 20
    assert int(record_id(*parts), 16) >= 0


def test_an_id_depends_on_where_the_parts_end() -> None:
    assert record_id("ab", "c") != record_id("a", "bc")


def test_errors_survive_pickling_with_all_they_say() -> None:
    for error in (
        RetrieveError("https://a.example/", "HTTP 503", "http_error"),
        ParseError("https://a.example/", "not a feed"),
        QueryError("a AND", 5, "a term is missing; write one after AND"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error)
        assert type(again) is type(error)
    assert RetrieveError("u", "m").verdict == "unreachable"
    assert RetrieveError("u", "m", "timeout").verdict == "timeout"


def test_a_query_error_points_to_the_place() -> None:
    lines = str(QueryError("a AND", 5, "a term is missing")).splitlines()
    assert lines[1].index("a AND") + 5 == lines[2].index("^")
