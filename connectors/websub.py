"""WebSub: let hubs push what feeds would otherwise be polled for.

::

    keep(offers) ─► POST hub: subscribe ─► hub GETs our callback: do you mean it? ─► lease
                                           hub POSTs content, signed ─► on_push(feed)

A push is a hint, not a source: the feed is then read at its own address, so that nobody can push
us an article that the outlet does not print.  Paths and secrets are derived from one random key
per process: nothing is stored, and after a restart everything is subscribed anew.

Source: https://www.w3.org/TR/websub/ (§5.3 verification of intent, §7 and §8 distribution, signed)
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web

from connectors.client import Client
from connectors.history import LEASES, PUSHED
from newsbeam.errors import ConfigError, RetrieveError
from newsbeam.settings import FetchSettings, WebSubSettings

log = logging.getLogger(__name__)

SIGNATURES = {
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
    "sha384": hashlib.sha384,
    "sha512": hashlib.sha512,
}
MAX_LEASE_S = 30 * 86_400
MIN_LEASE_S = 300
RETRY_S = 3_600
"""A hub that refused, or did not come back, is asked again after this."""

OnPush = Callable[[str, bytes], None]
"""Called with the feed's URL and the pushed body, in the server's thread."""


@dataclass(slots=True)
class Subscription:
    """One feed at one hub."""

    feed_url: str
    topic: str
    hub: str
    asked: float = 0.0
    """When the hub was last asked, Unix seconds."""
    ends: float = 0.0
    """When the lease ends; 0: not confirmed."""


class WebSub:
    """The subscriber: a small server in a thread of its own, and the requests to hubs.

    Args:
        settings: callback and listening address.
        fetch: manners and guards of the requests to hubs.
        on_push: told of every authentic push.
        key: what paths and secrets are derived from; None: random.
        now: the clock.

    Raises:
        ConfigError: callback or listening address are none.
    """

    def __init__(
        self,
        settings: WebSubSettings,
        fetch: FetchSettings,
        on_push: OnPush,
        *,
        key: bytes | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not settings.callback.startswith(("http://", "https://")):
            cure = "set the public URL under which hubs reach us"
            raise ConfigError("websub.callback", f"{settings.callback!r} is no http(s) URL; {cure}")
        self._host, _, port = settings.listen.rpartition(":")
        if not port.isdigit():
            raise ConfigError("websub.listen", f'{settings.listen!r}; write "127.0.0.1:8471"')
        self._port = int(port)
        self._settings, self._fetch, self._on_push, self._now = settings, fetch, on_push, now
        self._key = key or secrets.token_bytes(32)
        self._by_path: dict[str, Subscription] = {}
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="websub", daemon=True)
        self.address = ""
        """Where the server listens, once it does."""

    def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address cannot be listened on.
        """
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise ConfigError("websub.listen", f"{self._settings.listen}: {self._failure.strerror}")

    def close(self) -> None:
        """Stop listening; leases run out by themselves."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        for subscription in self._by_path.values():
            LEASES.pop(subscription.feed_url, None)

    def keep(self, offers: Iterable[tuple[str, str, str]]) -> int:
        """Subscribe to what is offered, renew what ends soon; returns at once.

        Args:
            offers: feed URL, topic (the feed's rel=self, or its URL), hub.

        Returns:
            How many hubs are asked.
        """
        now = self._now().timestamp()
        due = []
        for feed_url, topic, hub in offers:
            path = self._path(feed_url)
            known = self._by_path.get(path)
            if known is None or (known.topic, known.hub) != (topic, hub):
                known = self._by_path[path] = Subscription(feed_url, topic, hub)
            if is_due(known, now, self._settings.lease_days):
                known.asked = now
                due.append(known)
        if due:
            asyncio.run_coroutine_threadsafe(self._ask_all(due), self._loop)
        return len(due)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=self._fetch.max_feed_bytes)
        app.router.add_get("/{path:.*}", self._verify)
        app.router.add_post("/{path:.*}", self._receive)
        runner = web.AppRunner(app, access_log=None)
        try:
            self._loop.run_until_complete(runner.setup())
            site = web.TCPSite(runner, self._host or None, self._port)
            self._loop.run_until_complete(site.start())
            host, port = runner.addresses[0][:2]
            self.address = f"{host}:{port}"
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()
        if not self._failure:
            self._loop.run_forever()
        waiting = asyncio.all_tasks(self._loop)
        for task in waiting:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _ask_all(self, due: list[Subscription]) -> None:
        async with Client(self._fetch) as client:
            await asyncio.gather(*(self._ask(client, subscription) for subscription in due))

    async def _ask(self, client: Client, subscription: Subscription) -> None:
        path = self._path(subscription.feed_url)
        form = {
            "hub.mode": "subscribe",
            "hub.topic": subscription.topic,
            "hub.callback": f"{self._settings.callback.rstrip('/')}/{path}",
            "hub.lease_seconds": str(int(self._settings.lease_days * 86_400)),
            "hub.secret": self._secret(path),
        }
        try:
            status = await client.post(subscription.hub, form)
        except RetrieveError as error:
            log.warning("hub not reached: %s", error, extra={"feed": subscription.feed_url})
            return
        if status // 100 != 2:
            log.warning("hub answered %d", status, extra={"feed": subscription.feed_url})

    async def _verify(self, request: web.Request) -> web.Response:
        subscription = self._by_path.get(request.match_info["path"])
        if subscription is None:
            return web.Response(status=404)
        query = {name: request.query.get(name, "") for name in request.query}
        now = self._now().timestamp()
        answer = confirm(subscription, query, now)
        if subscription.ends > now:
            LEASES[subscription.feed_url] = int(subscription.ends)
        else:
            LEASES.pop(subscription.feed_url, None)
        if answer is None:
            return web.Response(status=404)
        return web.Response(text=answer, content_type="text/plain")

    async def _receive(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        subscription = self._by_path.get(path)
        if subscription is None or not subscription.ends:
            return web.Response(status=410)
        body = await request.read()
        if is_authentic(self._secret(path), request.headers.get("X-Hub-Signature"), body):
            PUSHED.add(subscription.feed_url)
            self._on_push(subscription.feed_url, body)
        else:
            log.warning("push with a wrong signature", extra={"feed": subscription.feed_url})
        return web.Response(status=202)  # the same for both: a forger learns nothing

    def _path(self, feed_url: str) -> str:
        return hmac.new(self._key, b"path\x00" + feed_url.encode(), hashlib.sha256).hexdigest()[:40]

    def _secret(self, path: str) -> str:
        return hmac.new(self._key, b"secret\x00" + path.encode(), hashlib.sha256).hexdigest()


def is_due(subscription: Subscription, now: float, lease_days: float) -> bool:
    """Say whether a hub is to be asked now: never asked, lapsed, or in the lease's last fifth."""
    if now - subscription.asked < RETRY_S:
        return False
    return subscription.ends - now < 0.2 * lease_days * 86_400


def confirm(subscription: Subscription, query: Mapping[str, str], now: float) -> str | None:
    """Answer a hub's question whether we asked for this; note the lease.

    Args:
        subscription: what the callback's path belongs to.
        query: the hub's parameters.
        now: Unix seconds.

    Returns:
        The challenge to send back; None to refuse.
    """
    mode, topic = query.get("hub.mode"), query.get("hub.topic")
    if topic != subscription.topic:
        return None
    if mode == "denied":
        subscription.ends = 0.0
        return ""
    if mode != "subscribe" or not subscription.asked or not query.get("hub.challenge"):
        return None  # we never unsubscribe: leases run out
    lease = query.get("hub.lease_seconds", "")
    seconds = int(lease) if lease.isdigit() and len(lease) < 12 else MAX_LEASE_S
    subscription.ends = now + min(max(seconds, MIN_LEASE_S), MAX_LEASE_S)
    return query["hub.challenge"]


def is_authentic(secret: str, header: str | None, body: bytes) -> bool:
    """Say whether a push bears the right signature (``X-Hub-Signature: sha256=…``)."""
    method, _, given = (header or "").strip().partition("=")
    digest = SIGNATURES.get(method.strip().lower())
    if digest is None or not given:
        return False
    expected = hmac.new(secret.encode(), body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode("ascii", "replace"))


def offer_of(feed_url: str, hub: str | None, topic: str | None) -> tuple[str, str, str] | None:
    """Return what to subscribe to; None where a feed offers no hub on another address."""
    if not hub or urlsplit(hub).scheme not in {"http", "https"}:
        return None
    return feed_url, topic or feed_url, hub
