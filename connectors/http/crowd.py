"""Many jobs at many hosts, from synchronous code, with bounded memory.

::

    jobs ──by host──► one queue per host ──► work(job) ──► iterator of results, as they come

The loop runs in a thread of its own, so that a slow consumer makes no answer time out; it stops
asking while too many bytes wait for the consumer.  When only slow hosts are left, or such as want
long gaps, their queues are cut: what remains ends with ``give_up(job)`` and waits for a later run.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar

from connectors.client import Client
from connectors.http.hosts import PATIENCE_S, Host
from newsbeam.settings import FetchSettings

J = TypeVar("J")
R = TypeVar("R")

MOST_WAITING_BYTES = 48_000_000
"""Bytes that may wait for the consumer before no more is asked."""

LINGER_S = 3.0
"""Slow hosts may begin requests for this long after all others are done."""

LOOK_S = 0.5
"""How often it is looked, during a long gap, whether others still wait anyway."""

HAND_OVER = 32
HAND_OVER_S = 0.02
"""So many results, or so long, are collected for the consumer: waking its thread for each costs
more than the request itself (the two then fight for the interpreter; measured)."""

_DONE = object()


class Crowd(Generic[J, R]):
    """One batch of jobs.

    Args:
        settings: of the client that the jobs share.
        host_of: which queue a job belongs to.
        work: does a job; never raises for bad input.
        give_up: the result of a job that was not done, as its host is too slow.
        weigh: bytes that a result holds.
    """

    def __init__(
        self,
        settings: FetchSettings,
        host_of: Callable[[J], str],
        work: Callable[[Client, J], Awaitable[R]],
        give_up: Callable[[J, str], R],
        weigh: Callable[[R], int],
        resolver: Any = None,
    ) -> None:
        self._settings = settings
        self._host_of = host_of
        self._work = work
        self._give_up = give_up
        self._weigh = weigh
        self._resolver = resolver
        self._ready: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._collected: list[R] = []
        self._timer: asyncio.TimerHandle | None = None
        self._put_bytes = 0
        """Written by the loop's thread only, as the next is by the consumer's: no lock."""
        self._taken_bytes = 0
        self._blocked = False
        self._last_end: float | None = None
        """When a host that is not slow was last done; None: all are slow, nobody is waiting."""

    def run(self, jobs: Sequence[J]) -> Iterator[R]:
        """Yield one result per job, in the order in which they are ready."""
        if not jobs:
            return
        self._loop = _new_loop()
        self._drained = asyncio.Event()
        thread = threading.Thread(
            target=self._in_thread, args=(jobs,), name="newsbeam-crowd", daemon=True
        )
        thread.start()
        try:
            while (results := self._ready.get()) is not _DONE:
                if isinstance(results, BaseException):
                    raise results
                results.reverse()
                while results:  # none is kept here while the consumer works on it
                    self._taken(self._weigh(results[-1]))
                    yield results.pop()
        finally:
            self._stop()
            thread.join()

    def _stop(self) -> None:
        with suppress(RuntimeError, AttributeError):  # the loop is closed: all is done
            self._loop.call_soon_threadsafe(self._main.cancel)

    @property
    def _full(self) -> bool:
        return self._put_bytes - self._taken_bytes >= MOST_WAITING_BYTES

    def _taken(self, weight: int) -> None:
        self._taken_bytes += weight
        if self._blocked and not self._full:
            with suppress(RuntimeError):  # the loop is closed: all is fetched
                self._loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        self._blocked = False
        self._drained.set()

    def _in_thread(self, jobs: Sequence[J]) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        # look-ups of names block: enough threads that dead name servers do not hold up the others
        loop.set_default_executor(ThreadPoolExecutor(64, thread_name_prefix="look-up"))
        self._main = loop.create_task(self._all(jobs))
        try:
            loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass  # the consumer has gone
        except BaseException as error:  # a bug: it belongs to the consumer's thread
            self._hand_over()
            self._ready.put(error)
        finally:
            self._hand_over()
            self._ready.put(_DONE)
            loop.run_until_complete(loop.shutdown_asyncgens())
            asyncio.set_event_loop(None)
            loop.close()

    async def _all(self, jobs: Sequence[J]) -> None:
        queues: dict[str, deque[J]] = {}
        for job in jobs:
            queues.setdefault(self._host_of(job), deque()).append(job)
        self._open = set(queues)
        made = Client(self._settings, resolver=self._resolver)
        async with made as client, asyncio.TaskGroup() as tasks:
            for name, waiting in queues.items():
                tasks.create_task(self._one_host(client, name, waiting))

    async def _one_host(self, client: Client, name: str, waiting: deque[J]) -> None:
        """Serve one host: by one connection while others wait for theirs, else by several."""
        async with asyncio.TaskGroup() as helpers:
            helped = 1
            while waiting:
                await self._serve_next(client, name, waiting)
                most = 1 if client.hosts.of(name).unhurried else client.hosts.per_host
                while client.idle and helped < min(most, len(waiting) + 1):
                    helped += 1
                    helpers.create_task(self._serve(client, name, waiting))
        self._open.discard(name)
        if not _holds_up(client.hosts.of(name)):
            self._last_end = time.monotonic()

    async def _serve(self, client: Client, name: str, waiting: deque[J]) -> None:
        while waiting:
            await self._serve_next(client, name, waiting)

    async def _serve_next(self, client: Client, name: str, waiting: deque[J]) -> None:
        while self._full:
            self._drained.clear()
            self._blocked = True
            if self._full:
                await self._drained.wait()
        if not waiting:
            return
        job = waiting.popleft()
        host = client.hosts.of(name)
        while not (cut := self._only_slow_left(client, host)) and host.unhurried:
            wait = host.wait_s(time.monotonic())
            if wait <= LOOK_S or wait > 2 * host.pace.gap_s(0.0):  # a pause, which ``work`` judges
                break
            await asyncio.sleep(LOOK_S)
        if cut:
            why = "wants long gaps" if host.unhurried else "is slow"
            self._put(self._give_up(job, f"the host {why}; left for a later run"))
        else:
            self._put(await self._work(client, job))

    def _only_slow_left(self, client: Client, host: Host) -> bool:
        """Say whether this host would now keep the whole batch waiting for too long."""
        if self._last_end is None or not _holds_up(host) or len(self._open) > 50:
            return False
        if any(not _holds_up(client.hosts.of(other)) for other in self._open):
            return False
        now = time.monotonic()
        if host.slow:
            return now - self._last_end > LINGER_S
        return now - self._last_end + host.wait_s(now) > PATIENCE_S

    def _put(self, result: R) -> None:
        self._put_bytes += self._weigh(result)
        self._collected.append(result)
        if len(self._collected) >= HAND_OVER:
            self._hand_over()
        elif self._timer is None:
            self._timer = self._loop.call_later(HAND_OVER_S, self._hand_over)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._collected:
            self._ready.put(self._collected)
            self._collected = []


def _holds_up(host: Host) -> bool:
    return host.slow or host.unhurried


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not built for Windows
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
