"""Feedback over a real WebSocket on loopback: press → acknowledged → queued."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from pipelines.report import RunReport
from pipelines.watch import Supervisor
from sinks.channels.dispatch import Dispatcher
from sinks.slack.bot import SlackBot
from sinks.slack.feedback import Feedback
from sinks.store.store import open_store
from tests.alert_support import Desk, alerts, article
from tests.loopback_slack import LoopbackSlack

PRESS = {
    "type": "block_actions",
    "user": {"id": "U1", "username": "kim"},
    "channel": {"id": "C1"},
    "actions": [
        {
            "action_id": "newsbeam_not_relevant",
            "value": json.dumps({"article": "a1", "topic": "ports", "story": "s1"}),
        }
    ],
}


class SocketSlack:
    """Opens one Socket Mode connection and sends presses, each in an envelope of its own."""

    def __init__(self, presses: Sequence[dict[str, Any]] = (PRESS,)) -> None:
        self.presses = presses
        self.acknowledged: list[str] = []
        self.ready, self.answered = threading.Event(), threading.Event()
        self.loop = asyncio.new_event_loop()
        self.port = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self.ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._start())
        self.ready.set()
        self.loop.run_forever()
        self.loop.run_until_complete(self.runner.cleanup())
        self.loop.close()

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_get("/socket", self._socket)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def _open(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer xapp-test"
        return web.json_response({"ok": True, "url": f"ws://127.0.0.1:{self.port}/socket"})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        for number, press in enumerate(self.presses, 1):
            await socket.send_json(
                {"type": "interactive", "envelope_id": f"e{number}", "payload": press,
                 "accepts_response_payload": True}
            )  # fmt: skip
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self.acknowledged.append(json.loads(message.data)["envelope_id"])
                self.answered.set()
        return socket

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture
def socket_slack() -> Iterator[SocketSlack]:
    server = SocketSlack()
    yield server
    server.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_press_is_acknowledged_and_queued(socket_slack: SocketSlack) -> None:
    woken = threading.Event()
    base_url = f"http://127.0.0.1:{socket_slack.port}/api/"
    feedback = Feedback("xapp-test", base_url=base_url, wake=woken.set)
    feedback.open()
    assert woken.wait(20)
    assert socket_slack.answered.wait(20)
    asked: list[dict[str, Any]] = feedback.take()
    feedback.close()
    assert asked == [
        {"what": "label", "article": "a1", "topic": "ports", "about": False, "who": "slack:kim"}
    ]
    assert socket_slack.acknowledged == ["e1"]
    assert feedback.take() == []


def test_a_slack_that_refuses_does_not_stop_us(caplog: pytest.LogCaptureFixture) -> None:
    feedback = Feedback("xapp-test", base_url="http://127.0.0.1:9/api/")
    feedback.open()
    assert "no feedback from Slack" in caplog.text
    feedback.close()


def presses_on(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Slack sends when somebody presses each of the three buttons of a message."""
    return [
        {
            "type": "block_actions",
            "api_app_id": "A1",
            "team": {"id": "T1", "domain": "desk"},
            "user": {"id": "U1", "username": "kim", "name": "kim", "team_id": "T1"},
            "container": {
                "type": "message",
                "message_ts": message["ts"],
                "channel_id": "C00000001",
            },
            "channel": {"id": "C00000001", "name": "news"},
            "message": {"type": "message", "ts": message["ts"], "blocks": message["blocks"]},
            "state": {"values": {}},
            "actions": [{**button, "type": "button", "block_id": "b1", "action_ts": "2.0"}],
        }
        for button in message["blocks"][-1]["elements"]
    ]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_presses_in_slack_become_a_label_and_a_mute(tmp_path: Path) -> None:
    port_closed = article("one")
    with open_store(tmp_path / "newsroom/store.duckdb") as db, LoopbackSlack() as slack:
        desk = Desk(db, tmp_path / "staging", alerts())
        desk.start()
        desk.arrive(port_closed, story="s1")
        bot = SlackBot(slack.token, base_url=slack.url, gap_s=0.0, buttons=True)
        Dispatcher(db, desk.settings, lambda channel: bot, desk.clock).step()
        (message,) = slack.posted()
    server = SocketSlack(presses_on(message))
    (tmp_path / "newsbeam.toml").write_text(
        f"""
[feeds]
opml = []
urls = ["https://a.example/feed"]
[watch]
cycle_s = 0.05
[alerts]
feedback = true
slack_base_url = "http://127.0.0.1:{server.port}/api/"
[[alerts.rules]]
name = "all"
channel = "#news"
"""
    )
    labels: list[tuple[Any, ...]] = []
    mutes: list[tuple[Any, ...]] = []

    def work(settings: Any, db: Any, **arguments: Any) -> RunReport:
        labels[:] = db.execute("SELECT article_id, topic, about, who, source FROM topic_labels "
                               "ORDER BY at_time").fetchall()  # fmt: skip
        mutes[:] = db.execute("SELECT kind, value, channel, who FROM alert_mutes").fetchall()
        if mutes:
            made.stop()
        return RunReport("r", "watch", arguments["now"], 0.1)

    made = Supervisor(tmp_path / "newsbeam.toml", {"SLACK_APP_TOKEN": "xapp-test"}, work=work)
    made.run()
    server.close()
    assert labels[-1] == (port_closed.id, "ports", False, "slack:kim", "slack")
    assert mutes == [("story", "s1", "#news", "slack:kim")]
    assert server.acknowledged == ["e1", "e2", "e3"]
