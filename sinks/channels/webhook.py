"""A signed webhook: every alert as JSON to a URL of yours.

The body is one object (``docs/alerts.md``).  Headers::

    Idempotency-Key: <alert id>            the same alert sent again has the same key
    X-Newsbeam-Timestamp: <unix seconds>
    X-Newsbeam-Signature: v1=<hex HMAC-SHA256 of "v1:timestamp:body" by NEWSBEAM_WEBHOOK_SECRET>

The receiver drops what it knows by the key, so a call without an answer is simply repeated.

Source: the scheme is that of Slack, https://docs.slack.dev/authentication/verifying-requests-from-slack.
"""

import hashlib
import hmac
import http.client
import json
import time
import urllib.error
import urllib.request

from newsbeam.alerts import text
from newsbeam.alerts.messages import to_json
from sinks.channels.transport import Answer, Delivery
from sinks.slack.bot import never_arrived, retry_after


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its body, and count as sent."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


class SignedWebhook:
    """Posts to one URL.

    Args:
        name: as the settings call it.
        url: http(s).
        secret: signs the body; empty: no signature is sent.
        timeout_s: time for one call, seconds.
        zone: zone of times in the plain text.
    """

    threads = True
    gap_s = 0.0

    def __init__(
        self, name: str, url: str, secret: str, *, timeout_s: float = 10.0, zone: str = "UTC"
    ) -> None:
        self.account = f"webhook:{name}"
        self._url, self._secret = url, secret.encode()
        self._timeout_s, self._zone = timeout_s, zone

    def send(self, delivery: Delivery) -> Answer:
        """Post one alert, edit or reply."""
        body = json.dumps(
            {
                "alert_id": delivery.alert_id,
                "kind": delivery.kind,
                "story_id": delivery.story_id,
                "decided": delivery.decided.isoformat(),
                "text": text.headline(delivery.message),
                "body": text.body(delivery.message, self._zone),
                "message": json.loads(to_json(delivery.message)),
            },
            ensure_ascii=False,
        ).encode()
        request = urllib.request.Request(  # noqa: S310  # the operator's URL, checked below
            self._url, body, self._headers(delivery.alert_id, body), method="POST"
        )
        if request.type not in ("http", "https"):
            return Answer("refused", "the URL is not http(s)")
        try:
            with _opener.open(request, timeout=self._timeout_s):
                return Answer("sent", ts=delivery.alert_id)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (429, 503):
                    return Answer("wait", f"HTTP {error.code}", retry_after(dict(error.headers)))
                again = error.code >= 500 or error.code in (408, 425)
                there = error.headers.get("Location") if 300 <= error.code < 400 else None
                said = f"HTTP {error.code}" + (f": it has moved to {there}" if there else "")
                return Answer("unknown" if again else "refused", said[:300])
        except (OSError, http.client.HTTPException) as error:
            end = never_arrived(error)
            return Answer("not_sent" if end else "unknown", f"{type(error).__name__}: {error}")

    def find(self, delivery: Delivery) -> Answer:
        """Send again: the receiver knows the key."""
        return Answer("not_sent", "repeated with the same Idempotency-Key")

    def _headers(self, alert_id: str, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": alert_id}
        if self._secret:
            stamp = str(int(time.time()))
            headers["X-Newsbeam-Timestamp"] = stamp
            headers["X-Newsbeam-Signature"] = sign(self._secret, stamp, body)
        return headers


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """Return the signature of a body."""
    mac = hmac.new(secret, f"v1:{stamp}:".encode() + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"
