"""Decide what a channel is told of a story.  Pure: no store, no network, no clock.

::

    no thread yet ── old or seeded ──► seed (seen, nothing is said)
                 ├── too small, left out, muted ──► nothing, with the reason
                 ├── digest, quiet hours, volume cap ──► item (waits for a digest)
                 └── else ──► story (one parent message)
    thread ── every change ──► update (the parent is edited, nobody is notified)
           └── 2, 5, 10 newsrooms · new fact · correction · burst ──► reply
    seeded thread ── the same steps, or a fresh article that is no reprint ──► story

One parent per story and channel, whatever number of rules and topics lead there: of the rules that
fire the most immediate decides, of these the first in the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsbeam.alerts.facts import ArticleFact, Circumstances, StoryFact, ThreadFact
from newsbeam.alerts.filters import Hit, hits_of, is_muted
from newsbeam.alerts.schedule import next_digest, quiet_until
from newsbeam.alerts.settings import AlertRule

_RANK = {"story": 0, "item": 1, "seed": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """Why a story that is known deserves a word."""

    state: str
    """``newsrooms:5``, ``fact:ID``, ``correction:ARTICLE``, ``burst:ID`` …"""
    text: str
    article_id: str | None = None

    @property
    def urgent(self) -> bool:
        """Whether it waits for no cooldown."""
        return self.state.startswith(("correction:", "retraction:", "burst:"))


@dataclass(frozen=True, slots=True)
class Intent:
    """Something to say, or to remember, in one channel."""

    kind: str
    """``story``, ``reply``, ``update``, ``item`` or ``seed``."""
    rule: AlertRule
    state: str
    """With channel and story the identity of the alert: it is decided once, for ever."""
    article_id: str
    not_before: datetime
    reason: str
    steps: tuple[Step, ...] = ()
    broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why one article did or did not alert under one rule; `alerts explain` shows it."""

    article_id: str
    rule: str
    topic: str | None
    word: str
    detail: str


@dataclass(slots=True)
class Decision:
    """All that follows for one story in one channel."""

    intents: list[Intent] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    """Mentions that any of the rules lets through: what the message may show."""

    def note(self, article_id: str, rule: str, topic: str | None, word: str, detail: str) -> None:
        """Write down how an article fared under a rule."""
        self.outcomes.append(Outcome(article_id, rule, topic, word, detail))


def decide(
    story: StoryFact, rules: Sequence[AlertRule], thread: ThreadFact | None, about: Circumstances
) -> Decision:
    """Decide what one channel is told of one story.

    Args:
        story: as it stands after the batch.
        rules: the channel's rules, in the order of the file.
        thread: what the channel knows of the story; None: nothing.
        about: time, mutes, and how much the channel heard lately.
    """
    decision = Decision()
    firing: list[tuple[AlertRule, list[Hit]]] = []
    for rule in rules:
        hits = hits_of(rule, story, about, decision)
        if hits:
            firing.append((rule, hits))
            decision.hits += [h for h in hits if h not in decision.hits]
    if not firing:
        return decision
    if is_muted("story", story.id, rules[0].channel, about):
        _explain(decision, firing, "muted", "the story is muted in this channel")
    elif thread is not None and thread.status == "gone":
        _explain(decision, firing, "muted", "somebody deleted the story's message")
    elif thread is None or thread.status == "seeded":
        _begin(story, firing, thread, about, decision)
    else:
        _go_on(story, firing, thread, about, decision)
    return decision


def _begin(
    story: StoryFact,
    firing: list[tuple[AlertRule, list[Hit]]],
    thread: ThreadFact | None,
    about: Circumstances,
    decision: Decision,
) -> None:
    found: list[Intent] = []
    for rule, hits in firing:
        got = _opening(story, rule, hits, thread, about)
        if isinstance(got, Intent):
            found.append(got)
        else:
            _explain(decision, [(rule, hits)], *got)
    if found:
        best = min(found, key=lambda i: (_RANK[i.kind], i.not_before))
        decision.intents.append(best)
        word = {"story": "alerted", "item": "held", "seed": "seeded"}[best.kind]
        _explain(decision, [f for f in firing if f[0] == best.rule], word, best.reason)
        others = [f for f in firing if f[0] != best.rule and any(i.rule == f[0] for i in found)]
        _explain(decision, others, "same_message", f"rule {best.rule.name!r} speaks for it")


