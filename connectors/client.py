"""The client that asks other people's servers: guarded, bounded, polite.

One client lives in one event loop.  What it promises for every request:

* only http(s), only public addresses, checked where the socket connects;
* never more than ``max_bytes``, on the wire and after each decompression; a total time limit;
* redirects followed one by one, each checked like a first request;
* per host a number of connections, a gap that grows when the host is slow or says 429, robots.txt;
* an honest user agent; no cookies kept, no proxy of the environment used.

Source: https://docs.aiohttp.org/en/stable/client_reference.html (``socket_factory``).
"""

import asyncio
import os
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from connectors.http.addresses import REFUSED, AddressGuard
from connectors.http.answers import Answer, AnswerError, retry_after, status_error
from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.http.hosts import BUSY, HostDownError, HostPausedError, Hosts, Slots
from connectors.http.names import Names
from connectors.http.places import place_of
from connectors.http.robots import (
    KEEP_FAILED_S,
    KEEP_S,
    MAX_ROBOTS_BYTES,
    OUR_NAME,
    Robots,
    read_robots,
)
from newsbeam import __version__
from newsbeam.errors import RetrieveError
from newsbeam.records import Verdict
from newsbeam.settings import FetchSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ROBOTS: dict[str, tuple[float, Robots]] = {}
"""origin -> (when to forget it, its rules); for the whole process."""
_MOST_ROBOTS = 20_000

READ_BYTES = 1 << 17
"""What aiohttp may hold of one answer before we read it: a usual page in one or two pieces."""

_NOT_TEXT = re.compile(
    r"\s*(?:image|audio|video|font|model)/|\s*application/(?:pdf|zip|gzip|x-gzip|octet-stream|json|"
    r"ld\+json|msword|epub|javascript|x-|vnd\.)",
    re.IGNORECASE,
)


class _WrongTypeError(Exception):
    """The declared type is nothing to read."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one request asks for, whatever hop it is at."""

    headers: dict[str, str]
    limit: int
    robots: bool = False
    text_only: bool = False
    form: dict[str, str] | None = None
    """Sent by POST; None: a GET."""


def user_agent(contact: str) -> str:
    """Return who we say we are: name, version and the operator's contact."""
    plain = "".join(c for c in contact if c.isprintable()).strip()
    return f"{OUR_NAME}/{__version__} (+{plain})" if plain else f"{OUR_NAME}/{__version__}"


