"""Why an article did or did not alert, in words."""

from fnmatch import fnmatchcase
from typing import Any

import duckdb

from newsbeam.settings import Settings
from sinks.store.alert_facts import rows

_WORDS = {
    "alerted": "it was sent",
    "held": "it was held for a digest",
    "replied": "it was told in the story's thread",
    "seeded": "it counts as seen",
    "known_story": "its story is known",
    "same_message": "another rule's message speaks for it",
    "below_score": "the mention is too weak",
    "too_few_newsrooms": "too few newsrooms cover the story",
    "outlet_left_out": "the outlet is left out",
    "language_left_out": "the language is left out",
    "muted": "muted",
    "too_old": "too old",
    "not_new": "nothing new",
    "no_burst": "no burst",
}


def explain_article(
    db: duckdb.DuckDBPyConnection, article_id: str, settings: Settings
) -> dict[str, Any]:
    """Return the article with every decision on it, and ``because``: the same in sentences.

    Args:
        db: the store or its publication.
        article_id: must exist.
        settings: for the rules of today.
    """
    article = rows(
        db,
        "SELECT a.article_id, a.title, a.outlet, a.url, a.first_fetched, a.verdict, r.kind, "
        "s.story_id FROM article_rows a LEFT JOIN article_texts t "
        "ON t.article_id = a.article_id AND t.revision = 1 "
        "LEFT JOIN runs r ON r.run_id = t.run_id "
        "LEFT JOIN story_articles s ON s.article_id = a.article_id WHERE a.article_id = ?",
        [article_id],
    )[0]
    mentions = rows(
        db,
        "SELECT topic, score FROM mention_rows WHERE article_id = ? ORDER BY score DESC, topic",
        [article_id],
    )
    decisions = rows(
        db,
        "SELECT * FROM alert_decisions WHERE article_id = ? ORDER BY decided, rule",
        [article_id],
    )
    alerts = rows(
        db,
        "SELECT alert_id, kind, channel, status, sent, error, state FROM alert_outbox "
        "WHERE article_id = $1 OR story_id = $2 ORDER BY decided, alert_id",
        [article_id, article["story_id"] or f"article:{article_id}"],
    )
    because = [
        f"{d['decided']:%Y-%m-%d %H:%M} rule {d['rule']!r} → {d['channel']}, topic {d['topic']}: "
        f"{_WORDS.get(d['outcome'], d['outcome'])} ({d['detail']})"
        for d in decisions
    ]
    because += [
        f"{a['channel']}: {a['kind']} ({a['state']}) is {a['status']}"
        + (f" since {a['sent']:%Y-%m-%d %H:%M}" if a["sent"] else "")
        + (f": {a['error']}" if a["error"] else "")
        for a in alerts
    ]
    because += _undecided(article, mentions, decisions, settings)
    return {
        **article, "mentions": mentions, "decisions": decisions, "alerts": alerts,
        "because": because,
    }  # fmt: skip


def _undecided(
    article: dict[str, Any],
    mentions: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
    settings: Settings,
) -> list[str]:
    """Say what kept the article from being decided on at all."""
    said = []
    if article["kind"] == "backfill":
        said.append("it came in by a backfill; a backfill never alerts")
    if not mentions:
        said.append(
            f"it mentions none of the topics (verdict {article['verdict']}); "
            f"`newsbeam topics explain {article['article_id']} TOPIC` says why"
        )
    for mention in mentions:
        rules = [
            r.name
            for r in settings.alerts.rules
            if any(fnmatchcase(mention["topic"], t) for t in r.topics)
        ]
        if not rules:
            said.append(f"no rule is about topic {mention['topic']} ({mention['score']:.2f})")
        elif not decisions and article["kind"] != "backfill":
            said.append(
                f"topic {mention['topic']} ({mention['score']:.2f}): no decision was made; "
                f"the rule {rules[0]!r} is newer than the article, or the topic was added later"
            )
    return said
