"""What the dashboard asks of the publication.  It only ever reads.

Each function takes a :class:`~sinks.publish.reader.Reader` and plain values, and returns rows as
dictionaries.  Times are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sinks.publish.reader import Reader

Rows = list[dict[str, Any]]

PREPARE = (
    """
    CREATE TEMP TABLE facts AS
    SELECT m.mention_id, m.article_id, m.topic, m.score, a.outlet, a.language, s.story_id,
           coalesce(a.published, a.first_fetched) AS published,
           coalesce(a.published, a.first_fetched)::DATE AS day
    FROM mention_rows m JOIN article_rows a USING (article_id)
    LEFT JOIN story_articles s USING (article_id)
    """,
    """
    CREATE TEMP TABLE daily AS
    SELECT coalesce(published, first_fetched)::DATE AS day, outlet, language, count(*) AS articles,
           max(least(coalesce(published, first_fetched), first_fetched))::DATE AS latest
    FROM article_rows GROUP BY ALL
    """,
    """
    CREATE TEMP TABLE told_stories AS
    SELECT r.*, a.outlet AS first_outlet
    FROM story_rows r LEFT JOIN article_rows a ON a.article_id = r.first_article
    WHERE r.merged_into IS NULL AND r.story_id IN (SELECT story_id FROM facts)
    """,
)
"""Run in memory when a publication is opened: what every page counts, without the texts."""


@dataclass(frozen=True)
class Span:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def before(self) -> "Span":
        """Return the span of the same length right before."""
        return Span(self.first - timedelta(days=self.days), self.first - timedelta(days=1))


@dataclass(frozen=True)
class Chosen:
    """The filters of a page."""

    span: Span
    topic: str | None = None
    outlets: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def where(self) -> tuple[str, dict[str, Any]]:
        """Return the condition on ``facts`` (or ``daily``), and its parameters."""
        parts = ["day BETWEEN $first AND $last"]
        values: dict[str, Any] = {"first": self.span.first, "last": self.span.last}
        if self.topic:
            parts.append("topic = $topic")
            values["topic"] = self.topic
        if self.outlets:
            parts.append("outlet IN (SELECT unnest($outlets::VARCHAR[]))")
            values["outlets"] = list(self.outlets)
        if self.languages:
            parts.append("language IN (SELECT unnest($languages::VARCHAR[]))")
            values["languages"] = list(self.languages)
        return " AND ".join(parts), values


def publication(reader: Reader) -> dict[str, Any]:
    """Return the facts of the publication."""
    return reader.rows("FROM publication")[0]


def extent(reader: Reader) -> tuple[date, date]:
    """Return the first and the last day with an article; dates in the future do not count."""
    row = reader.rows("SELECT min(day) AS first, max(latest) AS last FROM daily")[0]
    today = publication(reader)["as_of"].date()
    return row["first"] or today, max(row["last"] or today, today)


def topics(reader: Reader) -> list[str]:
    """Return the topics that have mentions."""
    return [r["topic"] for r in reader.rows("SELECT DISTINCT topic FROM facts ORDER BY 1")]


def choices(reader: Reader, column: str, limit: int = 200) -> list[str]:
    """Return outlets or languages, the most frequent first."""
    assert column in ("outlet", "language")  # noqa: S101  # never from a user
    return [
        r["v"]
        for r in reader.rows(
            f"SELECT {column} AS v FROM daily WHERE v IS NOT NULL "  # noqa: S608
            f"GROUP BY v ORDER BY sum(articles) DESC, v LIMIT {limit}"
        )
    ]


def totals(reader: Reader, chosen: Chosen) -> dict[str, Any]:
    """Return articles, articles on a topic, outlets and stories of the period."""
    where, values = chosen.where()
    articles = 0
    if not chosen.topic:
        row = reader.rows(f"SELECT sum(articles) AS n FROM daily WHERE {where}", values)[0]  # noqa: S608
        articles = int(row["n"] or 0)
    row = reader.rows(
        "SELECT count(*) AS mentions, count(DISTINCT article_id) AS told, "  # noqa: S608
        "count(DISTINCT outlet) AS outlets, count(DISTINCT story_id) AS stories "
        f"FROM facts WHERE {where}",
        values,
    )[0]
    return {"articles": articles, **row}


def by_day(reader: Reader, chosen: Chosen) -> Rows:
    """Return mentions per topic and day; days without any are there too, with 0."""
    where, values = chosen.where()
    return reader.rows(
        f"""
        WITH counts AS (SELECT topic, day, count(*) AS mentions FROM facts WHERE {where}
                        GROUP BY ALL),
        days AS (SELECT unnest(generate_series($first::DATE, $last::DATE,
                                               INTERVAL 1 DAY))::DATE AS day),
        names AS (SELECT DISTINCT topic FROM counts)
        SELECT names.topic, days.day, coalesce(mentions, 0) AS mentions
        FROM names CROSS JOIN days LEFT JOIN counts USING (topic, day) ORDER BY 1, 2
        """,  # noqa: S608
        values,
    )


def topic_table(reader: Reader, chosen: Chosen) -> Rows:
    """Return per topic: mentions now and in the period before, outlets, the loudest outlet."""
    where, values = chosen.where()
    earlier, older = Chosen(chosen.span.before(), None, chosen.outlets, chosen.languages).where()
    before = {
        r["topic"]: r["n"]
        for r in reader.rows(
            f"SELECT topic, count(*) AS n FROM facts WHERE {earlier} GROUP BY 1",  # noqa: S608
            older,
        )
    }
    rows = reader.rows(
        f"SELECT topic, count(*) AS mentions, count(DISTINCT outlet) AS outlets, "  # noqa: S608
        f"mode(outlet) AS loudest FROM facts WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1",
        values,
    )
    return [{**r, "before": before.get(r["topic"], 0)} for r in rows]


def share(reader: Reader, chosen: Chosen, limit: int = 15) -> Rows:
    """Return each outlet's mentions and share, the loudest first."""
    where, values = chosen.where()
    return reader.rows(
        f"SELECT outlet, count(*) AS mentions, count(*) / sum(count(*)) OVER () AS share, "  # noqa: S608
        f"max(published) AS latest FROM facts WHERE {where} "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {limit}",
        values,
    )


