"""Read what the alert rules look at: the stories that a batch touched, and what channels know.

The only place of the alerts that knows the tables of articles, mentions and stories.  An article
without a story counts as a story of its own, ``article:ID``.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import duckdb

from newsbeam.alerts.corrections import changed_figures, notice_in
from newsbeam.alerts.facts import (
    ArticleFact,
    EventFact,
    MentionFact,
    Mute,
    StoryFact,
    ThreadFact,
)
from newsbeam.alerts.messages import clean
from newsbeam.records import Evidence

Row = dict[str, Any]


def rows(db: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()) -> list[Row]:
    """Run a query; return its rows as dictionaries, times aware in UTC."""
    cursor = db.execute(sql, list(values))
    names = [d[0] for d in cursor.description or ()]
    return [
        {n: aware(v) if isinstance(v, datetime) else v for n, v in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]


def aware(time: datetime | None) -> datetime | None:
    """Return a time of the store with its zone: UTC."""
    return None if time is None else time.replace(tzinfo=UTC)


def touched_stories(
    db: duckdb.DuckDBPyConnection, run_id: str, *, seed_all: bool
) -> list[StoryFact]:
    """Return the stories with a mention that have a new or revised article in this batch.

    Reads ``batch_articles`` and ``batch_mentions`` of the commit's first steps.

    Args:
        db: inside the commit's transaction, before the cursors are written.
        run_id: the batch, for its events.
        seed_all: everything counts as seen (the first commit with rules).
    """
    _choose_members(db)
    found: dict[str, list[ArticleFact]] = defaultdict(list)
    for story_id, article in _members(db, seed_all=seed_all):
        found[story_id].append(article)
    stories = {s: m for s, m in found.items() if any(a.mentions for a in m)}
    about = _story_rows(db, list(stories))
    made = [_story(s, members, about.get(s)) for s, members in sorted(stories.items())]
    return _with_events(db, made, run_id)


def _choose_members(db: duckdb.DuckDBPyConnection) -> None:
    """Make ``alert_members(story_id, article_id, change, revision)``.

    These are the batch's new and revised articles, and of their stories the articles with a
    mention.
    """
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE alert_members AS
        WITH touched AS (
            SELECT b.article_id, b.change, b.revision, s.story_id
            FROM batch_articles b LEFT JOIN story_articles s USING (article_id)
            WHERE b.change <> 'same'
        )
        SELECT coalesce(story_id, 'article:' || article_id) AS story_id, article_id, change,
               revision
        FROM touched
        UNION ALL
        SELECT s.story_id, s.article_id, 'same', 0
        FROM story_articles s
        WHERE s.story_id IN (SELECT story_id FROM touched)
          AND s.article_id NOT IN (SELECT article_id FROM touched)
          AND s.article_id IN (SELECT article_id FROM mention_rows)
        """
    )


