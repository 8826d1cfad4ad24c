"""A Slack on the loopback interface: it keeps history, and it can misbehave.

Faults are taken from a queue (:attr:`LoopbackSlack.faults`), or drawn at random by
:attr:`LoopbackSlack.chance`, one per posting call::

    429            refuses, with Retry-After
    500            refuses with an HTML page
    internal_error answers so, *after* accepting every other time
    timeout        answers too late, nothing accepted
    drop           closes the connection, nothing accepted
    accept_drop    accepts, then closes the connection
    accept_timeout accepts, then answers too late
    any other word is Slack's error of that name
"""

import json
import random
import socket
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.slack_limits import problems

FAULTS = ("429", "500", "internal_error", "timeout", "drop", "accept_drop", "accept_timeout")


class LoopbackSlack:
    """The server; use it as a context manager.

    Args:
        channels: names without ``#``.
        late_s: how late the time-outs answer, seconds.
    """

    def __init__(self, channels: tuple[str, ...] = ("news", "ops"), late_s: float = 2.0) -> None:
        self.ids = {name: f"C{n:08d}" for n, name in enumerate(channels, 1)}
        self.history: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.calls: list[tuple[str, dict[str, Any], float]] = []
        self.faults: deque[str] = deque()
        self.chance = 0.0
        self.played: Counter[str] = Counter()
        """Posting calls by the fault that was played."""
        self.rng = random.Random(7)
        self.late_s = late_s
        self.retry_after = 1
        self.per_second = False
        """Refuse more than one message a second to a channel, as Slack does."""
        self.scopes = {"chat:write", "channels:history", "channels:read"}
        self.private: set[str] = set()
        """Names of the channels that are private."""
        self.read_faults: deque[str] = deque()
        """One per call that reads: ``429``, ``ok``, or Slack's error of that name."""
        self.token = "xoxb-test"
        self.clock: Callable[[], float] = time.time
        """Gives the ids of messages their seconds."""
        self._lock = threading.RLock()
        self._sequence = 0
        self._closing = threading.Event()

    def __enter__(self) -> "LoopbackSlack":
        handler = type("Handler", (_Handler,), {"slack": self})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api/"
        self.webhook = f"http://127.0.0.1:{self.server.server_address[1]}/services/T0/B0/secret"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.server.shutdown()
        self.server.server_close()

    def posted(self, channel: str = "news") -> list[dict[str, Any]]:
        """Return all messages of a channel, replies included, oldest first."""
        with self._lock:
            return list(self.history[self.ids[channel]])

    def parents(self, channel: str = "news") -> list[dict[str, Any]]:
        """Return the messages that open a thread, oldest first."""
        return [m for m in self.posted(channel) if "thread_ts" not in m]

    def replies(self, ts: str, channel: str = "news") -> list[dict[str, Any]]:
        """Return the replies in a thread."""
        return [m for m in self.posted(channel) if m.get("thread_ts") == ts]

    def alerts(self) -> list[str]:
        """Return the alert ids of all messages, in all channels."""
        return [
            m["metadata"]["event_payload"]["alert_id"]
            for name in self.ids
            for m in self.posted(name)
            if m.get("metadata")
        ]

    def answer(self, method: str, values: dict[str, Any]) -> "Reply":
        """Answer one call of the Web API."""
        with self._lock:
            self.calls.append((method, values, time.time()))
            if method == "chat.postMessage":
                return self._with_fault(self._post, values)
            if method == "chat.update":
                return self._with_fault(self._edit, values)
            if method.startswith("conversations.") and self.read_faults:
                fault = self.read_faults.popleft()
                if fault == "429":
                    limited = {"ok": False, "error": "ratelimited"}
                    return Reply(limited, 429, retry_after=self.retry_after)
                if fault != "ok":
                    return Reply({"ok": False, "error": fault})
            if method == "conversations.history":
                return self._read(values, lambda m: "thread_ts" not in m or m.get("broadcast"))
            if method == "conversations.replies":
                top = values.get("ts")
                return self._read(values, lambda m: top in (m.get("thread_ts"), m["ts"]))
            if method == "conversations.list":
                return self._list(str(values.get("types", "public_channel")).split(","))
            if method == "conversations.info":
                name = {i: n for n, i in self.ids.items()}.get(values.get("channel", ""))
                if name is None:
                    return Reply({"ok": False, "error": "channel_not_found"})
                return Reply({"ok": True, "channel": {"id": values["channel"], "name": name}})
            if method == "chat.getPermalink":
                link = f"https://desk.slack.example/archives/{values['channel']}/"
                return Reply({"ok": True, "permalink": f"{link}p{values['message_ts']}"})
            return Reply({"ok": False, "error": "unknown_method"})

    def _with_fault(self, accept: Any, values: dict[str, Any]) -> "Reply":
        fault = self.faults.popleft() if self.faults else ""
        if not fault and self.rng.random() < self.chance:
            fault = self.rng.choice(FAULTS)
        self.played[fault or "none"] += 1
        if fault == "429":
            return Reply({"ok": False, "error": "ratelimited"}, 429, retry_after=self.retry_after)
        if fault == "500":
            return Reply(None, 500)
        if fault == "timeout":
            return Reply({"ok": True}, late_s=self.late_s)
        if fault == "drop":
            return Reply(None, drop=True)
        if fault == "internal_error":
            if self.rng.random() < 0.5:
                accept(values)
            return Reply({"ok": False, "error": "internal_error"})
        if fault == "accept_drop":
            accept(values)
            return Reply(None, drop=True)
        if fault == "accept_timeout":
            accept(values)
            return Reply({"ok": True}, late_s=self.late_s)
        if fault:
            return Reply({"ok": False, "error": fault})
        return Reply(*accept(values))

    def _place(self, values: dict[str, Any], *, by_name: bool) -> str | None:
        wanted = str(values.get("channel", ""))
        if by_name and wanted.startswith("#"):
            return self.ids.get(wanted[1:])
        return wanted if wanted in self.ids.values() else None

    def _post(self, values: dict[str, Any]) -> tuple[Any, ...]:
        place = self._place(values, by_name=True)
        if place is None:
            return ({"ok": False, "error": "channel_not_found"},)
        if wrong := problems(values.get("text", ""), values.get("blocks", [])):
            return ({"ok": False, "error": "invalid_blocks", "detail": wrong},)
        mine = self.history[place]
        if self.per_second and mine and self.clock() - float(mine[-1]["ts"]) < 1:
            return ({"ok": False, "error": "ratelimited"}, 429, self.retry_after)
        top = values.get("thread_ts")
        if top and not any(m["ts"] == top for m in mine):
            return ({"ok": False, "error": "thread_not_found"},)
        self._sequence += 1
        ts = f"{int(self.clock())}.{self._sequence:06d}"
        message = {k: values[k] for k in ("text", "blocks", "metadata") if k in values}
        message |= {"ts": ts, "at": time.time(), "edits": []}
        if top:
            message |= {"thread_ts": top, "broadcast": bool(values.get("reply_broadcast"))}
        mine.append(message)
        return ({"ok": True, "channel": place, "ts": ts, "message": {"text": message["text"]}},)

    def _edit(self, values: dict[str, Any]) -> tuple[Any, ...]:
        place = self._place(values, by_name=False)
        if place is None:
            return ({"ok": False, "error": "channel_not_found"},)
        if wrong := problems(values.get("text", ""), values.get("blocks", [])):
            return ({"ok": False, "error": "invalid_blocks", "detail": wrong},)
        for message in self.history[place]:
            if message["ts"] == values.get("ts"):
                message["edits"].append(message["text"])
                message |= {"text": values["text"], "blocks": values["blocks"]}
                return ({"ok": True, "channel": place, "ts": message["ts"]},)
        return ({"ok": False, "error": "message_not_found"},)

    def _list(self, kinds: list[str]) -> "Reply":
        for kind, scope in (
            ("public_channel", "channels:read"),
            ("private_channel", "groups:read"),
        ):
            if kind in kinds and scope not in self.scopes:
                return Reply({"ok": False, "error": "missing_scope", "needed": scope})
        found = [
            {"id": i, "name": n}
            for n, i in self.ids.items()
            if ("private_channel" if n in self.private else "public_channel") in kinds
        ]
        return Reply({"ok": True, "channels": found, "response_metadata": {}})

    def _read(self, values: dict[str, Any], wanted: Any) -> "Reply":
        place = self._place(values, by_name=False)
        if "channels:history" not in self.scopes:
            return Reply({"ok": False, "error": "missing_scope", "needed": "channels:history"})
        if place is None:
            return Reply({"ok": False, "error": "channel_not_found"})
        oldest = float(values.get("oldest", 0))
        found = [m for m in self.history[place] if wanted(m) and float(m["ts"]) > oldest]
        top = values.get("ts")
        if top and not any(m["ts"] == top for m in self.history[place]):
            return Reply({"ok": False, "error": "thread_not_found"})
        start, limit = int(values.get("cursor") or 0), min(int(values.get("limit", 100)), 15)
        shown = [dict(m) for m in reversed(found)][start : start + limit]
        if str(values.get("include_all_metadata", "")).lower() not in ("1", "true"):
            for message in shown:
                message.pop("metadata", None)
        after = str(start + limit) if start + limit < len(found) else ""
        return Reply({"ok": True, "messages": shown, "response_metadata": {"next_cursor": after}})

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the end of the server."""
        self._closing.wait(seconds)


class Reply:
    """What the handler writes."""

    def __init__(
        self,
        data: Any,
        status: int = 200,
        retry_after: int | None = None,
        *,
        late_s: float = 0.0,
        drop: bool = False,
    ) -> None:
        self.data, self.status, self.retry_after = data, status, retry_after
        self.late_s, self.drop = late_s, drop


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, or is killed, is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    slack: LoopbackSlack
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path.startswith("/services/"):
            self._webhook(body)
            return
        kind = self.headers.get("Content-Type", "")
        values = json.loads(body) if "json" in kind else _form(body.decode())
        self._web_api(path, values)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._web_api(parts.path, _form(parts.query))

    def _web_api(self, path: str, values: dict[str, Any]) -> None:
        if self.headers.get("Authorization") != f"Bearer {self.slack.token}":
            self._write(Reply({"ok": False, "error": "invalid_auth"}))
            return
        self._write(self.slack.answer(path.removeprefix("/api/"), values))

    def _webhook(self, body: bytes) -> None:
        values = {**json.loads(body), "channel": next(iter(self.slack.ids.values()))}
        reply = self.slack.answer("chat.postMessage", values)
        ok = bool(reply.data and reply.data.get("ok"))
        if reply.status == 200 and not reply.drop and not reply.late_s:
            reply.status = 200 if ok else 400
        reply.data = "ok" if ok else (reply.data or {}).get("error", "server_error")
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        if reply.late_s:
            self.slack.wait(reply.late_s)
        if reply.drop:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = (
            b"<html>Slack is having trouble</html>"
            if reply.data is None
            else (reply.data if isinstance(reply.data, str) else json.dumps(reply.data)).encode()
        )
        self.send_response(reply.status)
        html = reply.data is None or isinstance(reply.data, str)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if reply.retry_after is not None:
            self.send_header("Retry-After", str(reply.retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


def _form(text: str) -> dict[str, Any]:
    return {k: v[0] for k, v in parse_qs(text).items()}
