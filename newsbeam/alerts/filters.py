"""Which mentions of a story a rule lets through, and why not the others."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Protocol

from newsbeam.alerts.facts import ArticleFact, Circumstances, MentionFact, StoryFact
from newsbeam.alerts.settings import AlertRule

Hit = tuple[ArticleFact, MentionFact]


class _Notes(Protocol):
    def note(self, article_id: str, rule: str, topic: str | None, word: str, detail: str) -> None:
        """Write down why an article does not alert."""


def hits_of(rule: AlertRule, story: StoryFact, about: Circumstances, notes: _Notes) -> list[Hit]:
    """Return the rule's mentions in a story; note why those of the batch's articles fall away."""
    hits = []
    for article in story.members:
        for mention in article.mentions:
            if not any(fnmatchcase(mention.topic, wanted) for wanted in rule.topics):
                continue
            if refused := _refused(rule, article, mention, about):
                if article.change != "same":
                    notes.note(article.id, rule.name, mention.topic, *refused)
            else:
                hits.append((article, mention))
    return hits


def topics_without(rules: Iterable[AlertRule], names: Iterable[str]) -> dict[str, list[str]]:
    """Return what rules ask for that no topic has, by the rule's name: it never alerts.

    Args:
        rules: of the settings.
        names: of the topics in force.
    """
    known = tuple(names)
    wrong = {
        rule.name: [t for t in rule.topics if not any(fnmatchcase(name, t) for name in known)]
        for rule in rules
    }
    return {name: topics for name, topics in wrong.items() if topics}


def is_muted(kind: str, value: str, channel: str, about: Circumstances) -> bool:
    """Say whether a story, topic or outlet is muted in a channel."""
    return any(
        m.kind == kind and m.value == value and m.channel in (None, channel) for m in about.mutes
    )


def _refused(
    rule: AlertRule, article: ArticleFact, mention: MentionFact, about: Circumstances
) -> tuple[str, str] | None:
    if mention.score < rule.min_score:
        return "below_score", f"{mention.score:.2f} is below {rule.min_score:.2f}"
    if rule.outlets and not _is_of(article.outlet, rule.outlets):
        return "outlet_left_out", f"{article.outlet} is not among the rule's outlets"
    if _is_of(article.outlet, rule.not_outlets):
        return "outlet_left_out", f"the rule leaves out {article.outlet}"
    language = article.language or "unknown"
    if rule.languages and language not in rule.languages:
        return "language_left_out", f"language {language} is not among the rule's languages"
    if language in rule.not_languages:
        return "language_left_out", f"the rule leaves out language {language}"
    for kind, value in (("topic", mention.topic), ("outlet", article.outlet)):
        if is_muted(kind, value, rule.channel, about):
            return "muted", f"the {kind} {value} is muted in this channel"
    return None


def _is_of(outlet: str, patterns: Iterable[str]) -> bool:
    """Say whether an outlet's domain, or a parent of it, is named."""
    return any(fnmatchcase(outlet, p) or outlet.endswith(f".{p}") for p in patterns)
