"""Warnings about queries: too wide, never true, expensive, or probably not meant so."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from newsbeam.errors import QueryError
from newsbeam.topics.calibration import Calibration
from newsbeam.topics.contradictions import contradiction
from newsbeam.topics.dialects import foreign
from newsbeam.topics.query.common import commonness, is_common
from newsbeam.topics.query.document import TITLE
from newsbeam.topics.query.lexer import tokenise
from newsbeam.topics.query.necessary import necessary
from newsbeam.topics.query.nodes import (
    And,
    Count,
    Dates,
    Fact,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Same,
    is_wild,
    walk,
)
from newsbeam.topics.query.parser import parse_query
from newsbeam.topics.topic import SharedExample, Topic

_OPERATOR = re.compile(r"(?<=\s)(?:AND|OR|NOT|O?NEAR/\d+)(?=\s)")
_SIGN = re.compile(r"\w[+#%]|[#€£¥]\w|^\.\w")
NO_FILTER = (
    "a topic with examples finds by meaning, too, whatever the query says: this keeps nothing "
    "away; filter where it is used (alerts, search), or leave the examples out"
)
TOO_WIDE = 600.0
"""Articles of 1,000 that may be concerned; a query above that is called wide."""

IN_TITLE = 5
"""So many times rarer, about, a word is in headlines than in articles."""


_OF_MANY = {"lang": "language", "country": "country"}
"""Facts that many articles share; an author, outlet, feed or tag is of few."""
_EXAMPLES = {"lang": "en", "country": "gb"}


@dataclass(frozen=True, slots=True)
class Warning:
    """One remark on a query."""

    kind: str
    """``wide``, ``never``, ``expensive``, ``meant``, ``macro``, ``name``, ``calibration``."""
    source: str
    """The part of the query."""
    message: str


def lint_topic(topic: Topic, shared: Collection[str] = ()) -> list[Warning]:
    """Return remarks on a topic's queries and macros; nothing where all is well.

    Args:
        topic: the topic.
        shared: names of macros that other topics use too, so that they need not be used here.
    """
    found: list[Warning] = []
    for text, may_be_wide in ((topic.query, False), (topic.wide, True), (topic.context, True)):
        if text.strip():
            remarks = lint_query(text, topic.macros)
            found += [r for r in remarks if not (may_be_wide and r.kind == "wide")]
    found += _macros(topic, shared)
    if topic.has_meaning and topic.parsed is not None:
        facts = [n for n in walk(topic.parsed.root) if isinstance(n, Fact | Dates)]
        found += [Warning("meant", fact.source, NO_FILTER) for fact in facts[:1]]
    found += _unused(topic)
    for example in topic.examples.about:
        if example in topic.examples.not_about:
            found.append(Warning("never", example, "this example is both about and not about"))
    return list(dict.fromkeys(found))


def _unused(topic: Topic) -> Iterator[Warning]:
    """Yield remarks on what a topic's file says to no effect."""
    if topic.examples.not_about and not topic.has_meaning:
        yield Warning("meant", "examples.not_about", "without examples.about these are not used")
    if topic.context.strip() and (topic.needs_words or not topic.has_meaning):
        why = "with needs_words" if topic.needs_words else "without examples"
        yield Warning("meant", "context", f"{why} no article is asked for its context")
    for name, texts in (("about", topic.examples.about), ("not_about", topic.examples.not_about)):
        if not all(text.strip() for text in texts):
            yield Warning("meant", f"examples.{name}", "one of these is empty")


def _macros(topic: Topic, shared: Collection[str]) -> Iterator[Warning]:
    """Yield remarks on the topic's own macros."""
    texts = (topic.query, topic.wide, topic.context, *topic.macros.values())
    used = {name for text in texts for name in _used(text)}
    for name in topic.macros:
        if name in shared:
            continue
        if not name or _used(f"${name}") != [name]:
            message = "a macro of this name cannot be used: take letters, digits and hyphens"
            yield Warning("macro", f"${name}", message)
        elif name not in used:
            yield Warning("macro", f"${name}", "this macro is never used")
        try:
            parse_query(topic.macros[name], topic.macros)
        except QueryError as error:
            yield Warning("macro", f"${name}", error.message)


