"""A store with alert rules, and articles put into it by hand."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from newsbeam.alerts.settings import AlertRule, AlertsSettings
from newsbeam.records import (
    Article,
    Cursor,
    Embedded,
    Evidence,
    LedgerRow,
    Mention,
    Zone,
    ZoneKind,
    record_id,
)
from newsbeam.settings import Settings
from sinks.channels.dispatch import Dispatcher
from sinks.slack.bot import SlackBot
from sinks.store.alerts import alerts_step
from sinks.store.articles import articles_step, mentions_step
from sinks.store.batch import Batch
from sinks.store.commit import commit, cursors_step, entries_step, ledger_step
from sinks.store.rows import article_row, cursor_row, ledger_row, mention_row, to_table

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FEED = "https://harbour-courier.example/feed.xml"


def rule(**changes: Any) -> AlertRule:
    """A rule that sends everything to #news at once."""
    return AlertRule(**{"name": "all", "channel": "#news", **changes})


def alerts(*rules: AlertRule, **changes: Any) -> AlertsSettings:
    """Settings with these rules, or one that sends everything."""
    return AlertsSettings(**{"rules": rules or (rule(),), "slack_gap_s": 0.0, **changes})


def article(name: str, **changes: Any) -> Article:
    """An article of the Harbour Courier, published ten minutes ago."""
    outlet = changes.get("outlet", "harbour-courier.example")
    text = changes.pop("text", f"The council met on {name}. The port stays closed until Monday.")
    made: dict[str, Any] = {
        "id": record_id("article", name),
        "url": f"https://{outlet}/{name}",
        "canonical_url": f"https://{outlet}/{name}",
        "outlet": outlet,
        "title": f"Port closed: {name}",
        "text": text,
        "fetched": NOW,
        "published": NOW - timedelta(minutes=10),
        "published_confidence": 0.9,
        "zones": (Zone(ZoneKind.BODY, 0, len(text)),),
        "language": "en",
        "feed_url": FEED,
    }
    return Article(**{**made, **changes})


def mention(of: Article, topic: str = "ports", score: float = 0.9) -> Mention:
    """A mention with the evidence of one sentence."""
    sentence = of.text.split(". ")[-1]
    word = "port" if "port" in sentence else sentence.split()[0]
    evidence = Evidence("query", "body", 0, 4, word, sentence, term="port")
    return Mention(
        record_id("mention", of.id, topic), of.id, topic, score, "query", "v1", (evidence,)
    )