class Client:
    """Ask servers.  Use as an async context manager, within one event loop.

    Args:
        settings: limits and manners.
        resolver: who looks names up, in tests; None: the system.
    """

    def __init__(self, settings: FetchSettings, *, resolver: Any = None) -> None:
        self.settings = settings
        self.guard = AddressGuard(settings.allow_networks, settings.allow_ports)
        self.hosts = Hosts(settings.per_host, settings.min_gap_s)
        self._slots = Slots(settings.concurrency, settings.timeout_s)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._robots: dict[str, asyncio.Task[Robots]] = {}

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=0,  # the slots count, and know which requests hang
            resolver=Names(self.settings.hosts, self._resolver),
            socket_factory=self.guard.make_socket,
            ttl_dns_cache=60,
            keepalive_timeout=10,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.settings.connect_timeout_s),
            headers={
                "User-Agent": user_agent(self.settings.contact),
                "Accept-Encoding": "gzip, deflate, br, zstd",
            },
            max_line_size=32_768,
            max_field_size=32_768,
            read_bufsize=READ_BYTES,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._slots.close()
        for task in self._robots.values():
            task.cancel()
        await asyncio.gather(*self._robots.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        robots: bool = False,
        text_only: bool = False,
        now: datetime | None = None,
    ) -> Answer:
        """Ask for a URL and read its whole answer.

        Args:
            url: absolute.
            headers: more of them; a validator among them makes 304 an answer, not an error.
            max_bytes: most bytes of the body; None: the settings' limit for pages.
            robots: honour robots.txt, if the settings do.
            text_only: refuse images, sound, PDF and the like by their declared type, unread.
            now: for dates in headers; None: the clock.

        Raises:
            RetrieveError: no usable answer; its verdict is the ledger's.
        """
        limit = self.settings.max_page_bytes if max_bytes is None else max_bytes
        wish = _Wish(dict(headers or {}), limit, robots and self.settings.robots, text_only)
        return await self._follow(url, wish, now or datetime.now(UTC))

    async def post(self, url: str, form: Mapping[str, str]) -> int:
        """Send a form, under the same guards as :meth:`get`; redirects are not followed.

        Returns:
            The status, whatever it is.

        Raises:
            RetrieveError: no answer came.
        """
        wish = _Wish({}, 20_000, form=dict(form))
        status, *_ = await self._once(url, url, wish, 0.0)
        return status

    @property
    def idle(self) -> bool:
        """Say whether more could be asked than is."""
        return self._slots.idle

    async def _follow(self, first: str, wish: "_Wish", now: datetime) -> Answer:
        url, seen, seconds = first, {first}, 0.0
        moved_to: str | None = first
        while True:
            optout = await self._permit(first, url) if wish.robots else ()
            status, got, body, wire, took = await self._once(first, url, wish, seconds)
            seconds += took
            if status not in _REDIRECTS:
                break
            url = self._next_hop(first, url, got.get("location"), seen)
            moved_to = url if moved_to and status in {301, 308} else None
        if status != 200 and status != 203 and not (status == 304 and _conditional(wish.headers)):
            raise status_error(first, status, got, now)
        tdm = got.get("tdm-reservation") == "1" or "noai" in got.get("x-robots-tag", "").lower()
        return Answer(
            url=url,
            status=status,
            body=body,
            headers=got,
            wire_bytes=wire,
            seconds=seconds,
            moved_to=moved_to if moved_to != first else None,
            ai_optout=(*optout, "header:noai") if tdm else optout,
        )

    def _next_hop(self, first: str, url: str, location: str | None, seen: set[str]) -> str:
        if not location:
            raise AnswerError(first, "a redirect that leads nowhere", Verdict.HTTP_ERROR)
        try:
            target = urljoin(url, location.strip())
        except ValueError:
            raise RetrieveError(first, "a redirect to no valid URL", Verdict.BAD_URL) from None
        if len(seen) > self.settings.max_redirects:
            message = f"more than {self.settings.max_redirects} redirects"
            raise RetrieveError(first, message, Verdict.TOO_MANY_REDIRECTS)
        if target in seen:
            raise RetrieveError(first, "a redirect loop", Verdict.TOO_MANY_REDIRECTS)
        seen.add(target)
        return target

    async def _once(
        self, first: str, url: str, wish: "_Wish", spent: float
    ) -> tuple[int, dict[str, str], bytes, int, float]:
        """Make one request; return status, headers, body, bytes on the wire, seconds."""
        name, parsed = self._check(first, url)
        try:
            host = await self.hosts.enter(name)
            try:
                await self._slots.take()
                limit = self._slots.begin(max(self.settings.timeout_s - spent, 0.1))
                try:
                    async with limit:
                        status, got, body, wire = await self._exchange(parsed, wish)
                except (TimeoutError, aiohttp.ClientConnectionError) as error:
                    if REFUSED not in str(error):
                        host.failed()
                    raise
                finally:
                    took = self._slots.end(limit)
                pause = retry_after(got, datetime.now(UTC)) if status in BUSY else None
                host.answered(took, status, pause)
                return status, got, body, wire, took
            finally:
                self.hosts.leave(host)
        except HostPausedError as error:
            message = f"the host asked for a pause of {error.seconds:.0f} s; left for a later run"
            raise AnswerError(
                first, message, Verdict.RATE_LIMITED, retry_after_s=error.seconds
            ) from None
        except HostDownError:
            message = "the host did not answer several times in a row; left for a later run"
            raise RetrieveError(first, message, Verdict.UNREACHABLE) from None
        except TimeoutError:
            message = f"no complete answer within {self.settings.timeout_s:g} s"
            raise RetrieveError(first, message, Verdict.TIMEOUT) from None
        except TooLargeError:
            raise RetrieveError(
                first, f"more than {wish.limit:,} bytes", Verdict.TOO_LARGE
            ) from None
        except DamagedError as error:
            raise RetrieveError(first, str(error), Verdict.DAMAGED) from None
        except _WrongTypeError as error:
            raise RetrieveError(first, f"it is {error}", Verdict.WRONG_TYPE) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _network_error(first, error) from error

    def _check(self, first: str, url: str) -> tuple[str, URL]:
        """Return the host's name (with port) and the URL, ready to be asked.

        Raises:
            RetrieveError: not http(s), or an address that its spelling gives away.
        """
        place = place_of(url)
        if place is None:
            raise RetrieveError(first, "not a valid URL", Verdict.BAD_URL)
        if place.scheme not in {"http", "https"}:
            kind = Verdict.BAD_URL if url == first else Verdict.BLOCKED_ADDRESS
            shown = place.scheme[:20] or "no scheme"
            raise RetrieveError(first, f"only http and https are asked, not {shown}", kind)
        if not place.host:
            raise RetrieveError(first, "a URL without a host", Verdict.BAD_URL)
        if reason := self.guard.refusal_of_host(place.host, place.port):
            raise RetrieveError(first, reason, Verdict.BLOCKED_ADDRESS)
        try:
            parsed = URL(url, encoded=False)
            return place.name, parsed if place.plain else parsed.with_user(None)
        except ValueError as error:
            raise RetrieveError(first, f"not a valid URL: {error}", Verdict.BAD_URL) from None

    async def _exchange(self, url: URL, wish: "_Wish") -> tuple[int, dict[str, str], bytes, int]:
        session = self._session
        if session is None:
            raise RuntimeError("the client is used outside its `async with`")
        # aiohttp itself asks once more where a kept connection turns out to be closed
        async with session.request(
            "GET" if wish.form is None else "POST",
            url,
            headers=wish.headers,
            data=wish.form,
            allow_redirects=False,
        ) as answer:
            got = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status in _REDIRECTS or answer.status in {204, 205, 304}:
                return answer.status, got, b"", 0
            kind = got.get("content-type", "")
            if wish.text_only and answer.status == 200 and _NOT_TEXT.match(kind):
                answer.close()
                raise _WrongTypeError(kind.partition(";")[0][:60])
            limit = wish.limit if answer.status < 400 else min(wish.limit, 20_000)
            body, wire = await _read(answer, got.get("content-encoding"), limit)
            return answer.status, got, body, wire

    async def _permit(self, first: str, url: str) -> tuple[str, ...]:
        """Check robots.txt; return the outlet's signals against AI training.

        Raises:
            RetrieveError: it forbids the URL.
        """
        place = place_of(url)
        if place is None or place.scheme not in {"http", "https"} or not place.host:
            return ()  # refused in a moment, with the right words
        origin = place.origin
        kept = _ROBOTS.get(origin)
        if kept and kept[0] > time.monotonic():
            rules = kept[1]
        else:
            if origin not in self._robots:
                self._robots[origin] = asyncio.create_task(self._read_robots(first, origin))
            rules = await asyncio.shield(self._robots[origin])
        if rules.crawl_delay_s:
            self.hosts.of(place.name).pace.crawl_delay_s = rules.crawl_delay_s
        if reason := rules.refusal(url):
            raise RetrieveError(first, reason, Verdict.ROBOTS_DISALLOWED)
        return rules.ai_optout

    async def _read_robots(self, first: str, origin: str) -> Robots:
        url, keep = f"{origin}/robots.txt", KEEP_S
        try:
            now = datetime.now(UTC)
            answer = await self._follow(url, _Wish({}, MAX_ROBOTS_BYTES), now)
            rules = read_robots(answer.status, answer.body)
        except AnswerError as error:
            rules = read_robots(error.status or 503, b"")
            keep = KEEP_FAILED_S
        except RetrieveError as error:
            if error.verdict in {Verdict.TOO_LARGE, Verdict.TOO_MANY_REDIRECTS, Verdict.DAMAGED}:
                rules = Robots()
            else:  # the page itself would fail in the same way: say so with its own verdict
                raise RetrieveError(first, f"robots.txt: {error.message}", error.verdict) from error
        if len(_ROBOTS) >= _MOST_ROBOTS:
            _ROBOTS.clear()
        _ROBOTS[origin] = (time.monotonic() + keep, rules)
        return rules


