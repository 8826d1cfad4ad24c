"""What several test modules of topics use."""

from pathlib import Path

import pytest

from newsbeam.topics import TopicSet, load_topics
from tests.unit.topics.topic_support import ENCODER, TOPIC, folder_with


@pytest.fixture
def topics(tmp_path: Path) -> TopicSet:
    loaded = load_topics([], [folder_with(tmp_path, wells=TOPIC)])
    loaded.prepare(ENCODER)
    return loaded
