"""Why an article is, or is not, a mention of a topic, in words for people who do not program."""

from collections.abc import Iterator, Sequence

from newsbeam.headlines import shown
from newsbeam.topics.evidence import MEANT, collect_evidence, matched_by
from newsbeam.topics.query.evaluate import Evaluation
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
)
from newsbeam.topics.topicset import Judged
from newsbeam.topics.view import ArticleView

_SAYS = {
    "query": "the query is true of the article as a whole",
    "title_query": "the query is true of the headline",
    "title_alone": "the query is true of the headline, but of no paragraph",
    "title_wide": "the headline has words of the topic",
    "lead_query": "the query is true near the beginning",
    "body_query": "the number of paragraphs in which the query is true",
    "body_share": "their share of all paragraphs",
    "agreeing": "in how many of these the meaning agrees with the query",
    "meaning_title": "the headline reads like the topic's examples",
    "meaning_best": "the paragraph that reads most like the examples",
    "meaning_top3": "the three paragraphs that read most like the examples",
    "meaning_query": "a paragraph in which the query is true reads like the examples",
    "meaning_count": "the number of paragraphs that read like the examples",
    "has_text": "there is a text, not only a headline: a headline alone weighs more",
    "worded": "the article has words of the topic",
    "length": "the number of paragraphs: in a long text one that reads like the topic says less",
    "bias": "where every article starts: most are on other subjects",
}
SOMEWHAT = MEANT * 2 / 3
"""Meaning from which a passage is said to read somewhat like the topic."""
_FEW = 12
"""Parts of an OR that are all shown; of more, only those that are true."""
_SHORT = 70
"""Characters of a part of the query that are shown."""


def explain(judged: Judged, view: ArticleView) -> Iterator[str]:
    """Yield the explanation, line by line."""
    topic, model = judged.active.topic, judged.active.model
    name = topic.title or topic.name
    word = "IS" if judged.passes else "is NOT"
    yield f"This article {word} a mention of {name}."
    yield (
        f"Its probability is {_percent(judged.probability)}; the topic asks for at least "
        f"{model.threshold:.0%}."
    )
    if not judged.asked:
        yield _unasked(judged)
    if judged.active.calibration is None:
        yield "The topic is not calibrated: the probability is a rough guess."
    if judged.passes:
        side = {"query": "the query", "meaning": "its meaning", "both": "the query and its meaning"}
        yield f"It was found by {side[matched_by(judged.look)]}."
    yield ""
    yield from _query(judged, view)
    yield from _meaning(judged, view)
    yield "What moved the score (plus is for, minus against):"
    parts = model.parts(judged.look.values)
    for key, value in sorted(parts.items(), key=lambda item: -abs(item[1])):
        if abs(value) >= 0.05:
            yield f"  {value:+5.1f}  {_SAYS[key]}"


def _unasked(judged: Judged) -> str:
    """Say why the gate keeps an article from the topic, whatever its probability."""
    topic = judged.active.topic
    start = "It has none of the topic's words"
    if topic.needs_words or not topic.has_meaning:
        return f"{start}, which the topic needs."
    if not judged.read:
        return f"{start}, and the model hardly reads its language."
    if topic.surroundings is not None:
        return f"{start}; it must speak of its context and read like it, or read clearly like it."
    return f"{start}, and headline and beginning do not read clearly enough like it."


def _percent(probability: float) -> str:
    if 0.005 <= probability < 0.995:
        return f"{probability:.0%}"
    return "over 99%" if probability > 0.5 else "under 1%"


def _query(judged: Judged, view: ArticleView) -> Iterator[str]:
    topic = judged.active.topic
    if topic.parsed is None:
        yield "The topic has no query."
        return
    if judged.look.queried:
        yield f"The query is true in {_where(judged.look.queried, view)}:"
        yield from _matches(judged, view)
        if judged.look.aside:
            yield (
                f"It does not count in {_where(judged.look.aside, view)}, which read like another "
                "topic's examples."
            )
        if not judged.look.query:
            yield "Of the article as a whole it is not true.  Its parts:"
            yield from why_not(topic.parsed.root, view.evaluation)
    else:
        whole = " as a whole, but of no single paragraph" if judged.look.query else ""
        known = "true of the article" + whole if whole else "not true of the article"
        yield f"The query is {known}.  Its parts:"
        yield from why_not(topic.parsed.root, view.evaluation)
    yield ""


