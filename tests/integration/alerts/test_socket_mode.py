"""Feedback over a real WebSocket on loopback: press → acknowledged → queued."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from sinks.slack.feedback import Feedback

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
    """Opens one Socket Mode connection and sends one press."""

    def __init__(self) -> None:
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
        await socket.send_json(
            {"type": "interactive", "envelope_id": "e1", "payload": PRESS,
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
