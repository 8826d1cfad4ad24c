"""Entries are recognised whatever a feed changes about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.parsing.identity import recognise
from newsbeam.records import Entry, record_id

FEED = "https://herald.example/feed"
DAY = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def entry(
    n: int, *, guid: str | None = None, link: str | None = None, title: str | None = None
) -> Entry:
    guid = guid or f"guid-{n}"
    return Entry(
        id=record_id("entry", FEED, guid),
        feed_url=FEED,
        guid=guid,
        url=link or f"https://herald.example/{n}/story-number-{n}",
        title=title or f"The council decides on matter {n}",
        published=DAY - timedelta(hours=n),
    )


def ids(entries: tuple[Entry, ...]) -> list[str]:
    return [e.id for e in entries]


def test_changed_guids_are_the_same_entries() -> None:
    first, known = recognise([entry(n) for n in range(5)], [])
    second, _ = recognise([entry(n, guid=f"new-{n}") for n in range(5)], known)
    assert ids(second) == ids(first)


def test_changed_links_are_the_same_entries() -> None:
    first, known = recognise([entry(n) for n in range(5)], [])
    second, _ = recognise(
        [entry(n, link=f"https://herald.example/moved/{n}") for n in range(5)], known
    )
    assert ids(second) == ids(first)


def test_changed_titles_are_the_same_entries() -> None:
    first, known = recognise([entry(n) for n in range(5)], [])
    second, _ = recognise([entry(n, title=f"Corrected: {n}") for n in range(5)], known)
    assert ids(second) == ids(first)


def test_google_news_renews_guid_link_and_date_and_is_recognised() -> None:
    feed = "https://news.google.com/rss/search?q=ai"

    def fetched(n: int, fetch: int) -> Entry:
        code = f"CBMi{n}{fetch}" * 6
        made = entry(n, guid=code, link=f"https://news.google.com/rss/articles/{code}")
        return replace(made, feed_url=feed, published=DAY + timedelta(minutes=fetch))

    first, known = recognise([fetched(n, 1) for n in range(10)], [])
    second, _ = recognise([fetched(n, 2) for n in [*range(10), 77]], known)
    assert ids(second)[:10] == ids(first)
    assert ids(second)[10] not in ids(first)


def test_a_feed_that_renews_all_addresses_is_found_out() -> None:
    def fetched(n: int, fetch: int) -> Entry:
        made = entry(n, guid=f"{fetch}-{n}", link=f"https://herald.example/s{fetch}/{n}")
        return replace(made, published=DAY + timedelta(minutes=fetch))

    first, known = recognise([fetched(n, 1) for n in range(5)], [])
    second, _ = recognise([fetched(n, 2) for n in range(5)], known)
    assert ids(second) == ids(first)


def test_guids_counted_from_one_at_every_print_are_not_believed() -> None:
    first, known = recognise([entry(n, guid=str(n)) for n in (1, 2, 3)], [])
    shifted = [
        entry(9, guid="1"),
        *(replace(e, guid=str(at), id=record_id("entry", FEED, str(at))) for at, e in
          enumerate([entry(n) for n in (1, 2)], start=2)),
    ]  # fmt: skip
    second, _ = recognise(shifted, known)
    assert ids(second)[1:] == ids(first)[:2]
    assert ids(second)[0] not in ids(first)


def test_a_daily_column_with_one_title_stays_many_entries() -> None:
    def column(day: int) -> Entry:
        made = entry(day, title="The morning briefing of the day")
        return replace(made, published=DAY + timedelta(days=day))

    first, known = recognise([column(1)], [])
    second, known = recognise([column(2)], known)
    assert ids(second) != ids(first)


def test_an_item_printed_twice_is_one_entry() -> None:
    found, _ = recognise([entry(1), entry(1), entry(2)], [])
    assert len(found) == 2


def test_an_entry_that_returns_keeps_its_id() -> None:
    first, known = recognise([entry(n) for n in range(3)], [])
    _, known = recognise([entry(n) for n in range(10, 13)], known)
    third, _ = recognise([entry(n, guid=f"again-{n}") for n in range(3)], known)
    assert ids(third) == ids(first)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), max_size=12),
    st.lists(st.text(max_size=20)),
)
def test_ids_are_unique_and_stable(made: list[tuple[int, int, int]], rubbish: list[str]) -> None:
    entries = [entry(n, guid=f"g{g}", title=f"A title of some length {t}") for g, n, t in made]
    first, known = recognise(entries, rubbish)
    assert len(set(ids(first))) == len(first)
    again, _ = recognise(entries, known)
    assert set(ids(again)) == set(ids(first))
