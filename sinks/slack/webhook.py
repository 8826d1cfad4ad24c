"""Slack by an incoming webhook: the lesser path.

One fixed channel; no threads, no edits, and no way to see whether a message arrived.  After a call
without an answer the message is sent again: twice is better than never here.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks.
"""

import http.client

from slack_sdk.webhook import WebhookClient

from sinks.channels.transport import Answer, Delivery
from sinks.slack.blocks import render
from sinks.slack.bot import never_arrived, retry_after


class SlackWebhook:
    """Sends to the channel of one webhook.

    Args:
        url: the webhook's, a secret.
        timeout_s: time for one call, seconds.
        gap_s: least time between two messages, seconds.
        zone: zone of times in the plain text.
    """

    account = "slack-webhook"
    threads = False

    def __init__(
        self, url: str, *, timeout_s: float = 10.0, gap_s: float = 1.1, zone: str = "UTC"
    ) -> None:
        self._client = WebhookClient(url, timeout=max(1, round(timeout_s)), retry_handlers=[])
        self.gap_s, self._zone = gap_s, zone

    def send(self, delivery: Delivery) -> Answer:
        """Post a message; an edit is skipped, a reply is a message of its own."""
        if delivery.kind == "update":
            return Answer("sent")
        text, blocks = render(delivery.message, self._zone)
        try:
            answer = self._client.send(
                text=text, blocks=blocks, unfurl_links=False, unfurl_media=False
            )
        except (OSError, http.client.HTTPException) as error:
            words = f"{type(error).__name__}: {error}".split("http")[0][:300]
            return Answer("not_sent" if never_arrived(error) else "unknown", words)
        if answer.status_code == 429:
            return Answer("wait", "rate limited", retry_after(answer.headers))
        if answer.status_code == 200:
            return Answer("sent", ts=delivery.alert_id)
        words = f"HTTP {answer.status_code}: {answer.body[:100]}"
        return Answer("unknown" if answer.status_code >= 500 else "refused", words)

    def find(self, delivery: Delivery) -> Answer:
        """Nobody can tell; send it again."""
        return Answer("not_sent", "a webhook cannot be asked")