def _opening(
    story: StoryFact,
    rule: AlertRule,
    hits: list[Hit],
    thread: ThreadFact | None,
    about: Circumstances,
) -> Intent | tuple[str, str]:
    """Return the first thing to say of a story under one rule, or why there is none."""
    triggers = [a for a in story.members if _triggers(a, hits)]
    fresh = [a for a in triggers if not a.seeded and _age_hours(a, about) <= about.max_age_hours]
    steps: tuple[Step, ...] = ()
    before = any(a.seeded for a in triggers)
    if not fresh and before and (thread is None or all(a.seeded for a in triggers)):
        why = "it was there before we began to watch this feed"
        return Intent("seed", rule, "new", triggers[0].id, about.now, why)
    if thread is not None:
        steps = tuple(_steps(story, rule, thread, hits))
        if not steps and all(a.copy for a in fresh):
            return "known_story", "the story was there before we began to watch; nothing is new"
    elif not triggers:
        return "not_new", "no new article in the story"
    elif not fresh:
        age = min(_age_hours(a, about) for a in triggers)
        return "too_old", f"published {age:.0f} hours ago; the limit is {about.max_age_hours:g}"
    if story.newsrooms < rule.min_newsrooms:
        return "too_few_newsrooms", f"{story.newsrooms} of {rule.min_newsrooms} newsrooms"
    if rule.mode == "burst" and not any(e.kind == "burst" for e in story.events):
        return "no_burst", "the rule speaks only of bursts"
    told = [h for h in hits if steps and h[0].id == steps[0].article_id]
    lead = _lead(told or hits, fresh)
    state = steps[0].state if steps else "new"
    return _placed(story, rule, lead, state, steps, about)


def _placed(
    story: StoryFact,
    rule: AlertRule,
    lead: Hit,
    state: str,
    steps: tuple[Step, ...],
    about: Circumstances,
) -> Intent:
    """Return the message: now, or as an item of the digest that it must wait for."""
    zone, now, article = rule.timezone or about.timezone, about.now, lead[0].id
    if rule.mode == "digest":
        slot = next_digest(now, rule.digest_times, zone)
        return Intent("item", rule, state, article, slot, "waits for the digest", steps)
    calm = quiet_until(now, rule.quiet_hours, zone)
    if calm and not _breaks_quiet(story, rule, lead):
        return Intent("item", rule, state, article, calm, "quiet hours", steps)
    if rule.max_per_hour and len(about.recent) >= rule.max_per_hour:
        slot = about.recent[-rule.max_per_hour] + timedelta(hours=1)
        why = f"more than {rule.max_per_hour} new stories within an hour"
        return Intent("item", rule, state, article, slot, why, steps)
    return Intent("story", rule, state, article, now, "sent at once", steps)


def _go_on(
    story: StoryFact,
    firing: list[tuple[AlertRule, list[Hit]]],
    thread: ThreadFact,
    about: Circumstances,
    decision: Decision,
) -> None:
    if thread.status in ("item", "listed"):
        for rule, hits in firing:
            if risen := _risen(story, rule, hits, thread, about):
                decision.intents.append(risen)
                _explain(decision, firing, "alerted", risen.reason)
                return
    rule, hits = firing[0]
    steps = tuple(_steps(story, rule, thread, hits))
    lead = _lead(hits, [])[0].id
    if thread.status in ("open", "waiting", "item"):
        decision.intents.append(Intent("update", rule, "update", lead, about.now, "it has changed"))
    if not steps or thread.status in ("waiting", "item"):
        _explain(decision, firing, "known_story", "it updates a message of this channel")
        return
    if rule.mode == "digest":
        slot = next_digest(about.now, rule.digest_times, rule.timezone or about.timezone)
        intent = Intent("item", rule, steps[0].state, lead, slot, steps[0].text, steps)
    elif not rule.replies:
        _explain(decision, firing, "known_story", "it updates a message of this channel")
        return
    else:
        intent = Intent(
            "reply", rule, steps[0].state, steps[0].article_id or lead,
            _reply_time(story, rule, hits, steps, thread, about), steps[0].text, steps,
            any(s.state.startswith("burst:") for s in steps),
        )  # fmt: skip
    decision.intents.append(intent)
    _explain(decision, firing, "replied" if intent.kind == "reply" else "held", intent.reason)