def _members(db: duckdb.DuckDBPyConnection, *, seed_all: bool) -> list[tuple[str, ArticleFact]]:
    mentions: dict[str, list[MentionFact]] = defaultdict(list)
    for m in rows(
        db,
        """
        SELECT m.article_id, m.topic, m.score, m.matched_by, m.evidence, m.partial,
               coalesce(b.change = 'new', false) AS new
        FROM mention_rows m JOIN alert_members USING (article_id)
        LEFT JOIN batch_mentions b USING (mention_id)
        ORDER BY m.article_id, m.score DESC, m.topic
        """,
    ):
        evidence = tuple(Evidence(**e) for e in json.loads(m["evidence"] or "[]"))
        mentions[m["article_id"]].append(
            MentionFact(m["topic"], m["score"], m["matched_by"], evidence, m["partial"], m["new"])
        )
    revisions = _revisions(db)
    nothing = (None, None)
    return [
        (
            a["story_id"],
            ArticleFact(
                id=a["article_id"],
                url=_link(a["url"], a["canonical_url"]),
                outlet=a["outlet"],
                title=a["title"],
                seen=a["first_fetched"],
                published=a["published"],
                site_name=a["site_name"],
                language=a["language"],
                verdict=a["verdict"],
                partial=a["partial"],
                change=a["change"],
                seeded=seed_all or a["first_poll"],
                copy=a["copy"],
                correction=revisions.get(a["article_id"], nothing)[0],
                figures=revisions.get(a["article_id"], nothing)[1],
                mentions=tuple(mentions[a["article_id"]]),
            ),
        )
        for a in rows(
            db,
            """
            SELECT s.story_id, s.change, a.article_id, a.url, a.canonical_url, a.outlet,
                   a.title, a.first_fetched, a.published, a.site_name, a.language, a.verdict,
                   a.partial,
                   -- the feed had never answered before: what it lists now was there before us
                   a.feed_url IS NOT NULL AND c.last_success IS NULL AS first_poll,
                   g.copy_of IS NOT NULL AS copy
            FROM alert_members s JOIN article_rows a USING (article_id)
            LEFT JOIN story_articles g USING (article_id)
            LEFT JOIN feed_cursors c ON c.url = a.feed_url
            ORDER BY a.first_fetched, a.article_id
            """,
        )
    ]


def _link(url: str, canonical: str) -> str:
    """Return the address to link to: without tracking, where that is on the same host."""
    return canonical if urlsplit(url).hostname == urlsplit(canonical).hostname else url


def _revisions(db: duckdb.DuckDBPyConnection) -> dict[str, tuple[str | None, str | None]]:
    """Return of each revised article what it corrects: a notice's word, and changed figures."""
    found = {}
    for article_id, title, text, old_title, old_text in db.execute(
        """
        SELECT n.article_id, n.title, n.text, o.title, o.text
        FROM alert_members s
        JOIN article_texts n ON n.article_id = s.article_id AND n.revision = s.revision
        JOIN article_texts o ON o.article_id = s.article_id AND o.revision = s.revision - 1
        WHERE s.change = 'revised'
        """
    ).fetchall():
        before, after = f"{old_title or ''}\n{old_text or ''}", f"{title or ''}\n{text or ''}"
        found[article_id] = (notice_in(before, after), changed_figures(before, after))
    return found


def _story_rows(db: duckdb.DuckDBPyConnection, stories: list[str]) -> dict[str, Row]:
    found = rows(
        db,
        """
        SELECT r.story_id, r.title, r.newsrooms, r.articles, r.copies, f.outlet,
               coalesce(f.published, f.first_fetched) AS first_at
        FROM story_rows r LEFT JOIN article_rows f ON f.article_id = r.first_article
        WHERE r.story_id IN (SELECT unnest(?))
        """,
        [stories],
    )
    return {r["story_id"]: r for r in found}


def _story(story_id: str, members: list[ArticleFact], row: Row | None) -> StoryFact:
    if row is None:  # an article that was not grouped
        only = members[0]
        at = only.published or only.seen
        return StoryFact(story_id, only.title, 1, 1, only.outlet, at, tuple(members))
    return StoryFact(
        id=story_id,
        title=row["title"],
        newsrooms=max(1, row["newsrooms"]),
        articles=row["articles"],
        copies=row["copies"],
        first_outlet=row["outlet"],
        first_at=row["first_at"],
        members=tuple(members),
    )


