"""A hub, our callback server and what passes between them, over real HTTP."""

import hashlib
import hmac
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode

import pytest

from connectors.history import LEASES, PUSHED
from connectors.websub import RETRY_S, Subscription, WebSub, confirm, is_authentic, is_due
from newsbeam.errors import ConfigError
from newsbeam.settings import FetchSettings, WebSubSettings

FEED = "https://herald.example/feed"


class Hub:
    """Takes subscriptions; the test decides what happens next."""

    def __init__(self) -> None:
        self.forms: queue.Queue[dict[str, str]] = queue.Queue()
        forms = self.forms

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = parse_qs(self.rfile.read(length).decode())
                forms.put({key: values[0] for key, values in form.items()})
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.1.1", 0), Handler)
        self.url = f"http://127.0.1.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def pushes() -> "queue.Queue[tuple[str, bytes]]":
    return queue.Queue()


@pytest.fixture
def websub(fetch: FetchSettings, pushes: "queue.Queue[tuple[str, bytes]]") -> Iterator[WebSub]:
    settings = WebSubSettings(callback="https://news.example/websub", listen="127.0.0.1:0")
    made = WebSub(settings, fetch, lambda url, body: pushes.put((url, body)), key=b"k" * 32)
    made.start()
    yield made
    made.close()
    PUSHED.clear()


def ask(websub: WebSub, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"http://{websub.address}/{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def subscribed(websub: WebSub, hub: Hub) -> tuple[str, str]:
    """Subscribe and confirm; return path and secret."""
    assert websub.keep([(FEED, FEED, hub.url)]) == 1
    form = hub.forms.get(timeout=10)
    assert form["hub.mode"] == "subscribe"
    assert form["hub.topic"] == FEED
    path = form["hub.callback"].rpartition("/")[2]
    question = urlencode(
        {
            "hub.mode": "subscribe",
            "hub.topic": FEED,
            "hub.challenge": "x1",
            "hub.lease_seconds": 86400,
        }
    )
    assert ask(websub, f"{path}?{question}") == (200, "x1")
    return path, form["hub.secret"]


def test_a_signed_push_reaches_us_and_a_lease_is_noted(websub, hub, pushes) -> None:
    path, secret = subscribed(websub, hub)
    assert FEED in LEASES
    signature = hmac.new(secret.encode(), b"<rss/>", hashlib.sha256).hexdigest()
    status, _ = ask(websub, path, b"<rss/>", **{"X-Hub-Signature": f"sha256={signature}"})
    assert status == 202
    assert pushes.get(timeout=10) == (FEED, b"<rss/>")
    assert FEED in PUSHED


def test_a_push_with_a_wrong_signature_is_ignored(websub, hub, pushes) -> None:
    path, _ = subscribed(websub, hub)
    for signature in ("sha256=00", "sha256=é", "md5=00", ""):
        headers = {"X-Hub-Signature": signature} if signature.isascii() else {}
        assert ask(websub, path, b"<rss/>", **headers)[0] == 202
    assert pushes.empty()
    assert FEED not in PUSHED


def test_unknown_paths_and_topics_are_refused(websub, hub, pushes) -> None:
    path, _ = subscribed(websub, hub)
    other = urlencode(
        {"hub.mode": "subscribe", "hub.topic": "https://x.example/", "hub.challenge": "x"}
    )
    assert ask(websub, f"{path}?{other}")[0] == 404
    assert ask(websub, "guess")[0] == 404
    assert ask(websub, "guess", b"<rss/>")[0] == 410


def test_a_hub_is_not_asked_twice_and_a_denial_ends_the_lease(websub, hub) -> None:
    path, _ = subscribed(websub, hub)
    assert websub.keep([(FEED, FEED, hub.url)]) == 0
    denial = urlencode({"hub.mode": "denied", "hub.topic": FEED, "hub.reason": "no"})
    ask(websub, f"{path}?{denial}")
    assert FEED not in LEASES


def test_a_hub_on_a_forbidden_address_is_not_asked(fetch, pushes) -> None:
    settings = WebSubSettings(callback="https://news.example/websub", listen="127.0.0.1:0")
    made = WebSub(settings, replace(fetch, allow_networks=()), lambda *_: None)
    made.start()
    assert made.keep([(FEED, FEED, "http://127.0.0.1:9/")]) == 1
    made.close()


def test_a_callback_or_address_that_is_none_is_a_config_error(fetch) -> None:
    for callback, listen in (("", "127.0.0.1:0"), ("https://a.example/", "here")):
        with pytest.raises(ConfigError):
            WebSub(WebSubSettings(callback=callback, listen=listen), fetch, lambda *_: None)


def test_leases_are_renewed_in_their_last_fifth() -> None:
    made = Subscription(FEED, FEED, "https://hub.example/")
    assert is_due(made, 1e9, 5.0)
    made.asked = 1e9
    assert not is_due(made, 1e9 + 10, 5.0)
    assert is_due(made, 1e9 + RETRY_S, 5.0)
    made.ends = 1e9 + 5 * 86_400
    assert not is_due(made, 1e9 + RETRY_S, 5.0)
    assert is_due(made, 1e9 + 4.1 * 86_400, 5.0)


def test_what_we_did_not_ask_for_is_not_confirmed() -> None:
    question = {"hub.mode": "subscribe", "hub.topic": FEED, "hub.challenge": "x"}
    assert confirm(Subscription(FEED, FEED, "h"), question, 0.0) is None
    asked = Subscription(FEED, FEED, "h", asked=1.0)
    assert confirm(asked, {**question, "hub.mode": "unsubscribe"}, 0.0) is None
    assert confirm(asked, {**question, "hub.lease_seconds": "9" * 40}, 0.0) == "x"
    assert asked.ends == 30 * 86_400


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_all_signatures_of_the_standard_are_checked(method: str) -> None:
    right = hmac.new(b"s", b"body", method).hexdigest()
    assert is_authentic("s", f"{method}={right}", b"body")
    assert not is_authentic("s", f"{method}={right}", b"Body")
    assert not is_authentic("s", None, b"body")
