"""Stories in a real store: batches, restores, merges, splits, counts and events."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from newsbeam.encoder import BUNDLED_SHA256
from newsbeam.errors import ConfigError
from newsbeam.records import Article, Embedded, Evidence, Mention
from newsbeam.settings import Settings
from sinks.store.articles import articles_step, mentions_step
from sinks.store.batch import Batch
from sinks.store.commit import commit
from sinks.store.rows import article_row, mention_row, to_table
from sinks.store.store import open_store
from sinks.store.stories import group_step, parted, past_window
from sinks.store.story_edits import merge_stories, split_story

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = (articles_step, mentions_step, group_step)

FERRY = (
    "PORT HALDEN (AP) — A ferry with 212 people on board ran aground off Port Halden on Monday, "
    "the coast guard said. Eleven passengers were taken to hospital. The Norrsund was on its way "
    "to Brevik when its engine failed in a storm, the harbour master Ida Lund told reporters."
)
FERRY_OWN = (
    "All 212 people on the ferry Norrsund are safe after she struck rocks near Port Halden on "
    "Monday. Harbour master Ida Lund said the engine had failed. Eleven people are in hospital."
)
FERRY_LATER = (
    "The captain of the ferry Norrsund, which ran aground off Port Halden on Monday, was drunk. "
    "Prosecutor Mette Dahl charged Olav Brandt with endangering 212 lives on Wednesday evening."
)
BANK = (
    "The central bank of Arvenia raised its main interest rate to 4.25 percent on Tuesday. "
    "Governor Pavel Zeman said inflation was still too high, at 6.1 percent in February."
)


def vector(seed: int) -> bytes:
    made = np.random.default_rng(seed).normal(size=384).astype(np.float32)
    return (made / np.linalg.norm(made)).astype(np.float32).tobytes()


BUNDLED = f"all-MiniLM-L6-v2@{BUNDLED_SHA256[:12]}/fp32/torch"


def article(id: str, outlet: str, title: str, text: str, hours: float, seed: int) -> Embedded:
    return Embedded(
        Article(
            id=id,
            url=f"https://{outlet}/{id}",
            canonical_url=f"https://{outlet}/{id}",
            outlet=outlet,
            title=title,
            text=text,
            fetched=NOON + timedelta(days=3),
            published=NOON + timedelta(hours=hours),
            language="en",
        ),
        BUNDLED,
        vector(seed),
    )


ARTICLES = [
    article("a1", "coast.example", "Ferry Norrsund runs aground", FERRY, 0, 1),
    article("a2", "inland.example", "Storm drama at sea", FERRY, 1, 1),
    article("a3", "harbour.example", "212 safe after ferry Norrsund hits rocks", FERRY_OWN, 2, 1),
    article("b1", "ledger.example", "Arvenia raises interest rates", BANK, 5, 2),
    article("a4", "harbour.example", "Captain of ferry Norrsund charged", FERRY_LATER, 50, 1),
]


def commit_batch(
    db: duckdb.DuckDBPyConnection,
    folder: Path,
    articles: list[Embedded],
    run_id: str,
    warm: dict[str, Any] | None = None,
    kind: str = "run",
    now: datetime = NOON + timedelta(days=3),
) -> Batch:
    folder = folder / run_id
    folder.mkdir()
    pq.write_table(
        to_table("articles", [article_row(a) for a in articles]), folder / "articles-0.parquet"
    )
    mentions = [
        Mention(
            id=f"m-{a.article.id}",
            article_id=a.article.id,
            topic="ferries",
            score=0.9,
            matched_by="query",
            topic_version="1",
            evidence=(Evidence("query", "body", 0, 5, "ferry", "a ferry"),),
        )
        for a in articles
        if a.article.id.startswith("a")
    ]
    pq.write_table(
        to_table("mentions", [mention_row(m) for m in mentions]), folder / "mentions-0.parquet"
    )
    batch = Batch(run_id, kind, now, "hash", Settings(), folder, warm={} if warm is None else warm)
    commit(db, batch, STEPS, finished=lambda: now)
    return batch


@pytest.fixture
def db(tmp_path: Path) -> Any:
    with open_store(tmp_path / "store.duckdb") as opened:
        yield opened


def grouped(db: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return db.execute(
        "SELECT article_id, story_id, copy_of, similarity FROM story_articles ORDER BY 1"
    ).fetchall()


def story_of(db: duckdb.DuckDBPyConnection, article_id: str) -> str:
    found = db.execute(
        "SELECT story_id FROM story_articles WHERE article_id = ?", [article_id]
    ).fetchone()
    assert found is not None
    return str(found[0])


def test_one_batch_many_batches_and_a_warm_watch_give_the_same_stories(tmp_path: Path) -> None:
    results = []
    for name, size, warm in (("one", 5, None), ("cold", 1, None), ("warm", 1, {})):
        folder = tmp_path / name
        folder.mkdir()
        with open_store(folder / "store.duckdb") as db:
            for start in range(0, 5, size):
                part = ARTICLES[start : start + size]
                commit_batch(db, folder, part, f"r{start}", warm)
            results.append(grouped(db))
    assert results[0] == results[1] == results[2]


def test_another_model_leaves_the_vectors_of_the_one_before_aside(db: Any, tmp_path: Path) -> None:
    warm: dict[str, Any] = {}
    commit_batch(db, tmp_path, ARTICLES[:2], "r1", warm)
    other = "larger@1-centred/fp32/sentence-transformers"
    wide = np.concatenate([np.frombuffer(vector(1), np.float32)] * 2) / np.float32(2**0.5)
    later = [Embedded(a.article, other, wide.tobytes()) for a in ARTICLES[2:]]
    commit_batch(db, tmp_path, later[:1], "r2", warm)
    commit_batch(db, tmp_path, later[1:], "r3")
    assert len({story_of(db, name) for name in ("a1", "a2")}) == 1
    assert story_of(db, "a3") == story_of(db, "a4") != story_of(db, "b1")
    for model, known in ((BUNDLED, 2), (BUNDLED.replace("fp32", "bf16"), 2), (other, 3)):
        past = past_window(db, model=model)
        assert int(past.embedded.sum()) == known
        assert past.vectors.shape == (5, 768 if model == other else 384)
    models = db.execute("SELECT model FROM runs ORDER BY run_id").fetchall()
    assert models == [(BUNDLED,), (other,), (other,)]


def test_reprints_count_once_and_for_the_agency(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    row = db.execute(
        "SELECT articles, copies, outlets, newsrooms FROM story_rows WHERE story_id = ?",
        [story_of(db, "a1")],
    ).fetchone()
    assert row == (4, 1, 3, 2)  # AP (printed twice) and harbour.example
    assert db.execute(
        "SELECT copy_of, wire_origin, newsroom FROM story_articles WHERE article_id = 'a2'"
    ).fetchone() == ("a1", "AP", "AP")


def test_what_an_aggregator_showed_first_is_the_report_of_the_newsroom_that_has_it(
    db: Any, tmp_path: Path
) -> None:
    articles = [
        article("x1", "news.google.com", "Ferry Norrsund hits rocks", FERRY_OWN, 0, 1),
        article(
            "x2", "harbour.example", "212 safe after ferry Norrsund hits rocks", FERRY_OWN, 1, 1
        ),
        article("x3", "inland.example", "Ferry drama", FERRY_OWN, 2, 1),
        article("x4", "coast.example", "Ferry Norrsund runs aground", FERRY, 3, 1),
    ]
    commit_batch(db, tmp_path, articles, "r1")
    row = db.execute(
        "SELECT articles, copies, newsrooms FROM story_rows WHERE story_id = ?",
        [story_of(db, "x1")],
    ).fetchone()
    assert row == (4, 2, 2)  # harbour.example and AP
    first = db.execute("SELECT newsroom, hours_ahead FROM first_reports").fetchall()
    assert first == [("harbour.example", 2.0)]


def test_a_failed_commit_leaves_no_warm_grouper_that_ran_on(db: Any, tmp_path: Path) -> None:
    warm: dict[str, Any] = {}
    commit_batch(db, tmp_path, ARTICLES[:2], "r1", warm)

    def breaks(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        group_step(db, batch)
        raise RuntimeError("a crash after grouping")

    folder = tmp_path / "r2"
    folder.mkdir()
    table = to_table("articles", [article_row(a) for a in ARTICLES[2:]])
    pq.write_table(table, folder / "articles-0.parquet")
    now = NOON + timedelta(days=3)
    batch = Batch("r2", "run", now, "hash", Settings(), folder, warm=warm)
    with pytest.raises(RuntimeError):
        commit(db, batch, (articles_step, mentions_step, breaks), finished=lambda: now)
    commit_batch(db, tmp_path, ARTICLES[2:], "r3", warm)
    assert len(grouped(db)) == 5
    assert story_of(db, "a3") == story_of(db, "a1")


def test_a_merge_by_hand_leaves_lineage_and_stories_as_of_before(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    ferry, bank = story_of(db, "a1"), story_of(db, "b1")
    later = NOON + timedelta(days=4)
    assert merge_stories(db, ferry, bank, reason="test", by="editor", at=later) == 1
    assert db.execute(
        "SELECT merged_into, articles FROM story_rows WHERE story_id = ?", [bank]
    ).fetchone() == (ferry, 0)
    assert db.execute(
        "SELECT kind, from_story, to_story, articles, decided_by FROM story_lineage"
    ).fetchall() == [("merge", bank, ferry, 1, "editor")]

    def then(days: float) -> str:
        return db.execute(  # type: ignore[no-any-return]
            "SELECT story_id FROM story_history WHERE article_id = 'b1' AND valid_from <= $1 "
            "AND (valid_to IS NULL OR valid_to > $1)",
            [(NOON + timedelta(days=days)).replace(tzinfo=None)],
        ).fetchone()[0]

    assert then(3.5) == bank
    assert then(4.5) == ferry


def test_a_split_gives_a_new_id_and_a_merge_takes_it_back(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    ferry, later = story_of(db, "a1"), NOON + timedelta(days=4)
    made, moved = split_story(db, ferry, ["a4"], reason="the trial", by="editor", at=later)
    assert (moved, story_of(db, "a4")) == (1, made)
    counts = "SELECT articles FROM story_rows WHERE story_id = ?"
    assert db.execute(counts, [ferry]).fetchone() == (3,)
    merge_stories(db, ferry, made, reason="no", by="editor", at=later + timedelta(hours=1))
    assert db.execute(counts, [ferry]).fetchone() == (4,)


def test_a_merge_that_is_taken_back_gives_the_story_its_id_back(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    ferry, bank, later = story_of(db, "a1"), story_of(db, "b1"), NOON + timedelta(days=4)
    merge_stories(db, ferry, bank, reason="test", by="editor", at=later)
    made, _ = split_story(
        db, ferry, ["b1"], reason="no", by="editor", at=later + timedelta(hours=1)
    )
    assert made == bank == story_of(db, "b1")
    assert db.execute(
        "SELECT merged_into, articles, newsrooms FROM story_rows WHERE story_id = ?", [bank]
    ).fetchone() == (None, 1, 1)
    assert parted(db) == [(ferry, bank)]
    history = (
        "SELECT story_id, change FROM story_history WHERE article_id = 'b1' ORDER BY valid_from"
    )
    assert db.execute(history).fetchall() == [(bank, "grouped"), (ferry, "merge"), (bank, "split")]


def test_what_was_split_is_kept_apart_under_the_name_it_has_now(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    ferry, bank, later = story_of(db, "a1"), story_of(db, "b1"), NOON + timedelta(days=4)
    trial, _ = split_story(db, ferry, ["a4"], reason="the trial", by="editor", at=later)
    again, _ = split_story(db, ferry, ["a3"], reason="own", by="editor", at=later)
    assert parted(db) == sorted([(ferry, trial), (ferry, again)])
    merge_stories(db, bank, trial, reason="x", by="editor", at=later + timedelta(hours=1))
    merge_stories(db, ferry, again, reason="x", by="editor", at=later + timedelta(hours=1))
    assert parted(db) == [(ferry, bank)]


@pytest.mark.parametrize("articles", [["b1"], ["a1", "a2", "a3", "a4"]])
def test_a_split_that_makes_no_sense_is_refused(
    db: Any, tmp_path: Path, articles: list[str]
) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1")
    with pytest.raises(ConfigError):
        split_story(db, story_of(db, "a1"), articles, reason="x", by="x", at=NOON)


def test_what_people_changed_is_what_the_next_batch_goes_on_from(db: Any, tmp_path: Path) -> None:
    warm: dict[str, Any] = {}
    commit_batch(db, tmp_path, ARTICLES[:3], "r1", warm)
    made, _ = split_story(
        db, story_of(db, "a1"), ["a3"], reason="test", by="editor", at=NOON + timedelta(days=3)
    )
    commit_batch(db, tmp_path, ARTICLES[3:], "r2", warm)
    assert story_of(db, "a3") == made


def test_events_carry_evidence_that_can_be_checked(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES[:4], "r1")
    commit_batch(db, tmp_path, ARTICLES[4:], "r2")
    kinds = dict(
        db.execute("SELECT kind, count(*) FROM story_events GROUP BY kind ORDER BY kind").fetchall()
    )
    assert kinds["new_story"] == 1
    rows = db.execute(
        "SELECT article_id, evidence FROM story_events WHERE kind = 'new_fact' AND run_id = 'r2'"
    ).fetchall()
    assert len(rows) == 1
    evidence = json.loads(rows[0][1])
    assert rows[0][0] == "a4"
    assert "Brandt" in evidence["sentence"]
    assert "Brandt" in evidence["new names and numbers"]
    assert set(evidence["articles compared"]) == {"a1", "a2", "a3"}


def test_a_new_story_names_the_nearest_earlier_one(db: Any, tmp_path: Path) -> None:
    vote = "The council of Brevik chose Anna Holm as mayor on Wednesday, by nine votes to six."
    mayor = article("a9", "inland.example", "Brevik has a new mayor", vote, 60, 9)
    commit_batch(db, tmp_path, [*ARTICLES, mayor], "r1")
    found = {
        article: json.loads(evidence)["nearest earlier story"]
        for article, evidence in db.execute(
            "SELECT article_id, evidence FROM story_events WHERE kind = 'new_story'"
        ).fetchall()
    }
    assert found["a1"] is None
    assert found["a9"] == story_of(db, "a1") != story_of(db, "a9")


def test_a_backfill_makes_no_events(db: Any, tmp_path: Path) -> None:
    commit_batch(db, tmp_path, ARTICLES, "r1", kind="backfill")
    assert db.execute("SELECT count(*) FROM story_events").fetchone() == (0,)


def test_a_starting_system_says_no_baseline_yet_and_a_measured_one_bursts(
    db: Any, tmp_path: Path
) -> None:
    start = NOON + timedelta(days=3)
    names = ["Norrsund", "Halden", "Brevik", "Skagen", "Lofoten", "Vardo"]
    many = [
        article(
            f"a-{n}", f"{n.lower()}.example", f"Ferry {n} sinks", f"{n} sank. " * 9, 71.5, 10 + i
        )
        for i, n in enumerate(names)
    ]
    commit_batch(db, tmp_path, many, "young", now=start)
    assert db.execute(
        "SELECT kind, topic FROM story_events WHERE topic = 'ferries' "
        "AND kind IN ('burst', 'no_baseline')"
    ).fetchall() == [("no_baseline", "ferries")]
    runs = [(f"past-{i}", start + timedelta(hours=6 * i + 1)) for i in range(90, 140)]
    for run_id, at in runs:
        db.execute(
            f"INSERT INTO runs SELECT * REPLACE ('{run_id}' AS run_id, "
            f"TIMESTAMP '{at:%Y-%m-%d %H:%M}' AS started) FROM runs WHERE run_id = 'young'"
        )
    now = start + timedelta(days=35)
    later = [
        article(f"a+{n}", f"{n.lower()}.example", f"Ferry {n} found", f"{n} was found. " * 9,
                (now - NOON).total_seconds() / 3600 - 1, 30 + i)
        for i, n in enumerate(names)
    ]  # fmt: skip
    commit_batch(db, tmp_path, later, "grown", now=now)
    found = db.execute(
        "SELECT score, evidence FROM story_events WHERE kind = 'burst' AND topic = 'ferries'"
    ).fetchall()
    assert len(found) == 1
    evidence = json.loads(found[0][1])
    assert evidence["independent reports"] == 6
    assert evidence["baseline windows measured"] >= 28
    assert evidence["probability"] < 1e-4
