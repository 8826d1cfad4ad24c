"""What a process that runs for long does about its memory."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from pipelines.memory import set_aside, sweep, take_back


class Node:
    """Refers to itself: only the garbage collector frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def only_when_asked() -> Iterator[None]:
    gc.disable()
    yield
    take_back()
    gc.enable()


def test_a_sweep_frees_what_a_graph_leaves() -> None:
    left = weakref.ref(Node())
    assert left() is not None
    sweep()
    assert left() is None


def test_what_is_set_aside_is_not_looked_at_until_it_is_taken_back() -> None:
    kept = Node()
    seen = weakref.ref(kept)
    set_aside()
    assert gc.get_freeze_count() > 0
    del kept
    later = weakref.ref(Node())
    sweep()
    assert (seen() is None, later() is None) == (False, True)
    take_back()
    sweep()
    assert seen() is None
