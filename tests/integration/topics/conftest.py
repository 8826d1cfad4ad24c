from pathlib import Path

import pytest

from tests.topics_support import make_newsroom


@pytest.fixture
def newsroom(tmp_path: Path) -> Path:
    """Return the settings of a store with three articles and one topic; no mention yet."""
    return make_newsroom(tmp_path)
