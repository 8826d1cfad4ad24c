"""Why a query is not true, in words."""

from pathlib import Path

import pytest

from newsbeam.topics import load_topics
from newsbeam.topics.explain import explain, why_not
from newsbeam.topics.query import Evaluation, parse_query
from newsbeam.topics.query.document import text_document
from newsbeam.topics.view import ArticleView
from tests.unit.topics.topic_support import WordEncoder, article, embed

MANY = " OR ".join(f"word{i}" for i in range(20))


@pytest.mark.parametrize(
    ("query", "text", "said"),
    [
        ("llama NOT (farm OR wool)", "A llama gives wool.", ["but there is wool"]),
        (
            "llama NOT (farm SENTENCE wool)",
            "The farm sells llama wool.",
            ["but there is farm, wool"],
        ),
        (f"llama AND ({MANY})", "The llama has word7 and word9.", ["yes word7", "yes word9"]),
        (
            "llama NEAR/2 money",
            "The llama is an animal that costs money.",
            ["both are there, but nowhere at most 2 words apart"],
        ),
        (
            "money ONEAR/9 llama",
            "The llama costs money.",
            ["both are there, but nowhere at most 9 words apart in this order"],
        ),
        (
            "llama SENTENCE money",
            "A llama. Money.",
            ["both are there, but in no sentence together"],
        ),
        ("count(llama)>=2", "A llama.", ["it is there once"]),
        ("count(llama)>=2", "A lama.", ["it is there 0 times"]),
    ],
)
def test_what_is_missing_is_named(query: str, text: str, said: list[str]) -> None:
    evaluation = Evaluation(text_document("", text))
    lines = [line.strip() for line in why_not(parse_query(query).root, evaluation)]
    for line in said:
        assert line in lines
    assert "NO  word1" not in lines


def test_a_passage_may_be_right_where_the_article_is_not(tmp_path: Path) -> None:
    (tmp_path / "wool.toml").write_text(
        'name = "wool"\ndescription = "x"\nquery = "llama NOT farm"\n', encoding="utf-8"
    )
    topics = load_topics([], [tmp_path])
    found = article(
        "Prices rise",
        "The wool of the llama costs twice as much as it did two years ago.",
        "On the farm in the hills nobody has heard of it, they say, and nobody cares.",
    )
    judged = topics.judge(embed(topics, found, WordEncoder()), ["wool"])[0]
    said = list(explain(judged, ArticleView(found)))
    assert "The query is true in paragraph 1:" in said
    at = said.index("Of the article as a whole it is not true.  Its parts:")
    assert said[at + 1 : at + 5] == [
        "  NO  all of: llama NOT farm",
        "    yes llama",
        "    NO  none of this: farm",
        "        but there is farm",
    ]