def top_stories(reader: Reader, chosen: Chosen, limit: int = 10) -> Rows:
    """Return the stories of the period that most newsrooms covered."""
    where, values = chosen.where()
    return reader.rows(
        f"""
        SELECT story_id, title, first_seen, last_seen, articles, copies, newsrooms, first_outlet
        FROM told_stories WHERE story_id IN (SELECT story_id FROM facts WHERE {where})
        ORDER BY newsrooms DESC, last_seen DESC, story_id LIMIT {limit}
        """,  # noqa: S608
        values,
    )


def mentions(reader: Reader, chosen: Chosen, limit: int, offset: int) -> Rows:
    """Return the newest mentions, with evidence and story."""
    where, values = chosen.where()
    newest = reader.rows(
        f"SELECT mention_id, article_id, story_id, newsrooms FROM facts "  # noqa: S608
        f"LEFT JOIN told_stories USING (story_id) WHERE {where} "
        f"ORDER BY published DESC, mention_id LIMIT {limit} OFFSET {offset}",
        values,
    )
    return mentions_by_id(reader, newest)


def mentions_by_id(reader: Reader, newest: Rows) -> Rows:
    """Return mentions with evidence and article.

    Args:
        reader: the publication.
        newest: rows with mention_id and article_id, in the order wanted.
    """
    if not newest:
        return []
    told = {
        r["mention_id"]: r
        for r in _by_ids(reader, "mention_rows", "mention_id", [r["mention_id"] for r in newest])
    }
    articles = {
        r["article_id"]: r
        for r in _by_ids(
            reader,
            "(SELECT article_id, title, url, outlet, language, lead, "
            "coalesce(published, first_fetched) AS published FROM article_rows)",
            "article_id",
            [r["article_id"] for r in newest],
        )
    }
    return [{**told[r["mention_id"]], **articles[r["article_id"]], **r} for r in newest]


