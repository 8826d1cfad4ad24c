"""`newsbeam init`, the starter files and the settings page."""

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.opml import read_opml
from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, load_settings
from newsbeam.topics.topic import find_topics, load_topic
from pipelines.cli.init import init, starter_files
from pipelines.starter.settings_text import settings_markdown, settings_toml, tables

ROOT = Path(__file__).parents[3]


def uncommented(text: str) -> str:
    """Take the # away from all keys of tables that occur by default."""
    lines, skip = [], False
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        if re.fullmatch(r"(# )?\[.*\]", line):
            skip = line.startswith("# ")
        key = re.fullmatch(r"[a-z_]+ = .+", bare) and line.startswith("# ")
        lines.append(bare if key and not skip and "# not set" not in line else line)
    return "\n".join(lines)


def test_init_writes_settings_feeds_and_an_example_topic(tmp_path: Path) -> None:
    result = CliRunner().invoke(init, [str(tmp_path / "desk")])
    assert result.exit_code == 0, result.output
    written = {p.relative_to(tmp_path / "desk").as_posix() for p in tmp_path.rglob("*.*")}
    assert written == {"newsbeam.toml", "feeds.opml", "topics/_example.toml"}
    assert "newsbeam run" in result.output
    assert load_settings(tmp_path / "desk/newsbeam.toml").hash() == Settings().hash()


def test_init_overwrites_nothing_without_force(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text("mine")
    refused = CliRunner().invoke(init, [str(tmp_path)])
    assert isinstance(refused.exception, ConfigError)
    assert "feeds.opml" in str(refused.exception)
    assert [p.name for p in tmp_path.iterdir()] == ["feeds.opml"]
    assert (tmp_path / "feeds.opml").read_text() == "mine"
    forced = CliRunner().invoke(init, [str(tmp_path), "--force", "--json"])
    assert json.loads(forced.output)["written"] == list(starter_files())
    assert "mine" not in (tmp_path / "feeds.opml").read_text()


def test_the_keys_that_init_shows_hold_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "newsbeam.toml"
    file.write_text(uncommented(settings_toml()), encoding="utf-8")
    assert tomllib.loads(file.read_text(encoding="utf-8"))
    assert load_settings(file).hash() == Settings().hash()


def test_every_key_has_a_meaning_and_every_table_is_there() -> None:
    shown = tables()
    assert [k.name for t in shown for k in t.keys if not k.meaning] == []
    headers = {t.header.strip("[]").split(".")[0] for t in shown}
    assert headers == {f.name for f in fields(Settings)} - {"home"}


def test_the_settings_page_is_up_to_date() -> None:
    written = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert written == settings_markdown(), (
        "run: python -m pipelines.starter.settings_text > docs/settings.md"
    )


def test_the_starter_list_is_wide_and_each_feed_stands_in_a_folder() -> None:
    body = ET.fromstring(starter_files()["feeds.opml"]).find("body")
    assert body is not None
    feeds = [o for folder in body for o in folder]
    urls = [o.attrib["xmlUrl"] for o in feeds]
    assert len(urls) >= 60
    assert len(set(urls)) == len(urls)
    assert all(url.startswith("https://") for url in urls)
    assert all(folder.attrib["text"] and len(folder) for folder in body)
    assert {o.attrib["language"] for o in feeds} >= {"en", "de", "fr", "es", "it", "pl", "ja"}


@pytest.mark.parametrize("name", ["newsbeam.toml", "topics/_example.toml"])
def test_the_starter_files_are_valid_toml(name: str) -> None:
    assert isinstance(tomllib.loads(starter_files()[name]), dict)


def test_the_starter_list_is_read_with_its_folders_as_tags(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(starter_files()["feeds.opml"], encoding="utf-8")
    feeds = list(read_opml(tmp_path / "feeds.opml"))
    assert len(feeds) == starter_files()["feeds.opml"].count("xmlUrl=")
    assert all(f.tags and f.title and f.language for f in feeds)


def test_the_example_topic_is_ignored_until_it_is_copied(tmp_path: Path) -> None:
    example = starter_files()["topics/_example.toml"]
    (tmp_path / "_example.toml").write_text(example, encoding="utf-8")
    assert find_topics((), (tmp_path,)) == []
    (tmp_path / "port-strikes.toml").write_text(example, encoding="utf-8")
    [path] = find_topics((), (tmp_path,))
    assert load_topic(path).name == "port-strikes"