def lint_calibration(topic: Topic, calibration: Calibration | None) -> list[Warning]:
    """Return a remark on a topic that was edited after it was calibrated."""
    if calibration is None or calibration.topic_version == topic.version:
        return []
    message = "was edited since it was calibrated: run `newsbeam topics calibrate` when you can"
    return [Warning("calibration", topic.name, message)]


def lint_examples(examples: Sequence[SharedExample], topics: Collection[str]) -> list[Warning]:
    """Return remarks on the examples that the topics of a folder share.

    Args:
        examples: of the folder.
        topics: names of its topics.
    """
    named = Counter(name for e in examples for name in (*e.about, *e.open))
    return [
        Warning("name", name, f"{count} of the examples name it, and no topic here is called so")
        for name, count in named.items()
        if name not in topics
    ]


def _used(text: str) -> list[str]:
    """Return the names of the macros that a query uses; none where it has no tokens."""
    try:
        return [token.text[1:] for token in tokenise(text) if token.kind == "macro"]
    except QueryError:
        return []


def lint_query(query: str, macros: dict[str, str] | None = None) -> list[Warning]:
    """Return remarks on one query.

    Raises:
        QueryError: it cannot be parsed.
    """
    root = parse_query(query, macros).root
    return [*_wide(root), *_never(root), *_expensive(root), *_meant(root)]


def _wide(root: Node) -> Iterator[Warning]:
    clauses = necessary(root)
    if not clauses:
        if _can_be_empty(root) and not _of_few(root):
            yield Warning("wide", root.source, "true of nearly every article: name what must occur")
        return
    share = round(1000 * _share(root))
    if share > TOO_WIDE and not isinstance(root, Phrase):
        yield Warning(
            "wide",
            root.source,
            f"may be true of some {share} of 1,000 articles: add a rarer word with AND or NEAR",
        )
    for node in walk(root):
        if isinstance(node, Phrase) and len(node.words) == 1 and not node.exact:
            word = node.words[0]
            if is_common(word):
                yield Warning("wide", node.source, "this word is in most articles")
            elif is_wild(word) and len(word.rstrip("*?")) <= 2 and word[0] not in "*?":
                yield Warning("wide", node.source, "so short a beginning matches many words")


def _share(node: Node) -> float:
    """Return a guess of the share of articles that a query is true of, as if words were dice."""
    match node:
        case Phrase(words=words, zone=zone):
            rarest = min((commonness(_guess_key(w)) for w in words), default=1000.0) / 1000
            rarest /= IN_TITLE if zone == TITLE else 1
            return min(1.0, rarest / (1 if len(words) == 1 else 4))
        case And(parts=parts):
            return math.prod(_share(p) for p in parts)
        case Or(parts=parts):
            return 1 - math.prod(1 - _share(p) for p in parts)
        case Not(part=part):
            return 1 - _share(part)
        case Near(left=left, right=right, distance=distance):
            return _share(left) * _share(right) * min(1 / 3, distance / 60)
        case Same(left=left, right=right):
            return _share(left) * _share(right) / 3
        case Count(part=part, number=number):
            return _share(part) / max(1, number)
        case _:
            return 0.5


def _guess_key(word: str) -> str:
    return f"{word.split('*')[0].split('?')[0]}*" if is_wild(word) else word


def _can_be_empty(node: Node) -> bool:
    """Whether a query may be true of an article without any particular word."""
    match node:
        case Not() | Fact() | Dates():
            return True
        case Count(operator=operator, number=number):
            return operator in ("<", "<=") or number == 0
        case And(parts=parts):
            return all(_can_be_empty(p) for p in parts)
        case Or(parts=parts):
            return any(_can_be_empty(p) for p in parts)
        case _:
            return False


