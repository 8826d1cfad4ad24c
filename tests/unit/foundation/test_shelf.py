"""What waits in files while a part of a run goes through the graph."""

import errno
from pathlib import Path
from typing import Any

import pytest

from newsbeam.records import Entry
from pipelines.parts import in_turn
from pipelines.shelf import Laid

FEED = "https://a.example/feed"


def entries(*names: str) -> list[Entry]:
    return [Entry(name, FEED, name, f"https://a.example/{name}") for name in names]


def test_a_value_is_taken_once_and_its_file_goes(tmp_path: Path) -> None:
    laid = Laid({"a": [1, 2]}, tmp_path / "x.pickle")
    assert laid.take() == {"a": [1, 2]}
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_a_file(tmp_path: Path) -> None:
    class Full:
        def __reduce__(self) -> tuple[Any, ...]:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Laid([bytes(100_000), Full()], tmp_path / "x.pickle")
    assert list(tmp_path.iterdir()) == []


def test_parts_wait_in_files_for_their_turn(tmp_path: Path) -> None:
    parts = [entries("a", "b"), entries("c"), entries("d")]
    waiting, found = [], []
    for part, last in in_turn(iter(parts), tmp_path):
        waiting.append(len(list(tmp_path.iterdir())))
        found.append((part, last))
    assert waiting == [2, 1, 0]
    assert found == [(parts[0], False), (parts[1], False), (parts[2], True)]


def test_a_single_part_needs_no_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert list(in_turn([entries("a")], missing)) == [(entries("a"), True)]
    assert list(in_turn([[]], missing)) == [([], True)]
