"""What people and later decisions change is in the next publication, row by row."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
from stores import OPTIONS, Newsroom

from newsbeam.records import Article, Embedded, Entry, LedgerRow, Mention
from newsbeam.settings import RetentionSettings, Settings
from pipelines.stages.items import Done
from pipelines.stages.stage import stage_batch
from sinks.publish.changes import touch
from sinks.publish.publish import publish
from sinks.publish.tables import GROWING, whole
from sinks.store import housekeeping
from sinks.store.batch import Batch
from sinks.store.commit import STEPS, commit
from sinks.store.story_edits import merge_stories, split_story
from sinks.store.topics import Label, add_label, record_retag, replace_mentions


def every_table(newsroom: Newsroom) -> tuple[str, ...]:
    """Return all tables that are published."""
    here = {
        row[0] for row in newsroom.db.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    }
    growing = [t.name for t in GROWING if t.name in here]
    return (*growing, *whole(newsroom.db))


def test_every_table_equals_the_store(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.run(30, revised=10, vectors=True)
    newsroom.publish()
    newsroom.same(every_table(newsroom))


def test_merged_and_split_stories_are_published(newsroom: Newsroom) -> None:
    newsroom.publish()
    db, at = newsroom.db, newsroom.now
    big = [
        row[0]
        for row in db.execute(
            "SELECT story_id FROM story_rows WHERE articles > 2 ORDER BY 1 LIMIT 4"
        ).fetchall()
    ]
    merge_stories(db, big[0], big[1], reason="one event", by="ada", at=at)
    newsroom.runs += 1
    assert newsroom.publish()
    newsroom.same(every_table(newsroom))
    article = db.execute(
        "SELECT article_id FROM story_articles WHERE story_id = ? ORDER BY 1 LIMIT 1", [big[2]]
    ).fetchall()[0][0]
    split_story(db, big[2], [article], reason="another event", by="ada", at=at)
    newsroom.runs += 1
    assert newsroom.publish()
    newsroom.same(every_table(newsroom))
    newsroom.run(20, revised=5)
    merge_stories(db, big[0], big[3], reason="one event", by="ada", at=newsroom.now)
    newsroom.publish()
    newsroom.same(every_table(newsroom))


def test_an_answer_that_was_changed_is_published(newsroom: Newsroom) -> None:
    article, topic = newsroom.db.execute(
        "SELECT article_id, topic FROM mention_rows ORDER BY 1 LIMIT 1"
    ).fetchall()[0]
    label = Label(article, topic, True, "ada", newsroom.now, "cli")
    add_label(newsroom.db, label)
    newsroom.publish()
    add_label(newsroom.db, replace(label, about=False))
    newsroom.runs += 1
    assert newsroom.publish()
    newsroom.same(every_table(newsroom))
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        assert db.execute("SELECT about FROM labels").fetchall() == [(False,)]


def test_topics_decided_again_are_published(newsroom: Newsroom) -> None:
    newsroom.publish()
    rows = newsroom.db.execute(
        "SELECT mention_id, article_id, topic FROM mention_rows ORDER BY 1 LIMIT 6"
    ).fetchall()
    kept = [Mention(m, a, t, 0.77, "query", "v2") for m, a, t in rows[:2]]
    newsroom.db.execute("BEGIN")
    counts = replace_mentions(
        newsroom.db,
        sorted({t for _, _, t in rows}),
        [a for _, a, _ in rows],
        kept,
        newsroom.now,
        "retag",
    )
    now = newsroom.now
    record_retag(newsroom.db, "retag", now, now, "c", counts)
    newsroom.db.execute("COMMIT")
    assert (counts["kept"], counts["lost"]) == (2, 4)
    newsroom.runs += 1
    newsroom.publish()
    newsroom.same(every_table(newsroom))


def test_a_mention_that_a_correction_lost_goes(newsroom: Newsroom, tmp_path: Path) -> None:
    _commit(newsroom, tmp_path, "first", "The court heard the copyright case.", "copyright")
    newsroom.publish()
    newsroom.runs += 1
    _commit(newsroom, tmp_path, "second", "The court heard another case.", None)
    newsroom.publish()
    newsroom.same(every_table(newsroom))
    with duckdb.connect(str(newsroom.path), read_only=True) as db:
        assert db.execute("SELECT count(*) FROM mentions WHERE topic = 'copyright'").fetchall() == [
            (0,)
        ]


def _commit(newsroom: Newsroom, home: Path, run: str, text: str, topic: str | None) -> None:
    """Commit one article, the same each time, through the steps of every run."""
    entry = Entry("entry-1", "https://a.example/feed", "1", "https://a.example/1")
    article = Article(
        id="article-1",
        url="https://a.example/1",
        canonical_url="https://a.example/1",
        outlet="a.example",
        title="In court",
        text=text,
        fetched=newsroom.now,
        entry_id=entry.id,
        published=newsroom.now - timedelta(hours=2),
        published_confidence=0.8,
    )
    row = LedgerRow(
        entry.id, "entry", entry.url, "match", "article", None, newsroom.now, entry.feed_url
    )
    mentions = (Mention("mention-1", article.id, topic, 0.9, "query", "v1"),) if topic else ()
    vector = np.ones(384, dtype=np.float32).tobytes()
    done = Done(
        entry, replace(row, article_id=article.id), Embedded(article, "m", vector), mentions
    )
    stage_batch([done], home / run)
    batch = Batch(run, "run", newsroom.now, "c", Settings(), home / run)
    assert commit(newsroom.db, batch, STEPS, finished=lambda: newsroom.now)


def test_what_retention_forgets_is_forgotten_everywhere(newsroom: Newsroom) -> None:
    newsroom.publish()
    newsroom.runs += 60 * 24 * 40
    newsroom.run(15)
    keep = RetentionSettings(text_days=30, entry_days=30, ledger_days=30)
    done = housekeeping.prune(newsroom.db, keep, newsroom.now)
    assert done.texts
    assert done.rows
    for table in done.tables:
        touch(newsroom.db, table, None)
    publish(newsroom.db, newsroom.path, OPTIONS, now=newsroom.now + timedelta(seconds=1))
    newsroom.same(every_table(newsroom))
