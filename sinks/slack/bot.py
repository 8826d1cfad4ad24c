"""Slack by a bot token: threads, edits, and looking whether a message arrived.

Every message carries its alert's id as metadata; ``conversations.history`` gives it back.  Slack
has no idempotency key, so after a call without an answer this is the only way to know.

Source: https://docs.slack.dev/reference/methods/chat.postMessage (errors, metadata),
https://docs.slack.dev/messaging/message-metadata, https://docs.slack.dev/apis/web-api/rate-limits.
"""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan
from typing import Any
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import WebClient

from newsbeam.alerts.messages import safe_url
from sinks.channels.transport import Answer, Delivery
from sinks.slack.blocks import render

EVENT = "newsbeam_alert"
"""Type of the metadata."""
LOOK_BACK_S = 3600.0
"""History is read from so long before the call: clocks differ."""
LONGEST_WAIT_S = 86_400.0
"""Longest Retry-After that is believed."""
_ACCOUNT = frozenset(
    (
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("org_login_required", "ekm_access_denied", "two_factor_setup_required"),
        "team_access_not_granted",
    )
)
"""The token is wrong: nothing can be sent to anybody until somebody acts."""
_MAYBE = frozenset(("internal_error", "fatal_error", "request_timeout", "service_unavailable"))
"""Slack says that the call may have had an effect."""
_GONE = frozenset(("thread_not_found", "message_not_found"))
_FIXED = frozenset(("cant_update_message", "edit_window_closed"))
"""The message is there and stays as it is: another app posted it, or edits are not allowed."""


