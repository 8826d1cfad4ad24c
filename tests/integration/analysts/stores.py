"""Builders for the analysts' tests: small synthetic stores, published."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from newsbeam.settings import PublishSettings
from sinks.publish.publish import Published, publish

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import synthetic

START = datetime(2026, 11, 20, tzinfo=UTC)
OPTIONS = PublishSettings(every_s=0)


class Newsroom:
    """A store with a clock that moves one minute per run, and its publication."""

    def __init__(self, db: duckdb.DuckDBPyConnection, home: Path, articles: int = 300) -> None:
        self.db, self.path, self.articles, self.runs = db, home / "pub" / "news.duckdb", 0, 0
        synthetic.prepare(db, 2_000)
        if articles:
            self.run(articles, span_days=30)

    @property
    def now(self) -> datetime:
        return START + timedelta(minutes=self.runs)

    def run(
        self, new: int = 20, revised: int = 0, span_days: float = 0.01, vectors: bool = False
    ) -> None:
        self.runs += 1
        at = self.now.replace(tzinfo=None)
        synthetic.add_run(
            self.db,
            new,
            at=at,
            first=self.articles,
            revised=revised,
            span_days=span_days,
            vectors=vectors,
        )
        self.articles += new

    def publish(self, **options: object) -> Published | None:
        return publish(self.db, self.path, OPTIONS, now=self.now, **options)  # type: ignore[arg-type]

    def same(
        self,
        tables: tuple[str, ...] = (
            "article_rows",
            "article_texts",
            "mention_rows",
            "entries",
            "ledger_rows",
            "story_rows",
            "story_articles",
            "story_history",
            "runs",
        ),
    ) -> None:
        """Compare every row of the publication with the store."""
        with duckdb.connect(str(self.path), read_only=True) as published:
            for table in tables:
                there = published.execute(f"FROM {table} ORDER BY ALL").fetchall()
                here = self.db.execute(f"FROM {table} ORDER BY ALL").fetchall()
                assert there == here, f"{table}: {len(there)} rows published, {len(here)} in store"
