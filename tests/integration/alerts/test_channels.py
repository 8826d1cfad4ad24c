"""The other channels: signed webhook, outgoing feeds, apprise."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import feedparser
import pytest

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings
from sinks.channels.apprise import AppriseChannel, urls_of
from sinks.channels.dispatch import Dispatcher
from sinks.channels.feeds import FeedFolder
from sinks.channels.registry import Registry
from sinks.channels.webhook import SignedWebhook, sign
from tests.alert_support import Desk, alerts, article, rule

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # apprise's own imports


@pytest.fixture
def receiver() -> Iterator[Any]:
    """An HTTP server that keeps what it gets; ``answers`` are its next status codes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            status = server.answers.pop(0) if server.answers else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Server(HTTPServer):
        got: list[tuple[dict[str, str], bytes]]
        answers: list[int]

    server = Server(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def dispatch(desk: Desk, transport: Any, seconds: float = 0) -> None:
    sender = Dispatcher(desk.db, desk.settings, lambda channel: transport, desk.clock)
    end = desk.now + timedelta(seconds=seconds)
    while (again := sender.step()) is not None and again <= end:
        desk.now = max(again, desk.now)


def test_a_webhook_is_signed_and_repeats_with_the_same_key(desk: Desk, receiver: Any) -> None:
    url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
    hook = SignedWebhook("desk", url, "s3cret", timeout_s=2)
    receiver.answers.extend([500, 429])
    desk.arrive(article("one"), story="s1")
    dispatch(desk, hook, seconds=120)
    desk.now += timedelta(hours=1)
    desk.arrive(article("two", outlet="b.example"), story="s1")
    dispatch(desk, hook, seconds=60)
    bodies = [json.loads(body) for _, body in receiver.got]
    assert [b["kind"] for b in bodies] == ["story", "story", "story", "reply", "update"]
    assert len({h["Idempotency-Key"] for h, _ in receiver.got[:3]}) == 1
    assert bodies[0]["message"]["cards"][0]["headline"] == "Port closed: one"
    headers, body = receiver.got[0]
    expected = hmac.new(
        b"s3cret", f"v1:{headers['X-Newsbeam-Timestamp']}:".encode() + body, hashlib.sha256
    ).hexdigest()
    assert headers["X-Newsbeam-Signature"] == f"v1={expected}"
    assert sign(b"a", "1", b"x") != sign(b"a", "2", b"x")


def test_a_webhook_that_refuses_makes_a_dead_letter(desk: Desk, receiver: Any) -> None:
    receiver.answers.append(410)
    url = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
    desk.arrive(article("one"))
    dispatch(desk, SignedWebhook("desk", url, ""))
    assert desk.rows("SELECT status, error FROM alert_outbox") == [("dead", "HTTP 410")]
    assert "X-Newsbeam-Signature" not in receiver.got[0][0]


def test_a_feed_has_one_item_per_story_in_three_formats(desk: Desk, tmp_path: Path) -> None:
    folder = FeedFolder("ai news", tmp_path / "out")
    desk.arrive(article("one", title="A & B <c>"), story="s1")
    dispatch(desk, folder)
    desk.now += timedelta(hours=1)
    desk.arrive(article("two", outlet="b.example"), story="s1")
    desk.arrive(article("three", title="\x0bPort 🚀"))
    dispatch(desk, folder, seconds=60)
    read = {s: (tmp_path / f"out/ai_news.{s}").read_text() for s in ("json", "rss", "atom")}
    items = json.loads(read["json"])["items"]
    assert [i["title"] for i in items] == ["Port 🚀", "A & B <c>"]
    assert "also covered by 1 newsroom" in items[1]["content_text"]
    for form in ("rss", "atom"):
        parsed = feedparser.parse(read[form])
        assert not parsed.bozo
        assert [e.title for e in parsed.entries] == ["Port 🚀", "A & B <c>"]
        assert parsed.entries[1].link == "https://harbour-courier.example/one"
        assert parsed.entries[1].tags[0].term == "ports"


def test_a_feed_that_is_written_again_does_not_double(desk: Desk, tmp_path: Path) -> None:
    folder = FeedFolder("ai", tmp_path)
    desk.arrive(article("one"))
    dispatch(desk, folder)
    desk.db.execute("UPDATE alert_outbox SET status = 'pending'")
    dispatch(desk, folder)
    assert len(folder.items()) == 1


def test_apprise_sends_title_and_body(desk: Desk, receiver: Any) -> None:
    pytest.importorskip("apprise")
    url = f"json://127.0.0.1:{receiver.server_address[1]}/"
    desk.arrive(article("one"))
    dispatch(desk, AppriseChannel("desk", url))
    (_, body) = receiver.got[0]
    said = json.loads(body)
    assert said["title"].startswith("Port closed: one")
    assert "https://harbour-courier.example/one" in said["message"]
    with pytest.raises(ConfigError, match="does not know"):
        AppriseChannel("desk", "nonsense")


def test_channels_are_found_by_name(tmp_path: Path) -> None:
    settings = Settings(
        alerts=alerts(webhooks={"desk": "https://desk.example/"}), home=str(tmp_path)
    )
    empty = Registry(settings, {})
    assert empty("#news") is None
    assert empty("apprise:mail") is None
    full = Registry(
        settings, {"SLACK_BOT_TOKEN": "x", "NEWSBEAM_APPRISE_URLS": "m=json://a.example"}
    )
    assert full("#news") is full("C0123")
    assert {full(c).account for c in ("#news", "webhook:desk", "apprise:m", "feed:ai")} == {  # type: ignore[union-attr]
        *("slack", "webhook:desk", "apprise:m", "feed:ai"),
    }
    assert Registry(settings, {"SLACK_WEBHOOK_URL": "https://x.example"})("#a").threads is False  # type: ignore[union-attr]
    assert full("pager:me") is None  # something may wait for what the settings had once
    assert full("webhook:gone") is None
    with pytest.raises(ConfigError, match="name=url"):
        urls_of("json://a.example")


def test_a_rule_names_only_webhooks_that_exist() -> None:
    with pytest.raises(ValueError, match="has no 'desk'"):
        alerts(rule(channel="webhook:desk"))
    with pytest.raises(ValueError, match="feed:NAME"):
        alerts(rule(channel="pager:me"))
    with pytest.raises(ValueError, match="no http"):
        alerts(webhooks={"desk": "desk.example/hook"})