def forget_robots() -> None:
    """Forget all robots.txt; for tests and benchmarks."""
    _ROBOTS.clear()


def _conditional(headers: Mapping[str, str]) -> bool:
    return bool({"if-none-match", "if-modified-since"} & {name.lower() for name in headers})


async def _read(
    answer: aiohttp.ClientResponse, encoding: str | None, limit: int
) -> tuple[bytes, int]:
    """Read a body within its limit; an error's body is cut, not refused."""
    cut = answer.status >= 400
    if not cut and (answer.content_length or 0) > limit:
        answer.close()
        raise TooLargeError
    pieces: list[bytes] = []
    wire = 0
    try:
        decoder = Decoder(encoding, limit) if encoding else None
        while data := await answer.content.readany():
            wire += len(data)
            if decoder is not None:
                pieces.extend(decoder.decode(data))
            elif wire > limit:
                raise TooLargeError
            else:
                pieces.append(data)
    except (TooLargeError, DamagedError):
        answer.close()
        if not cut:
            raise
    return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), wire


def _network_error(url: str, error: Exception) -> RetrieveError:
    """Sort what the network says into verdicts."""
    if REFUSED in str(error):
        message = str(error)[str(error).index(REFUSED) :].partition("]")[0]
        return RetrieveError(url, message[:200], Verdict.BLOCKED_ADDRESS)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        cause = getattr(error, "certificate_error", None) or error
        return RetrieveError(url, f"TLS: {cause}"[:200], Verdict.TLS_ERROR)
    if isinstance(error, aiohttp.ClientPayloadError):
        return RetrieveError(url, "the answer broke off", Verdict.DAMAGED)
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | ValueError):
        return RetrieveError(url, "not a valid URL", Verdict.BAD_URL)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return RetrieveError(url, "no such host", Verdict.UNREACHABLE)
    if isinstance(error, aiohttp.ClientResponseError):
        return RetrieveError(url, f"not valid HTTP: {error.message}"[:200], Verdict.DAMAGED)
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno:
        return RetrieveError(url, os.strerror(error.os_error.errno).lower(), Verdict.UNREACHABLE)
    return RetrieveError(url, f"{type(error).__name__}: {error}"[:200], Verdict.UNREACHABLE)
