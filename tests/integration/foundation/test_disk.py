"""A disk that is full or read-only is a clear error, and nothing is half-written."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.newsroom.server import Newsroom
from tests.support import newsbeam, tables, write_settings

TABLES = ("article_rows", "article_texts", "entries", "mention_rows")


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a small disk in memory; skip the test where that is not allowed."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no `mount` on this machine")
    if made.returncode:
        pytest.skip(f"mounting a small disk needs more rights: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["100k", "300k", "1m", "2m"])
def test_a_full_disk_is_one_clear_line_and_the_store_is_as_before(
    tmp_path: Path, size: str
) -> None:
    """It is full when the store is made, while staging, in the commit, in the publication."""
    (tmp_path / "calm").mkdir()
    with Newsroom() as newsroom, small_disk(tmp_path / "newsroom", size):
        write_settings(tmp_path, newsroom.feeds, newsroom.hosts)
        full = newsbeam("run", cwd=tmp_path)
        assert full.returncode == 1, full.stdout + full.stderr
        assert full.stderr.count("\n") == 1, full.stderr
        assert full.stderr.startswith("newsbeam: ")
        grow = ["mount", "-o", "remount,size=200m", str(tmp_path / "newsroom")]
        subprocess.run(grow, check=True)
        later = newsbeam(
            "run", "--all", cwd=tmp_path
        )  # the store may have it, and lack the publication
        assert later.returncode == 3, later.stderr
        found = tables(tmp_path / "newsroom" / "store.duckdb", *TABLES)
        write_settings((tmp_path / "calm"), newsroom.feeds, newsroom.hosts)
        assert newsbeam("run", cwd=tmp_path / "calm").returncode == 3
    assert found == tables(tmp_path / "calm" / "newsroom" / "store.duckdb", *TABLES)
    assert found["article_rows"]


def test_a_read_only_place_is_one_clear_line(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, ["http://a.example/feed"], {"a.example": "127.0.0.1:9"})
    with settings.open("a", encoding="utf-8") as file:
        file.write('[store]\npath = "/proc/newsbeam/store.duckdb"\n')
    result = newsbeam("run", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "/proc/newsbeam" in result.stderr
