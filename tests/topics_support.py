"""A small newsroom for the tests of ``newsbeam topics``: settings, one topic, three articles."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from newsbeam.records import Article, Embedded
from pipelines.cli import cli
from pipelines.cli.topics_tag import make_article
from sinks.store.rows import article_row
from sinks.store.store import connect, open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BEES = """
name = "bees"
title = "Honey bees"
description = "The health of honey bees."
query = '''bees NEAR/12 (hive* OR honey)'''
"""
TEXTS = [
    ("Honey bees return", "The honey bees came back to their hives in April, they say."),
    ("Beekeepers mourn", "Half of the honey bees of the valley died in their hives."),
    ("Mayor opens library", "The library has ten thousand books and opens every day."),
]  # fmt: skip


def run(*args: str, config: Path | None = None, stdin: str | None = None) -> Result:
    """Run ``newsbeam topics``."""
    where = ["--config", str(config)] if config else []
    return CliRunner().invoke(cli, [*where, "topics", *args], input=stdin)


def make_newsroom(tmp_path: Path) -> Path:
    """Write settings, one topic and a store with three articles; no mention yet."""
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "bees.toml").write_text(BEES, encoding="utf-8")
    config = tmp_path / "newsbeam.toml"
    config.write_text('[topics]\npacks = []\n[store]\npath = "store.duckdb"\n', encoding="utf-8")
    with open_store(tmp_path / "store.duckdb", "test") as db:
        for i, (title, text) in enumerate(TEXTS):
            made = make_article(f"a{i}", title, text, "en")
            assert isinstance(made, Article)
            insert(db, article_row(Embedded(made)))
    return config


def insert(db: Any, row: dict[str, Any]) -> None:
    """Put an article into the store, without a run."""
    facts = {
        "first_fetched": NOW.replace(tzinfo=None),
        "fetched": NOW.replace(tzinfo=None),
        "revision": 1,
        "run_id": "r",
        "lead": row["text"][:400],
    }
    known = [c[0] for c in db.execute("DESCRIBE article_rows").fetchall()]
    values = {k: v for k, v in {**row, **facts}.items() if k in known}
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}
    marks = ", ".join("?" * len(values))
    db.execute(
        f"INSERT INTO article_rows ({', '.join(values)}) VALUES ({marks})", list(values.values())
    )
    db.execute(
        "INSERT INTO article_texts VALUES (?, 1, ?, ?, ?, ?, 'r')",
        [row["article_id"], NOW.replace(tzinfo=None), row["title"], row["text"], row["zones"]],
    )


def ids(config: Path) -> list[str]:
    """Return the ids of the articles, in order of their headlines."""
    db = connect(config.parent / "store.duckdb", read_only=True)
    found = [
        r[0] for r in db.execute("SELECT article_id FROM article_rows ORDER BY title").fetchall()
    ]
    db.close()
    return found
