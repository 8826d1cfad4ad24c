"""The contract for scripts of docs/formats.md, key by key."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsbeam.errors import ConfigError
from pipelines.cli import cli

TEXT = (
    "A group of novelists sued the maker of an AI chatbot on Monday. They say that it trained its "
    "language model on their copyrighted books without a licence. The court will hear them in May."
)


def lines(*arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    result = CliRunner().invoke(cli, arguments, input=stdin)
    assert result.exception is None, result.output
    return [json.loads(line, parse_constant=pytest.fail) for line in result.stdout.splitlines()]


def test_inspect_feeds(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_text(
        '<rss version="2.0"><channel><title>Quay</title><item><title>Tide</title>'
        "<link>https://quay.example/1</link></item></channel></rss>"
    )
    good, bad = lines("inspect", "feeds", str(feed), str(tmp_path / "none.xml"))
    for answer in (good, bad):
        assert {"source", "title", "entries", "error"} <= answer.keys()
    (entry,) = good["entries"]
    assert {"url", "guid", "title", "published", "author", "summary", "content"} <= entry.keys()
    assert (good["error"], bad["entries"]) == (None, [])
    assert bad["error"] == "cannot be read: No such file or directory"


def test_inspect_pages(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    body = "".join(f"<p>{TEXT} ({n})</p>" for n in range(4))
    page.write_text(f"<html><body><article><h1>Novelists sue</h1>{body}</article></body></html>")
    url = "https://quay.example/1"
    listed = [{"path": str(page), "url": url}, {"path": str(tmp_path / "none"), "url": url}]
    stdin = "".join(json.dumps(item) + "\n" for item in listed) + "no JSON\n"
    good, missing, broken = lines("inspect", "pages", "-", stdin=stdin)
    for answer in (good, missing, broken):
        assert {
            *("url", "verdict", "title", "text", "published", "published_confidence", "authors"),
            *("language", "zones"),
        } <= answer.keys()
    assert good["verdict"] == "article"
    assert all(zone.keys() == {"kind", "start", "end"} for zone in good["zones"])
    assert good["text"][good["zones"][0]["start"] :].startswith("A group of novelists")
    assert missing["error"] == "cannot be read: No such file or directory"
    assert broken["error"].startswith("not JSON: ")


def test_inspect_urls() -> None:
    one, other = lines(
        "inspect", "urls", "-", stdin="https://www.quay.example/1?utm_source=x\nno\n"
    )
    assert one["canonical"] == "https://quay.example/1"
    assert one["outlet"] == "quay.example"
    assert other == {"url": "no", "canonical": None, "outlet": None, "error": "no http(s) URL"}


def test_topics_tag() -> None:
    stdin = json.dumps({"id": 7, "title": "Novelists sue AI company over copyright", "text": TEXT})
    good, bad = lines("topics", "tag", "-", stdin=f"{stdin}\n[]\n")
    assert good["id"] == 7
    mention = next(m for m in good["mentions"] if m["topic"] == "ai-copyright")
    assert {"topic", "score", "matched_by", "evidence"} <= mention.keys()
    kinds = set()
    for place in mention["evidence"]:
        assert {
            *("kind", "zone", "start", "end", "text", "sentence", "term", "score"),
        } <= place.keys()
        kinds.add(place["kind"])
    assert "query" in kinds
    assert bad["id"] is None
    assert bad["error"].startswith("not a JSON object")


def test_a_folder_without_topics_is_no_answer(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["topics", "tag", "-", "--topics", str(tmp_path)], input="{}")
    assert isinstance(done.exception, ConfigError)
    assert str(done.exception) == f"{tmp_path}: no topic (*.toml) is in it"


def test_stories_group() -> None:
    item = {"id": "a", "title": "Novelists sue", "text": TEXT, "published": None, "outlet": None}
    (answer,) = lines("stories", "group", "-", stdin=json.dumps(item))
    assert {"id", "story", "copy_of", "similarity"} <= answer.keys()