def _risen(
    story: StoryFact, rule: AlertRule, hits: list[Hit], thread: ThreadFact, about: Circumstances
) -> Intent | None:
    """Return a message of its own for a story that is, or was, only a line in a digest."""
    burst = any(e.kind == "burst" for e in story.events)
    if rule.mode == "digest" or story.newsrooms < rule.min_newsrooms:
        return None
    if rule.mode == "burst" and not burst:
        return None
    if thread.status == "listed" and not burst and rule.min_newsrooms <= thread.newsrooms:
        return None
    steps = tuple(_steps(story, rule, thread, hits))
    state = "new" if thread.status == "item" else f"risen:{rule.name}"
    placed = _placed(story, rule, _lead(hits, []), state, steps, about)
    return placed if placed.kind == "story" else None


def _reply_time(
    story: StoryFact,
    rule: AlertRule,
    hits: list[Hit],
    steps: tuple[Step, ...],
    thread: ThreadFact,
    about: Circumstances,
) -> datetime:
    calm = quiet_until(about.now, rule.quiet_hours, rule.timezone or about.timezone)
    if calm and not _breaks_quiet(story, rule, _lead(hits, [])):
        return calm
    if thread.last_told is None or any(s.urgent for s in steps):
        return about.now
    return max(about.now, thread.last_told + timedelta(minutes=rule.cooldown_minutes))


def _steps(
    story: StoryFact, rule: AlertRule, thread: ThreadFact, hits: list[Hit]
) -> Iterator[Step]:
    """Yield what is worth saying of a known story, the most important first."""
    ours = {article.id for article, _ in hits}
    for article in story.members:
        if article.correction and article.change == "revised" and article.id in ours:
            text = f"{article.outlet} published a {article.correction}"
            yield Step(f"{article.correction}:{article.id}", text, article.id)
    for event in story.events:
        if event.kind == "burst":
            yield Step(f"burst:{event.id}", event.text, event.article_id)
    if reached := [s for s in rule.steps if thread.newsrooms < s <= story.newsrooms]:
        text = f"now covered by {story.newsrooms} newsrooms"
        yield Step(f"newsrooms:{max(reached)}", text)
    for article in story.members:
        if article.figures and article.change == "revised" and article.id in ours:
            text = f"{article.outlet} changed figures: {article.figures}"
            yield Step(f"figures:{article.id}:{article.figures}", text, article.id)
    for event in story.events:
        if event.kind == "new_fact":
            yield Step(f"fact:{event.id}", event.text, event.article_id)


def _triggers(article: ArticleFact, hits: list[Hit]) -> bool:
    if article.change == "new":
        return True
    return article.change == "revised" and any(a.id == article.id and m.new for a, m in hits)


def _breaks_quiet(story: StoryFact, rule: AlertRule, lead: Hit) -> bool:
    return (
        (0 < rule.quiet_unless_newsrooms <= story.newsrooms)
        or (0 < rule.quiet_unless_score <= lead[1].score)
        or (rule.quiet_unless_burst and any(e.kind == "burst" for e in story.events))
    )


def _age_hours(article: ArticleFact, about: Circumstances) -> float:
    dated = min(article.published or article.seen, article.seen)  # a date in the future is none
    return (about.now - dated).total_seconds() / 3600


def _lead(hits: list[Hit], fresh: list[ArticleFact]) -> Hit:
    """Return the hit whose article stands for the story: new, whole, most surely on the topic."""
    new = {a.id for a in fresh}

    def rank(hit: Hit) -> tuple[bool, bool, float, datetime, str]:
        article, mention = hit
        return article.id not in new, article.partial, -mention.score, article.seen, article.id

    return min(hits, key=rank)


def _explain(
    decision: Decision, firing: Sequence[tuple[AlertRule, list[Hit]]], word: str, detail: str
) -> None:
    """Write the outcome down for every article of the batch that the rules let through."""
    for rule, hits in firing:
        for article, mention in hits:
            if article.change != "same":
                decision.note(article.id, rule.name, mention.topic, word, detail)
