"""Why an article did or did not alert, in words."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import duckdb

from newsbeam.settings import Settings
from sinks.store.alert_facts import rows
from sinks.store.alerts import ARMED
from sinks.store.rehearsal import rehearse

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
_WOULD = {
    "alerted": "it would be sent at once",
    "held": "it would be held for a digest",
    "replied": "it would be told in the story's thread",
}
"""Of a decision that was not made: in the conditional; other words as they are."""


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
        "t.run_id, s.story_id FROM article_rows a LEFT JOIN article_texts t "
        "ON t.article_id = a.article_id AND t.revision = 1 "
        "LEFT JOIN runs r ON r.run_id = t.run_id "
        "LEFT JOIN story_articles s ON s.article_id = a.article_id WHERE a.article_id = ?",
        [article_id],
    )[0]
    mentions = rows(
        db,
        "SELECT m.topic, m.score, m.decided, m.run_id NOT IN (SELECT run_id FROM article_texts t "
        "WHERE t.article_id = m.article_id) AS later "
        "FROM mention_rows m WHERE m.article_id = ? ORDER BY m.score DESC, m.topic",
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
    because += _undecided(db, article, mentions, decisions, settings)
    return {
        **article, "mentions": mentions, "decisions": decisions, "alerts": alerts,
        "because": because,
    }  # fmt: skip


def _undecided(
    db: duckdb.DuckDBPyConnection,
    article: dict[str, Any],
    mentions: list[dict[str, Any]],
    decisions: list[dict[str, Any]],
    settings: Settings,
) -> list[str]:
    """Say what kept the article from being decided on, and what the rules of today would do."""
    if not mentions:
        return [
            f"it mentions none of the topics (verdict {article['verdict']}); "
            f"`newsbeam topics explain {article['article_id']} TOPIC` says why"
        ]
    said, missing = [], set()
    decided = {(d["rule"], d["topic"]) for d in decisions}
    reasons: dict[tuple[str, str], list[str]] = {}
    for mention in mentions:
        about = [
            r.name
            for r in settings.alerts.rules
            if any(fnmatchcase(mention["topic"], t) for t in r.topics)
        ]
        if not about:
            said.append(f"no rule is about topic {mention['topic']} ({mention['score']:.2f})")
        new = [name for name in about if (name, mention["topic"]) not in decided]
        if new:
            why = ", ".join(map(repr, new)), _why_not(db, article, mention)
            reasons.setdefault(why, []).append(mention["topic"])
            missing |= {(name, mention["topic"]) for name in new}
    said += [
        f"no decision was made by {names} on {', '.join(topics)}: {why}"
        for (names, why), topics in reasons.items()
    ]
    if missing:
        _, outcomes = rehearse(db, settings, articles=[article["article_id"]])
        alike: dict[str, list[str]] = {}
        for o in outcomes:
            if (o["rule"], o["topic"]) in missing:
                would = f"rule {o['rule']!r} → {o['channel']}: {_would(o['outcome'], o['detail'])}"
                alike.setdefault(would, []).append(o["topic"])
        said += [f"were it new today: {would} [{', '.join(ts)}]" for would, ts in alike.items()]
    return said


def _would(word: str, detail: str) -> str:
    if word == "alerted":
        return _WOULD[word]
    return f"{_WOULD.get(word) or _WORDS.get(word, word)} ({detail})"


def _why_not(
    db: duckdb.DuckDBPyConnection, article: dict[str, Any], mention: dict[str, Any]
) -> str:
    """Return why the run that brought an article decided nothing on a mention."""
    seen: datetime = article["first_fetched"]
    if article["kind"] == "backfill":
        return "it came in by a backfill; a backfill never alerts"
    armed = db.execute("SELECT value FROM meta WHERE name = ?", [ARMED]).fetchone()
    if armed is None:
        return "no run has had alert rules yet"
    began = datetime.fromisoformat(armed[0]).astimezone(UTC)
    if seen < began:
        return (
            f"it was stored on {seen:%Y-%m-%d %H:%M}, before the first run with rules "
            f"({began:%Y-%m-%d %H:%M}); what was there before never alerts"
        )
    if mention["later"]:
        return (
            f"the topic was applied to it later, on {mention['decided']:%Y-%m-%d %H:%M}; "
            "only what a run brings alerts"
        )
    return "the rule is newer than the article, or was not about this topic then"