@dataclass
class Desk:
    """A store, its settings and a clock that only moves when told."""

    db: duckdb.DuckDBPyConnection
    folder: Path
    settings: AlertsSettings
    now: datetime = NOW
    runs: int = field(default=0)
    stories: dict[str, str] = field(default_factory=dict)
    """Article id -> story: what the stories' step would find."""
    copies: set[str] = field(default_factory=set)
    """Ids of articles that repeat another's text."""
    events: list[tuple[str, str, str | None, str]] = field(default_factory=list)
    """(event id, kind, story, sentence) that the stories' step would find in the next batch."""

    def clock(self) -> datetime:
        return self.now

    def start(self) -> None:
        """Make the first commit, which seeds: the feed answers, with nothing in it."""
        cursor = Cursor(FEED, last_success=self.now, verdict="feed_ok")
        self.commit([], cursors=[cursor])

    def arrive(
        self, *articles: Article, topics: Sequence[str] = ("ports",), score: float = 0.9,
        kind: str = "watch", cursors: Sequence[Cursor] = (), story: str | None = None,
    ) -> Batch:  # fmt: skip
        """Commit articles, each with a mention of every topic, all of one story if it is named."""
        if story:
            self.stories |= {a.id: story for a in articles}
        mentions = [mention(a, t, score) for a in articles for t in topics]
        return self.commit(articles, mentions, kind=kind, cursors=cursors)

    def commit(
        self,
        articles: Sequence[Article],
        mentions: Sequence[Mention] = (),
        *,
        kind: str = "watch",
        cursors: Sequence[Cursor] = (),
    ) -> Batch:
        """Stage and commit a batch through all of the store's steps."""
        self.runs += 1
        run_id = f"run-{self.runs}-{self.now:%H%M%S%f}"
        folder = self.folder / run_id
        folder.mkdir(parents=True)
        articles = [replace(a, fetched=self.now) for a in articles]
        rows = {
            "articles": [article_row(Embedded(a)) for a in articles],
            "mentions": [mention_row(m) for m in mentions],
            "cursors": [cursor_row(c) for c in cursors],
            "ledger": [
                ledger_row(
                    LedgerRow(f"entry-{a.id}", "entry", a.url, "match", "article", None, self.now,
                              article_id=a.id)
                )
                for a in articles
            ],
        }  # fmt: skip
        for name, found in rows.items():
            if found:
                pq.write_table(to_table(name, found), folder / f"{name}-0.parquet")
        settings = Settings(alerts=self.settings)
        batch = Batch(run_id, kind, self.now, settings.hash(), settings, folder)
        steps = (
            articles_step, mentions_step, self._group, alerts_step, ledger_step, entries_step,
            cursors_step,
        )  # fmt: skip
        commit(self.db, batch, steps, finished=self.clock)
        return batch

    def _group(self, db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        """Stand in for the stories' step: every outlet is a newsroom, nothing is a copy."""
        for article_id, story in self.stories.items():
            db.execute(
                "INSERT INTO story_articles SELECT article_id, $2, 1, first_fetched, published, "
                "outlet, outlet, 'newsroom', $4, NULL, NULL, NULL, 1, [], $3 "
                "FROM article_rows WHERE article_id = $1 "
                "ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id",
                [article_id, story, batch.run_id, "x" if article_id in self.copies else None],
            )
        db.execute(
            "INSERT INTO story_rows SELECT s.story_id, any_value(a.title), any_value(article_id), "
            "arg_min(article_id, a.published), min(s.arrived), max(s.arrived), count(*), 0, "
            "count(DISTINCT s.outlet), count(DISTINCT s.outlet), NULL, $1 "
            "FROM story_articles s JOIN article_rows a USING (article_id) GROUP BY s.story_id "
            "ON CONFLICT (story_id) DO UPDATE SET articles = excluded.articles, "
            "newsrooms = excluded.newsrooms, outlets = excluded.outlets",
            [batch.run_id],
        )
        for event, kind, story_id, sentence in self.events:
            db.execute(
                "INSERT INTO story_events VALUES (?, ?, ?, 'ports', NULL, ?, 3.5, ?, ?)",
                [event, kind, story_id, batch.utc, json.dumps({"sentence": sentence}),
                 batch.run_id],
            )  # fmt: skip
        self.events.clear()

    def dispatcher(self, slack: Any, **changes: Any) -> Dispatcher:
        """A dispatcher that sends to a loopback Slack, which keeps the desk's time."""
        slack.clock = lambda: self.clock().timestamp()
        bot = SlackBot(slack.token, base_url=slack.url, gap_s=0.0, **{"timeout_s": 1.0, **changes})
        settings = replace(self.settings, slack_workspace_gap_s=0.0)
        return Dispatcher(self.db, settings, lambda channel: bot, self.clock)

    def dispatch(self, slack: Any, seconds: float = 0, **changes: Any) -> None:
        """Send all that is due; then let time pass in steps until ``seconds`` are over."""
        sender = self.dispatcher(slack, **changes)
        end = self.now + timedelta(seconds=seconds)
        while (again := sender.step()) is not None:
            if again > end:
                break
            self.now = max(self.now, again)
        self.now = max(self.now, end)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()


__all__ = ["FEED", "NOW", "Desk", "alerts", "article", "asdict", "mention", "rule"]
