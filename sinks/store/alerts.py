"""The commit's last word: decide what each channel is told, into the outbox.

Runs inside the commit's transaction, after the stories and before the cursors: an article that is
stored has been decided on, a crash leaves neither.  Backfills never alert.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from newsbeam.alerts.facts import Circumstances, Mute, StoryFact, ThreadFact
from newsbeam.alerts.filters import Hit
from newsbeam.alerts.messages import Card, Message, card_of, from_json, to_json
from newsbeam.alerts.rules import Decision, Intent, decide
from newsbeam.alerts.settings import AlertRule
from newsbeam.records import record_id
from sinks.store.alert_facts import Row, mutes, recent_stories, threads, touched_stories
from sinks.store.alert_merges import join_threads
from sinks.store.batch import Batch
from sinks.store.outbox import MUTED

ARMED = "alerts_armed"
"""Row of ``meta``: when the first commit with rules was; what was there before is seen."""


_INSERT = """
    INSERT INTO alert_outbox (alert_id, kind, channel, rule, topic, story_id, state, article_id,
                              run_id, decided, not_before, status, attempts, next_try, message,
                              reason)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?)
    ON CONFLICT (alert_id)
"""
_AGAIN = """
    DO UPDATE SET message = excluded.message, status = 'pending', error = NULL, attempts = 0,
        decided = excluded.decided, next_try = excluded.next_try, run_id = excluded.run_id,
        not_before = excluded.not_before, kind = excluded.kind, rule = excluded.rule,
        reason = excluded.reason
"""
_ONCE = f"{_AGAIN} WHERE alert_outbox.status = 'cancelled' AND alert_outbox.error = '{MUTED}'"
"""Nobody was told of what a mute cancelled; all else is decided once."""


def alerts_step(db: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    """Decide on every story that the batch touched, in every channel of the rules."""
    settings = batch.settings.alerts
    if batch.kind == "backfill" or not settings.rules:
        return
    first = _arm(db, batch)
    join_threads(db, batch)
    stories = touched_stories(db, batch.run_id, seed_all=first and settings.first_run == "seed")
    if settings.first_run == "alert":
        stories = [
            replace(s, members=tuple(replace(a, seeded=False) for a in s.members)) for s in stories
        ]
    if not stories:
        return
    channels: dict[str, list[AlertRule]] = defaultdict(list)
    for rule in settings.rules:
        channels[rule.channel].append(rule)
    known = threads(db, [s.id for s in stories])
    stories.sort(key=_weight)
    quiet = mutes(db, batch.now)
    for channel, rules in channels.items():
        recent = list(recent_stories(db, channel, batch.now))
        for story in stories:
            thread, row = known.get((channel, story.id), (None, None))
            about = Circumstances(
                batch.now, settings.timezone, settings.max_age_hours,
                _also_now(quiet, story, row), tuple(recent),
            )  # fmt: skip
            decision = decide(story, rules, thread, about)
            recent += [batch.now] * sum(i.kind == "story" for i in decision.intents)
            _Writer(db, batch, channel, story, thread, row).write(decision)


def _also_now(quiet: tuple[Mute, ...], story: StoryFact, row: Row | None) -> tuple[Mute, ...]:
    """Let what was muted under the name that a thread knows hold for the story as it is now."""
    if row is None or row["story_id"] == story.id:
        return quiet
    mine = (m for m in quiet if m.kind == "story" and m.value == row["story_id"])
    return (*quiet, *(replace(m, value=story.id) for m in mine))


def _arm(db: duckdb.DuckDBPyConnection, batch: Batch) -> bool:
    """Remember when alerting began; say whether that is now.

    The first run has ended with its last batch: one that breaks off before leaves all as seen.
    """
    if db.execute("SELECT 1 FROM meta WHERE name = ?", [ARMED]).fetchone():
        return False
    if batch.last:
        db.execute("INSERT INTO meta VALUES (?, ?)", [ARMED, batch.now.isoformat()])
    return True


def _weight(story: StoryFact) -> tuple[int, float, str]:
    """Order: where a channel's volume is capped, the widest and surest get their own message."""
    best = max((m.score for a in story.members for m in a.mentions), default=0.0)
    return -story.newsrooms, -best, story.id