def _where(places: Sequence[int], view: ArticleView) -> str:
    """Return the headline and the paragraphs by number, as one would say it."""
    first = 0 if view.title is not None else 1
    numbers = [str(i + first) for i in places if i != view.title]
    said = ["the headline"] if view.title in places else []
    if numbers:
        more = f" and {len(numbers) - 6} more" if len(numbers) > 6 else ""
        word = "paragraphs" if len(numbers) > 1 else "paragraph"
        said.append(f"{word} {', '.join(numbers[:6])}{more}")
    return " and in ".join(said)


def _matches(judged: Judged, view: ArticleView) -> Iterator[str]:
    """Yield each sentence with words of the query once, and below it the words and their terms."""
    by_sentence: dict[str, list[str]] = {}
    for evidence in collect_evidence(judged.active.topic, judged.look, view):
        if evidence.kind == "query":
            known = by_sentence.setdefault(evidence.sentence, [])
            known.append(f"{evidence.term} matches “{shown(evidence.text)}”")
    for sentence, matches in by_sentence.items():
        yield f"  “{shown(sentence)[:200]}”"
        yield f"    {'; '.join(matches)}"


def _meaning(judged: Judged, view: ArticleView) -> Iterator[str]:
    meaning = judged.look.meaning
    if not judged.active.topic.has_meaning:
        yield "The topic has no examples, so meaning was not compared."
    elif not meaning:
        yield (
            "No paragraph has words of the topic, and headline and beginning do not read like it, "
            "so meaning was not compared."
        )
    else:
        best, score = max(meaning.items(), key=lambda item: item[1])
        level = "clearly" if score >= MEANT else "somewhat" if score >= SOMEWHAT else "hardly"
        yield f"The passage that reads most like the topic's examples ({level}, {score:.2f}):"
        yield f"  “{shown(view.cleaned(best).text)[:240]}”"
        if not judged.read and judged.look.queried:
            yield (
                "The model hardly reads this article's language: where the query is true, the "
                "passage counts as if it read like the topic."
            )
    yield ""


def why_not(node: Node, evaluation: Evaluation, depth: int = 1, budget: int = 3) -> Iterator[str]:
    """Yield which parts of a query are true and which are missing, a few levels deep."""
    true = evaluation.truth(node)
    yield f"{'  ' * depth}{'yes' if true else 'NO '} {_describe(node)}"
    more = f"{'  ' * depth}    "
    if isinstance(node, Not) and not true:
        terms = dict.fromkeys(hit.node.source for hit in evaluation.hits(node.part))
        if terms:
            yield f"{more}but there is {', '.join(list(terms)[:_FEW])}"
    if isinstance(node, Count):
        times = len(evaluation.spans(node.part))
        yield f"{more}it is there {'once' if times == 1 else f'{times} times'}"
    if depth > budget:
        return
    for part in _shown(node, evaluation):
        yield from why_not(part, evaluation, depth + 1, budget)
    if not true and isinstance(node, Near | Same) and _both(node, evaluation):
        yield f"{more}both are there, but {_apart(node)}"


def _shown(node: Node, evaluation: Evaluation) -> Sequence[Node]:
    """Return the parts of a node that are explained."""
    match node:
        case And(parts=parts):
            return parts
        case Or(parts=parts):
            few = len(parts) <= _FEW
            return parts if few else [p for p in parts if evaluation.truth(p)][:_FEW]
        case Near(left=left, right=right) | Same(left=left, right=right):
            return (left, right)
        case _:
            return ()


def _both(node: Near | Same, evaluation: Evaluation) -> bool:
    return evaluation.truth(node.left) and evaluation.truth(node.right)


def _apart(node: Near | Same) -> str:
    if isinstance(node, Same):
        return f"in no {node.unit} together"
    return f"nowhere at most {node.distance} words apart{' in this order' if node.ordered else ''}"


def _describe(node: Node) -> str:
    text = _cut(node)
    match node:
        case Phrase() | Fact() | Dates():
            return text
        case And():
            return f"all of: {text}"
        case Or(parts=parts):
            return f"one of {len(parts)}: {text}"
        case Not(part=part):
            return f"none of this: {_cut(part)}"
        case Near(distance=distance, ordered=ordered):
            order = ", in this order" if ordered else ""
            return f"at most {distance} words apart{order}: {text}"
        case Same(unit=unit):
            return f"in one {unit}: {text}"
        case Count():
            return f"often enough: {text}"


def _cut(node: Node) -> str:
    source = " ".join(node.source.split())
    return source if len(source) <= _SHORT else f"{source[:_SHORT]}…"
