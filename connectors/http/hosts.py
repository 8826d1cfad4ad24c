"""How often one host may be asked: connections, gaps, pauses, and when to leave it alone.

Pacing is by a monotonic clock, which is no time of any record.  The gap and the pauses of a host
hold for the whole process, whatever client or thread asks; connections are counted per client.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SLOW_S = 1.0
"""A host that takes longer is given a gap as long as its answers."""

MAX_GAP_S = 60.0
PATIENCE_S = 30.0
"""A host that asks for a longer pause is left for the next run."""

DOWN_AFTER = 3
"""Failures to connect, or time-outs, in a row after which a run asks a host no more."""

BUSY = frozenset({429, 503})
"""Statuses by which a host asks for a pause."""

SHARED_AFTER_S = 2.0
"""A request that has waited this long lends its slot to others: the slow never block the fast."""


class HostPausedError(Exception):
    """The host wants to be left alone for longer than a run waits; ``seconds`` says how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class HostDownError(Exception):
    """The host did not answer several times in this run."""


@dataclass(slots=True)
class _Pace:
    """What the whole process knows of a host."""

    next_free: float = 0.0
    latency_s: float = 0.0
    penalty_s: float = 0.0
    crawl_delay_s: float = 0.0

    def gap_s(self, least: float) -> float:
        slow = self.latency_s if self.latency_s > SLOW_S else 0.0
        return min(MAX_GAP_S, max(least, self.crawl_delay_s, slow, self.penalty_s))


_PACES: dict[str, _Pace] = {}
_PACES_LOCK = threading.Lock()
_MOST_PACES = 200_000


def _pace(host: str) -> _Pace:
    found = _PACES.get(host)
    if found is None:
        with _PACES_LOCK:
            if len(_PACES) >= _MOST_PACES:
                _PACES.clear()
            found = _PACES.setdefault(host, _Pace())
    return found


def forget_hosts() -> None:
    """Forget all paces and pauses; for tests and benchmarks."""
    with _PACES_LOCK:
        _PACES.clear()


@dataclass(slots=True)
class Host:
    """One host, as one client sees it."""

    name: str
    pace: _Pace
    room: asyncio.Semaphore
    failures: int = 0
    """Failures to answer in a row, in this client's life."""

    @property
    def slow(self) -> bool:
        """Say whether it takes seconds to answer, or does not answer."""
        return self.failures > 0 or self.pace.latency_s > SHARED_AFTER_S

    @property
    def unhurried(self) -> bool:
        """Say whether it asks for seconds between two requests: Crawl-delay, mostly."""
        return self.pace.gap_s(0.0) > SHARED_AFTER_S

    def wait_s(self, now: float) -> float:
        """Return how long the next request must wait, seconds; ``now`` is of a monotonic clock."""
        return max(0.0, self.pace.next_free - now)

    def answered(self, seconds: float, status: int, retry_after_s: float | None) -> None:
        """Learn from an answer."""
        self.failures = 0
        pace = self.pace
        pace.latency_s = seconds if not pace.latency_s else 0.7 * pace.latency_s + 0.3 * seconds
        if status in BUSY:
            pace.penalty_s = min(MAX_GAP_S, max(1.0, 2 * pace.penalty_s))
            self.pause(retry_after_s if retry_after_s is not None else pace.penalty_s)
        else:
            pace.penalty_s = pace.penalty_s / 2 if pace.penalty_s > 0.1 else 0.0

    def failed(self) -> None:
        """Learn that no answer came."""
        self.failures += 1

    def pause(self, seconds: float) -> None:
        """Ask nothing for a while."""
        self.pace.next_free = max(self.pace.next_free, time.monotonic() + min(seconds, 86_400.0))


@dataclass(slots=True)
class Hosts:
    """All hosts of one client.

    Args:
        per_host: connections at once to one host.
        min_gap_s: least time between the starts of two requests to one host.
    """

    per_host: int
    min_gap_s: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], "asyncio.Future[None]"] = field(default=asyncio.sleep)  # type: ignore[assignment]
    _known: dict[str, Host] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how many hosts have been named so far."""
        return len(self._known)

    def of(self, name: str) -> Host:
        """Return the host of that name (and port)."""
        found = self._known.get(name)
        if found is None:
            found = Host(name, _pace(name), asyncio.Semaphore(self.per_host))
            self._known[name] = found
        return found

    async def enter(self, name: str) -> Host:
        """Wait for a turn at the host and take one of its connections; :meth:`leave` gives it back.

        Raises:
            HostPausedError: it wants a longer pause than a run waits.
            HostDownError: it has not answered lately.
        """
        host = self.of(name)
        await host.room.acquire()
        try:
            if host.failures >= DOWN_AFTER:
                raise HostDownError(name)
            await self._wait(host)
        except BaseException:
            host.room.release()
            raise
        return host

    def leave(self, host: Host) -> None:
        """Give a connection back."""
        host.room.release()

    async def _wait(self, host: Host) -> None:
        pace = host.pace
        now = self.clock()
        wait = pace.next_free - now
        if wait > PATIENCE_S and wait > 2 * pace.gap_s(self.min_gap_s):
            raise HostPausedError(wait)
        gap = pace.gap_s(self.min_gap_s)
        if gap or wait > 0:  # reserve before waiting, so that two waiters do not start together
            pace.next_free = max(now, pace.next_free) + gap
        if wait > 0:
            await self.sleep(wait)


class Slots:
    """Connections at once, all hosts together; requests that hang lend theirs to others.

    The same watch over what is under way ends requests that take too long: a timer for each
    would cost more than all our checks (measured), and a quarter of a second is exact enough.

    Args:
        count: requests on their way at once, not counting those that hang.
        timeout_s: total time of a request.
    """

    def __init__(self, count: int, timeout_s: float) -> None:
        self._free = asyncio.Semaphore(count)
        self._held: dict[asyncio.Timeout, float] = {}
        """Each request's own limit -> when it began; in order of beginning."""
        self._ends: dict[asyncio.Timeout, float] = {}
        self._lent: set[asyncio.Timeout] = set()
        self._most_lent = 8 * count
        self._every_s = max(0.01, min(SHARED_AFTER_S / 8, timeout_s / 8))
        self._watch: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Say whether more could be asked than is."""
        return not self._free.locked()

    async def take(self) -> None:
        """Wait for a slot."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._look_after())
        await self._free.acquire()

    def begin(self, seconds: float) -> asyncio.Timeout:
        """Return the time limit of a request that holds a slot; enter it with ``async with``."""
        limit = asyncio.timeout(None)
        now = time.monotonic()
        self._held[limit] = now
        self._ends[limit] = now + seconds
        return limit

    def end(self, limit: asyncio.Timeout) -> float:
        """Give the slot of a request back; return the seconds that it took."""
        began = self._held.pop(limit)
        del self._ends[limit]
        if limit in self._lent:
            self._lent.discard(limit)
        else:
            self._free.release()
        return time.monotonic() - began

    async def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None

    async def _look_after(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._every_s)
            now = time.monotonic()
            for limit, end in self._ends.items():
                if end <= now and limit.when() is None:
                    limit.reschedule(loop.time())
            for limit, since in self._held.items():
                if since > now - SHARED_AFTER_S or len(self._lent) >= self._most_lent:
                    break
                if limit not in self._lent:
                    self._lent.add(limit)
                    self._free.release()