def _of_few(node: Node) -> bool:
    """Whether a query without a word that must occur is of few articles all the same."""
    match node:
        case Fact(name=name):
            return name not in _OF_MANY
        case And(parts=parts):
            return any(_of_few(p) for p in parts)
        case Or(parts=parts):
            return all(_of_few(p) for p in parts)
        case _:
            return not _can_be_empty(node)


def _never(root: Node) -> Iterator[Warning]:
    for node in walk(root):
        if why := contradiction(node):
            yield Warning("never", node.source, why)


def _expensive(root: Node) -> Iterator[Warning]:
    if not necessary(root) and not _can_be_empty(root):
        yield Warning(
            "expensive",
            root.source,
            "no word of it can be looked up, so it is evaluated on every article: add a term "
            "without ~ or a wildcard at the beginning",
        )
    for node in walk(root):
        if isinstance(node, Phrase) and any(w[0] == "*" and w != "*" for w in node.words):
            yield Warning("expensive", node.source, "a wildcard at the beginning tries every word")
        if isinstance(node, Near | Same):
            for side in (node.left, node.right):
                words = [w for p in walk(side) if isinstance(p, Phrase) for w in p.words]
                if len(words) == 1 and is_common(words[0]):
                    yield Warning(
                        "expensive", node.source, f"{words[0]!r} occurs everywhere: leave it out"
                    )


def _meant(root: Node) -> Iterator[Warning]:
    for node in walk(root):
        if isinstance(node, Phrase):
            yield from _spelt(node)
        elif isinstance(node, Fact) and (advice := _value(node)):
            yield Warning("meant", node.source, advice)
        elif isinstance(node, Or) and _has_bare_and(node):
            yield Warning(
                "meant",
                node.source,
                "AND binds tighter than OR here: put brackets where you mean them",
            )


def _spelt(term: Phrase) -> Iterator[Warning]:
    if advice := foreign(term.source):
        yield Warning("meant", term.source, advice)
    elif len(term.words) > 1 and (found := _OPERATOR.search(term.source)):
        yield Warning("meant", term.source, f"in quotes or braces {found[0]} is a word like others")
    elif len(term.words) == 1 and _SIGN.search(term.source):
        word = term.words[0]
        yield Warning("meant", term.source, f"signs are no part of words: it looks for {word}")


def _value(fact: Fact) -> str | None:
    """Return what is odd about the value of a fact, which so can never be true."""
    name, value = fact.name, fact.value
    if is_wild(value):
        return None
    if name in _OF_MANY and not re.fullmatch("[a-z]{2}", value):
        code = "ISO 639-1" if name == "lang" else "ISO 3166"
        return f"a {_OF_MANY[name]} is two letters ({code}): {name}:{_EXAMPLES[name]}"
    if name == "country" and value == "uk":
        return "the United Kingdom is country:gb"
    if name == "domain" and re.search("[/:]", value):
        return "write the host alone, without https:// and path: domain:herald.example"
    if name == "outlet" and ("/" in value or value.startswith("www.")):
        return "write the domain alone, or the site's name: outlet:herald.example"
    if name == "feed" and "://" not in value:
        return f"this is the whole address of a feed; for a part of it write feed:*{value}*"
    return None


def _has_bare_and(node: Or) -> bool:
    """Whether an AND stands beside OR without brackets, as in ``a AND b OR c``."""
    for part in node.parts:
        start = part.at - node.at
        if isinstance(part, And) and node.source[max(0, start) :].startswith(part.source):
            before = node.source[: max(0, start)].rstrip()
            after = node.source[start + len(part.source) :].lstrip()
            if not (before.endswith("(") and after.startswith(")")):
                return True
    return False
