"""What a process that runs for long does about its memory."""

import gc
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest

from pipelines.memory import set_aside, sweep, take_back
from pipelines.quick_beam import without_collecting


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


def test_only_what_was_imported_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.enable()
    for imported in (False, True):
        gc.unfreeze()
        before = gc.get_freeze_count()  # Python 3.12 itself sets some aside
        with without_collecting():
            assert not gc.isenabled()
            if imported:
                monkeypatch.setitem(sys.modules, "newsbeam_made_up", ModuleType("made_up"))
        assert gc.isenabled()
        assert (gc.get_freeze_count() > before + 1_000) is imported
