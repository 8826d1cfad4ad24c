from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from newsbeam.records import Entry
from pipelines.stages.known import Known, article_id, load_known, read_known, save_known
from sinks.store.rows import fingerprint, key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = Entry("e1", "https://a.example/feed", "g", "https://a.example/1", title="A quay is mended")


def known(
    tmp_path: Path, entry: Entry, *, first: timedelta, last: timedelta, verdict: str = "article"
) -> Known:
    db = duckdb.connect()
    db.execute(
        "CREATE TABLE entries (key UBIGINT, print UBIGINT, updated TIMESTAMP, "
        "first_seen TIMESTAMP, last_seen TIMESTAMP, verdict VARCHAR)"
    )
    db.execute("CREATE TABLE article_rows (key UBIGINT)")
    naive = NOW.replace(tzinfo=None)
    updated = entry.updated.replace(tzinfo=None) if entry.updated else None
    row = [key(entry.id), fingerprint(entry), updated, naive - first, naive - last, verdict]
    db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
    db.execute("INSERT INTO article_rows VALUES (?)", [key("article-1")])
    load_known.cache_clear()
    return load_known(str(save_known(read_known(db), tmp_path)))


def test_an_entry_is_new_then_known_then_changed(tmp_path: Path) -> None:
    store = known(tmp_path, ENTRY, first=timedelta(hours=1), last=timedelta(hours=1))
    assert store.entry(replace(ENTRY, id="e2"), NOW) == "new"
    assert store.entry(ENTRY, NOW) == "known"
    assert store.entry(replace(ENTRY, title="The quay is mended"), NOW) == "changed"
    assert store.entry(replace(ENTRY, summary="At last."), NOW) == "changed"
    assert store.entry(replace(ENTRY, published=NOW), NOW) == "known"
    assert store.article("article-1")
    assert not store.article("article-2")


@pytest.mark.parametrize(
    ("first", "last", "verdict"),
    [
        (timedelta(hours=1), timedelta(hours=1), "changed"),
        (timedelta(minutes=5), timedelta(minutes=5), "known"),
        (timedelta(days=4), timedelta(hours=20), "known"),
        (timedelta(days=4), timedelta(hours=25), "changed"),
    ],
)
def test_a_new_updated_date_is_believed_after_a_quarter_of_the_entrys_age(
    tmp_path: Path, first: timedelta, last: timedelta, verdict: str
) -> None:
    before = replace(ENTRY, updated=NOW - timedelta(days=5))
    store = known(tmp_path, before, first=first, last=last)
    assert store.entry(replace(before, updated=NOW), NOW) == verdict


@pytest.mark.parametrize(
    ("verdict", "first", "last", "state"),
    [
        ("timeout", timedelta(minutes=11), timedelta(minutes=11), "retry"),
        ("timeout", timedelta(minutes=5), timedelta(minutes=5), "known"),
        ("timeout", timedelta(hours=3), timedelta(hours=1), "known"),
        ("timeout", timedelta(hours=3), timedelta(hours=2), "retry"),
        ("timeout", timedelta(days=3), timedelta(days=2), "known"),
        ("not_found", timedelta(hours=3), timedelta(hours=2), "known"),
        ("article", timedelta(hours=3), timedelta(hours=2), "known"),
    ],
)
def test_a_page_that_could_not_be_had_is_tried_again(
    tmp_path: Path, verdict: str, first: timedelta, last: timedelta, state: str
) -> None:
    store = known(tmp_path, ENTRY, first=first, last=last, verdict=verdict)
    assert store.entry(ENTRY, NOW) == state


def test_variants_of_a_url_stand_for_one_article() -> None:
    tracked = replace(ENTRY, url="https://a.example/1?utm_source=feed")
    assert article_id(tracked) == article_id(ENTRY)
    assert article_id(replace(ENTRY, url=None)) is None