def _by_ids(reader: Reader, relation: str, column: str, ids: Sequence[str]) -> Rows:
    """Return rows by id; a list of constants lets DuckDB skip what it does not need."""
    marks = ", ".join("?" * len(ids))
    return reader.rows(f"SELECT * FROM {relation} WHERE {column} IN ({marks})", list(ids))  # noqa: S608


def bursts(reader: Reader, chosen: Chosen) -> Rows:
    """Return the bursts of the period, newest first."""
    values: dict[str, Any] = {"first": chosen.span.first, "last": chosen.span.last}
    topic = ""
    if chosen.topic:
        topic, values["topic"] = "AND topic = $topic", chosen.topic
    return reader.rows(
        "SELECT topic, at_time, score, evidence FROM story_events "  # noqa: S608
        f"WHERE kind = 'burst' AND at_time::DATE BETWEEN $first AND $last {topic} "
        "ORDER BY at_time DESC LIMIT 20",
        values,
    )


def story(reader: Reader, story_id: str) -> dict[str, Any] | None:
    """Return a story, or the one that it was merged into."""
    for _ in range(5):
        found = reader.rows("SELECT * FROM story_rows WHERE story_id = ?", [story_id])
        if not found:
            return None
        if not found[0]["merged_into"]:
            more = reader.rows("SELECT topics FROM stories WHERE story_id = ?", [story_id])
            return {**found[0], "topics": more[0]["topics"] if more else []}
        story_id = found[0]["merged_into"]
    return None


def timeline(reader: Reader, story_id: str) -> Rows:
    """Return a story's articles in order."""
    return reader.rows(
        "SELECT * FROM story_timeline WHERE story_id = ? ORDER BY position", [story_id]
    )


def revisions(reader: Reader, articles: Sequence[str]) -> Rows:
    """Return the changes of some articles, oldest first."""
    if not articles:
        return []
    texts = _by_ids(
        reader,
        "(SELECT article_id, revision, at_time, title, text FROM article_texts)",
        "article_id",
        articles,
    )
    by_revision = {(t["article_id"], t["revision"]): t for t in texts}
    outlets = {
        r["article_id"]: r["outlet"]
        for r in _by_ids(
            reader, "(SELECT article_id, outlet FROM article_rows)", "article_id", articles
        )
    }
    changes = []
    for (article, revision), after in by_revision.items():
        if before := by_revision.get((article, revision - 1)):
            changes.append(
                {
                    "article_id": article,
                    "revision": revision,
                    "changed": after["at_time"],
                    "outlet": outlets.get(article),
                    "title_before": before["title"],
                    "title": after["title"],
                    "text_before": before["text"],
                    "text": after["text"],
                    "title_changed": before["title"] != after["title"],
                }
            )
    return sorted(changes, key=lambda c: (c["changed"], c["article_id"], c["revision"]))


def feeds(reader: Reader) -> Rows:
    """Return all feeds, the troubled ones first."""
    return reader.rows(
        "SELECT * FROM feed_health ORDER BY CASE state WHEN 'failing' THEN 0 WHEN 'quiet' THEN 1 "
        "WHEN 'new' THEN 2 WHEN 'ok' THEN 3 ELSE 4 END, failures DESC, feed_url"
    )


def verdicts(reader: Reader, span: Span) -> Rows:
    """Return how entries ended in a period, most frequent first."""
    return reader.rows(
        "SELECT verdict, kind, count(*) AS n FROM ledger_rows WHERE at_time::DATE BETWEEN ? AND ? "
        "GROUP BY 1, 2 ORDER BY 3 DESC",
        [span.first, span.last],
    )


def has(reader: Reader, relation: str) -> bool:
    """Say whether the publication has a table or view."""
    return bool(
        reader.rows(
            "SELECT 1 AS yes FROM duckdb_views() WHERE view_name = $1 UNION ALL "
            "SELECT 1 FROM duckdb_tables() WHERE table_name = $1",
            [relation],
        )
    )


def everything(reader: Reader, relation: str, order: str, limit: int = 500) -> Rows:
    """Return the rows of a view, for the log pages; names are ours, never a user's."""
    return reader.rows(f"SELECT * FROM {relation} ORDER BY {order} LIMIT {limit}")  # noqa: S608