class SlackBot:
    """Sends to one workspace.

    Args:
        token: of the bot (``xoxb-…``).
        base_url: Slack's Web API.
        timeout_s: time for one call, seconds.
        gap_s: least time between two messages to one channel, seconds.
        zone: zone of times in the plain text.
        buttons: add feedback buttons.
    """

    account = "slack"
    threads = True

    def __init__(
        self,
        token: str,
        *,
        base_url: str = "https://slack.com/api/",
        timeout_s: float = 10.0,
        gap_s: float = 1.1,
        zone: str = "UTC",
        buttons: bool = False,
    ) -> None:
        # no retries in the client: each could post again what had arrived already
        self._client = WebClient(
            token, base_url=base_url, timeout=max(1, round(timeout_s)), retry_handlers=[]
        )
        self.gap_s, self._zone, self._buttons = gap_s, zone, buttons
        self._read_so_far: dict[str, str] = {}
        """Alert id -> page of the history to go on with: Slack may allow one page a minute."""

    def send(self, delivery: Delivery) -> Answer:
        """Post a message, answer in its thread, or edit it."""
        message = delivery.message
        if message.goes_on:
            message = replace(message, goes_on=self._permalink(message.goes_on))
        text, blocks = render(message, self._zone, buttons=self._buttons)
        common: dict[str, Any] = {
            "text": text,
            "blocks": blocks,
            "metadata": {
                "event_type": EVENT,
                "event_payload": {
                    "alert_id": delivery.alert_id,
                    "story_id": delivery.story_id or "",
                    "kind": delivery.kind,
                },
            },
        }
        place = delivery.place or delivery.channel
        if delivery.kind == "update":
            # metadata stays that of the parent: it is what a search would look for
            common.pop("metadata")
            return self._call("chat.update", channel=place, ts=delivery.thread_ts, **common)
        if delivery.kind == "reply":
            common |= {
                "thread_ts": delivery.thread_ts,
                "reply_broadcast": delivery.message.broadcast,
            }
        return self._call(
            "chat.postMessage", channel=place, unfurl_links=False, unfurl_media=False, **common
        )

    def _permalink(self, there: str) -> str | None:
        """Return the link to a message; a pointer without one is still a pointer."""
        place, _, ts = there.partition("/")
        got = self._get("chat.getPermalink", {"channel": place, "message_ts": ts})
        return None if isinstance(got, Answer) else safe_url(got.get("permalink"))

    def find(self, delivery: Delivery) -> Answer:
        """Look for the message in the channel, or in its thread."""
        place = delivery.place or self._place(delivery.channel)
        if isinstance(place, Answer):
            return place
        method, where = "conversations.history", {"channel": place}
        if delivery.kind == "reply" and delivery.thread_ts:
            method, where = "conversations.replies", {**where, "ts": delivery.thread_ts}
        assert delivery.claimed is not None  # noqa: S101  # only unknown rows are looked for
        oldest = f"{delivery.claimed.timestamp() - LOOK_BACK_S:.6f}"
        values = {**where, "oldest": oldest, "limit": 200, "include_all_metadata": True}
        cursor = self._read_so_far.pop(delivery.alert_id, "")
        while True:
            got = self._get(method, {**values, "cursor": cursor} if cursor else values)
            if isinstance(got, Answer):
                if got.end == "wait":
                    self._read_so_far[delivery.alert_id] = cursor
                elif cursor and got.error == "invalid_cursor":
                    return Answer("wait", "the history is read anew", 1.0)
                return got
            for message in got.get("messages", []):
                metadata = message.get("metadata") or {}
                payload = metadata.get("event_payload") or {}
                if payload.get("alert_id") == delivery.alert_id:
                    return Answer("sent", ts=message["ts"], place=place)
            cursor = (got.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return Answer("not_sent", "it is not in the channel")

    def _place(self, channel: str) -> str | Answer:
        """Return the id of a channel: history is asked by id, never by name."""
        if not channel.startswith("#"):
            return channel
        # one kind at a time: asked for both, Slack refuses a bot that may read public ones only
        found = self._named(channel[1:], "public_channel")
        if found is None:
            found = self._named(channel[1:], "private_channel")
        if found is None or (isinstance(found, Answer) and "groups:read" in (found.error or "")):
            return Answer("refused", f"no channel {channel} that the bot can see")
        return found

    def _named(self, name: str, kind: str) -> str | Answer | None:
        """Return the id of the channel of this name among those of a kind; None: it is not."""
        cursor = ""
        while True:
            values: dict[str, Any] = {"limit": 1000, "exclude_archived": True, "types": kind}
            got = self._get(
                "conversations.list", {**values, "cursor": cursor} if cursor else values
            )
            if isinstance(got, Answer):
                return got
            for found in got.get("channels", []):
                if found.get("name") == name:
                    return str(found["id"])
            cursor = (got.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None

    def name_of(self, place: str) -> str | None:
        """Return what a channel is called now, without ``#``; None where it cannot be told."""
        got = self._get("conversations.info", {"channel": place})
        return None if isinstance(got, Answer) else (got.get("channel") or {}).get("name")

    def _get(self, method: str, values: dict[str, Any]) -> dict[str, Any] | Answer:
        try:
            answer = self._client.api_call(method, http_verb="GET", params=values)
        except SlackApiError as error:
            ended = _classified(error)
            # reading has no effect: what is unclear may be asked again
            return Answer("wait", ended.error, 5.0) if ended.end == "unknown" else ended
        except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
            return Answer("wait", f"{type(error).__name__}: {error}"[:300], 5.0)
        data = answer.data
        return data if isinstance(data, dict) else Answer("wait", "no JSON", 5.0)

    def _call(self, method: str, **values: Any) -> Answer:
        try:
            answer = self._client.api_call(method, json=values)
        except SlackApiError as error:
            return _classified(error)
        except (SlackClientError, OSError, http.client.HTTPException, ValueError) as error:
            return Answer("not_sent" if never_arrived(error) else "unknown", _words(error))
        ts, place = answer.get("ts"), answer.get("channel")
        if not ts or not place:  # a proxy's answer, not Slack's
            return Answer("unknown", "an answer without the message's id")
        return Answer("sent", ts=str(ts), place=str(place))


def _classified(error: SlackApiError) -> Answer:
    """Sort Slack's answer by what may be done next."""
    response = error.response
    status = response.status_code
    data = response.data if isinstance(response.data, dict) else {}
    word = str(data.get("error") or f"HTTP {status}")
    if status == 429 or word in ("ratelimited", "rate_limited"):
        return Answer("wait", "rate limited", retry_after(response.headers))
    if word == "message_limit_exceeded":
        return Answer("wait", word, 60.0)
    if status >= 500 or word in _MAYBE or not data:
        return Answer("unknown", word)
    if word in _ACCOUNT:
        return Answer("paused", word)
    if word in _GONE:
        return Answer("gone", word)
    if word in _FIXED:
        return Answer("fixed", word)
    if word == "missing_scope":
        word = f"missing_scope: the bot needs {data.get('needed')}"
    if word in ("channel_not_found", "not_in_channel"):
        word = f"{word}: invite the bot to the channel, then `newsbeam alerts retry`"
    return Answer("refused", word)


def retry_after(headers: Mapping[str, Any], now: datetime | None = None) -> float:
    """Return how long we are asked to wait, seconds; 30 where it is not said.

    Args:
        headers: of the answer; the value may be seconds or a date (RFC 9110).
        now: aware; the clock where None.
    """
    value = {k.lower(): v for k, v in headers.items()}.get("retry-after")
    if isinstance(value, list):
        value = value[0] if value else None
    text = str(value).strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            return 30.0
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - (now or datetime.now(UTC))).total_seconds()
    return 30.0 if isnan(seconds) else min(LONGEST_WAIT_S, max(1.0, seconds))


def never_arrived(error: BaseException) -> bool:
    """Say whether the error can only have come before the request was sent."""
    reason = error.reason if isinstance(error, URLError) else error
    return isinstance(reason, ConnectionRefusedError | socket.gaierror)


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
