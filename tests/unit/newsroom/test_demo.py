"""The demo's folder and settings."""

from datetime import date
from pathlib import Path

import pytest

from connectors.opml import read_opml
from newsbeam.errors import ConfigError
from newsbeam.settings import load_settings
from pipelines.cli.demo import MARK, TICKS, start_afresh, write_settings
from pipelines.newsroom.content import LAST_TICK
from pipelines.newsroom.server import Newsroom

EDITION = date(2026, 11, 18)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="something else"):
        start_afresh(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_earlier_demo_is_started_afresh_but_keeps_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "newsbeam.toml").write_text(MARK)
    (tmp_path / "newsroom").mkdir()
    (tmp_path / "newsroom/leftover").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    start_afresh(tmp_path)
    assert not (tmp_path / "newsroom").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_settings_lead_every_feed_to_the_newsroom_and_allow_loopback_only(
    tmp_path: Path,
) -> None:
    with Newsroom(EDITION) as newsroom:
        settings = load_settings(write_settings(tmp_path, newsroom))
        assert settings.fetch.hosts == newsroom.hosts
        assert settings.fetch.allow_networks == ("127.0.0.0/8",)
        feeds = read_opml(settings.path(settings.feeds.opml[0]))
        assert {f.url for f in feeds} == set(newsroom.feeds)


def test_the_demo_says_what_each_tick_brings() -> None:
    assert list(TICKS) == list(range(1, LAST_TICK + 1))
