"""The user's own five examples: two report one court filing, the others other things."""

import os
from itertools import permutations
from pathlib import Path

import pytest

from newsbeam.stories.grouper import Grouper, StoryInput
from newsbeam.stories.vector_text import vector_text

DATA = Path(os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
SEEDS = sorted((DATA.parent / "seeds").glob("*.txt"))


@pytest.mark.slow
@pytest.mark.skipif(len(SEEDS) != 5, reason="the five seed texts are not beside NEWSBEAM_DATA")
def test_two_reports_of_one_filing_are_one_story_in_any_order() -> None:
    from newsbeam.encoder import load_encoder
    from newsbeam.settings import ModelSettings

    texts = [path.read_text(encoding="utf-8") for path in SEEDS]
    vectors = load_encoder(ModelSettings()).encode([vector_text(None, t) for t in texts])
    items = [
        StoryInput(path.stem[:3], None, text, vector=vector)
        for path, text, vector in zip(SEEDS, texts, vectors, strict=True)
    ]
    for order in permutations(items):
        grouper = Grouper()
        story = {item.id: grouper.add(item).story for item in order}
        assert story["000"] == story["001"], [i.id for i in order]
        others = [story[i] for i in ("002", "003", "004")]
        assert story["000"] not in others, [i.id for i in order]