def _with_events(
    db: duckdb.DuckDBPyConnection, stories: list[StoryFact], run_id: str
) -> list[StoryFact]:
    """Give the batch's new facts and bursts to their stories.

    A burst of a topic is told by the topic's widest story of the batch.
    """
    events: dict[str, list[EventFact]] = defaultdict(list)
    for e in rows(
        db,
        "SELECT event_id, kind, story_id, topic, article_id, score, evidence FROM story_events "
        "WHERE run_id = ? AND kind IN ('new_fact', 'burst') ORDER BY score DESC, event_id",
        [run_id],
    ):
        story = e["story_id"]
        if story is None:
            of_topic = [
                s
                for s in stories
                if any(m.topic == e["topic"] for a in s.members for m in a.mentions)
            ]
            if not of_topic:
                continue
            story = min(of_topic, key=lambda s: (-s.newsrooms, s.id)).id
        text = _event_text(e)
        events[story].append(EventFact(e["event_id"], e["kind"], text, e["article_id"], e["topic"]))
    return [replace(s, events=tuple(events[s.id])) if s.id in events else s for s in stories]


def _event_text(event: Row) -> str:
    evidence = json.loads(event["evidence"])
    if event["kind"] == "new_fact":
        return f"new in the story: “{clean(evidence.get('sentence', ''), 500)}”"
    reports, usual = evidence.get("independent reports"), evidence.get("expected")
    figures = f"{event['score']:.1f} times the usual" if event["score"] else "far above the usual"
    if reports is not None and usual is not None:
        hours = evidence.get("window hours", 0)
        figures += f" ({reports} independent reports in {hours:g} hours, {usual:.1f} expected)"
    return f"coverage of {event['topic']} jumps: {figures}"


def threads(
    db: duckdb.DuckDBPyConnection, stories: Sequence[str]
) -> dict[tuple[str, str], tuple[ThreadFact, Row]]:
    """Return what each channel knows of the stories: by channel and story.

    A story that took others in goes on in their thread, where it has none of its own, or none that
    was told: people go on reading where they have begun.
    """
    if not stories:
        return {}
    found = rows(
        db,
        """
        WITH RECURSIVE kin(story_id, former, depth) AS (
            SELECT s, s, 0 FROM (SELECT unnest($1) AS s)
            UNION
            SELECT k.story_id, l.from_story, k.depth + 1
            FROM kin k JOIN story_lineage l ON l.to_story = k.former AND l.kind = 'merge'
            WHERE k.depth < 20
        )
        SELECT k.story_id AS now_in, t.*
        FROM kin k JOIN alert_threads t ON t.story_id = k.former
        WHERE t.status <> 'merged' OR k.depth = 0  -- a story that was parted again has its own
        QUALIFY row_number() OVER (
            PARTITION BY k.story_id, t.channel
            ORDER BY list_position(['open', 'waiting', 'item', 'listed', 'merged', 'gone'],
                                   t.status) NULLS LAST,
                     k.depth, t.began, t.story_id) = 1
        """,
        [list(stories)],
    )
    for thread in found:
        thread["status"] = "open" if thread["status"] == "merged" else thread["status"]
    return {
        (t["channel"], t["now_in"]): (ThreadFact(t["status"], t["newsrooms"], t["last_told"]), t)
        for t in found
    }


def mutes(db: duckdb.DuckDBPyConnection, now: datetime) -> tuple[Mute, ...]:
    """Return the mutes that hold."""
    found = rows(db, "SELECT kind, value, channel, until_time FROM alert_mutes ORDER BY ALL")
    return tuple(
        Mute(m["kind"], m["value"], None if m["channel"] == "*" else m["channel"])
        for m in found
        if m["until_time"] is None or m["until_time"] > now
    )


def recent_stories(
    db: duckdb.DuckDBPyConnection, channel: str, now: datetime
) -> tuple[datetime, ...]:
    """Return when the channel got new stories within the last hour, oldest first."""
    since = (now - timedelta(hours=1)).replace(tzinfo=None)
    found = rows(
        db,
        "SELECT decided FROM alert_outbox WHERE channel = ? AND kind = 'story' AND decided > ? "
        "AND decided <= ? AND status NOT IN ('cancelled', 'dead') ORDER BY decided",
        [channel, since, now.replace(tzinfo=None)],
    )
    return tuple(r["decided"] for r in found)