def alert_id(channel: str, story_id: str, state: str) -> str:
    """Return the identity of an alert: the same is never sent twice."""
    return record_id("alert", channel, story_id, state)


class _Writer:
    """Writes one decision: one story in one channel."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        batch: Batch,
        channel: str,
        story: StoryFact,
        thread: ThreadFact | None,
        row: Row | None,
    ) -> None:
        self.db, self.batch, self.channel, self.story = db, batch, channel, story
        self.thread, self.row = thread, row
        self.key: str = row["story_id"] if row else story.id
        """The story as the thread knows it: it may have become part of another since."""

    def write(self, decision: Decision) -> None:
        """Write the intents and the outcomes."""
        for intent in decision.intents:
            if intent.kind == "seed":
                self._remember("seeded", intent, None, None)
            elif intent.kind == "story":
                self._open(intent, decision.hits)
            elif intent.kind == "item":
                self._list(intent, decision.hits)
            elif intent.kind == "update":
                self._update(intent, decision.hits)
            else:
                self._reply(intent, decision.hits)
        if decision.outcomes:
            self.db.executemany(
                "INSERT INTO alert_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    [self.batch.run_id, o.article_id, self.key, self.channel, o.rule, o.topic,
                     o.word, o.detail, self.batch.utc]
                    for o in dict.fromkeys(decision.outcomes)
                ],
            )  # fmt: skip

    def _open(self, intent: Intent, hits: list[Hit]) -> None:
        card = self._card(intent.article_id, hits, intent.steps[0].text if intent.steps else None)
        message = self._message("story", card)
        new, when = alert_id(self.channel, self.key, intent.state), _naive(intent.not_before)
        risen = self.db.execute(
            "UPDATE alert_outbox SET kind = 'story', message = ?, not_before = ?, next_try = ?, "
            "rule = ?, reason = ? WHERE alert_id = ? AND kind = 'item' AND status = 'pending' "
            "RETURNING alert_id",
            [to_json(message), when, when, intent.rule.name, intent.reason, new],
        ).fetchone()
        self.db.execute(
            "UPDATE alert_outbox SET status = 'cancelled', error = 'it got its own message' "
            "WHERE story_id = ? AND channel = ? AND kind = 'item' AND status = 'pending'",
            [self.key, self.channel],
        )
        if not risen:
            self._insert("story", intent, message)
        self._remember("waiting", intent, new, to_json(message))

    def _list(self, intent: Intent, hits: list[Hit]) -> None:
        note = "; ".join(s.text for s in intent.steps) or None
        card = self._card(intent.article_id, hits, note)
        message = self._message("digest", card)
        new = self._insert("item", intent, message)
        self._remember("item", intent, new, to_json(message))

    def _update(self, intent: Intent, hits: list[Hit]) -> None:
        assert self.row is not None  # noqa: S101  # an update has a thread
        shown = from_json(self.row["shown"]) if self.row["shown"] else None
        before = shown.cards[0] if shown else None
        article = before.article_id if before else intent.article_id
        card = self._card(article, hits, before.note if before else None)
        if before is not None:
            flags = (*before.flags, *(f for f in card.flags if f not in before.flags))
            card = replace(card, flags=flags)
        message = self._message(shown.kind if shown else "story", card)
        text = to_json(message)
        if text == self.row["shown"]:
            return
        self.db.execute(
            "UPDATE alert_threads SET shown = ? WHERE channel = ? AND story_id = ?",
            [text, self.channel, self.key],
        )
        if self.row["status"] in ("waiting", "item"):
            changed = self.db.execute(
                "UPDATE alert_outbox SET message = ? WHERE alert_id = ? AND status = 'pending' "
                "RETURNING alert_id",
                [text, self.row["parent_id"]],
            ).fetchone()
            if changed:
                self._told(self.story.newsrooms, None)
                return
        if self.row["status"] != "item":
            self._insert("update", intent, message, again=True)

    def _reply(self, intent: Intent, hits: list[Hit]) -> None:
        card = self._card(intent.article_id, hits, None)
        lines = tuple(s.text for s in intent.steps)
        message = replace(self._message("reply", card), lines=lines, broadcast=intent.broadcast)
        waiting = self.db.execute(
            "SELECT alert_id, message FROM alert_outbox WHERE channel = ? AND story_id = ? "
            "AND kind = 'reply' AND status = 'pending'",
            [self.channel, self.key],
        ).fetchone()
        if waiting:  # one notice says both; of two counts the newer one
            old = from_json(waiting[1])
            kept = tuple(s for s in old.lines if not s.startswith("now covered by"))
            lines = tuple(dict.fromkeys((*lines, *kept)))
            message = replace(message, lines=lines, broadcast=message.broadcast or old.broadcast)
            self.db.execute(
                "UPDATE alert_outbox SET message = ?, not_before = least(not_before, ?), "
                "next_try = least(next_try, ?) WHERE alert_id = ?",
                [to_json(message), _naive(intent.not_before), _naive(intent.not_before),
                 waiting[0]],
            )  # fmt: skip
        else:
            self._insert("reply", intent, message)
        self._told(self.story.newsrooms, intent.not_before)

    def _card(self, article_id: str, hits: Sequence[Hit], note: str | None) -> Card:
        mine = [h for h in hits if h[0].id == article_id] or list(hits)
        return card_of(self.story, max(mine, key=lambda h: h[1].score), hits, note)

    def _message(self, kind: str, card: Card) -> Message:
        url = self.batch.settings.alerts.dashboard_url or None
        return Message(kind, cards=(card,), dashboard_url=url)

    def _insert(self, kind: str, intent: Intent, message: Message, *, again: bool = False) -> str:
        card = message.cards[0]
        new = alert_id(self.channel, self.key, intent.state)
        when = _naive(intent.not_before)
        row = self.db.execute(
            f"{_INSERT} {_AGAIN if again else _ONCE} RETURNING alert_id",
            [new, kind, self.channel, intent.rule.name,
             card.topics[0][0] if card.topics else None, self.key, intent.state,
             intent.article_id, self.batch.run_id, self.batch.utc, when, when, to_json(message),
             intent.reason],
        ).fetchone()  # fmt: skip
        if row and kind != "update":
            self.batch.counts["alerts"] = self.batch.counts.get("alerts", 0) + 1
        return new

    def _remember(self, status: str, intent: Intent, parent: str | None, shown: str | None) -> None:
        told = None if status == "seeded" else _naive(intent.not_before)
        self.db.execute(
            """
            INSERT INTO alert_threads
            VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7, $8, $9)
            ON CONFLICT (channel, story_id) DO UPDATE SET
                status = excluded.status, newsrooms = excluded.newsrooms,
                parent_id = excluded.parent_id, shown = excluded.shown,
                last_told = excluded.last_told, rule = excluded.rule
            """,
            [self.channel, self.key, status, self.story.newsrooms, parent, shown, told,
             intent.rule.name, self.batch.utc],
        )  # fmt: skip

    def _told(self, newsrooms: int, at: datetime | None) -> None:
        self.db.execute(
            "UPDATE alert_threads SET newsrooms = ?, last_told = coalesce(?, last_told) "
            "WHERE channel = ? AND story_id = ?",
            [newsrooms, _naive(at) if at else None, self.channel, self.key],
        )


def _naive(time: datetime) -> datetime:
    return time.replace(tzinfo=None)
