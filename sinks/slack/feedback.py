"""Feedback from Slack by Socket Mode: what people press under an alert.

A connection that we open, so no public address is needed.  Presses are acknowledged at once and
queued; the supervisor writes them between two cycles.  Needs the app-level token
(``SLACK_APP_TOKEN``, scope ``connections:write``).

Source: https://docs.slack.dev/apis/events-api/using-socket-mode.
"""

import json
import logging
import queue
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Request = dict[str, Any]


def requests_of(payload: dict[str, Any]) -> list[Request]:
    """Return what a press of our buttons asks for; nothing for presses that are not ours.

    Args:
        payload: of the type ``block_actions``.
    """
    if payload.get("type") != "block_actions":
        return []
    user = payload.get("user") or {}
    who = f"slack:{user.get('username') or user.get('id') or 'somebody'}"
    place = (payload.get("channel") or {}).get("id")
    found: list[Request] = []
    for action in payload.get("actions", []):
        name = str(action.get("action_id", ""))
        try:
            value = json.loads(action.get("value") or "")
            article, topic, story = value["article"], value["topic"], value["story"]
        except (ValueError, KeyError, TypeError):
            continue
        if name in ("newsbeam_relevant", "newsbeam_not_relevant") and topic:
            about = name == "newsbeam_relevant"
            found.append(
                {"what": "label", "article": article, "topic": topic, "about": about, "who": who}
            )
        elif name == "newsbeam_mute":
            found.append(
                {"what": "mute", "kind": "story", "value": story, "place": place, "who": who}
            )
    return found


class Feedback:
    """Listens in threads of its own until it is closed.

    Args:
        app_token: ``xapp-…``.
        base_url: Slack's Web API.
        wake: called after something was queued.
    """

    def __init__(
        self, app_token: str, *, base_url: str, wake: Callable[[], None] = lambda: None
    ) -> None:
        from slack_sdk.socket_mode.builtin import SocketModeClient
        from slack_sdk.web import WebClient

        self._queue: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._wake = wake
        # one worker: of two answers of one person the later one counts, so order matters
        self._client = SocketModeClient(
            app_token,
            web_client=WebClient(base_url=base_url),
            auto_reconnect_enabled=True,
            concurrency=1,
        )
        self._client.socket_mode_request_listeners.append(self._on_request)

    def open(self) -> None:
        """Connect; where Slack refuses, alerts go on without buttons' effect."""
        try:
            self._client.connect()
        except Exception as error:  # whatever the network does: feedback is optional
            log.error("no feedback from Slack: %s: %s", type(error).__name__, error)

    def take(self) -> list[Request]:
        """Return what was asked for since the last call."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _on_request(self, client: Any, request: Any) -> None:
        from slack_sdk.socket_mode.response import SocketModeResponse

        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        if request.type == "interactive":
            for asked in requests_of(request.payload):
                self._queue.put(asked)
            self._wake()
