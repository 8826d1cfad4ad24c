"""A pool of killable processes that read pages: a hostile page costs its own job, nothing else.

Started at the first job, not before; kept for the next batch.  A worker that hangs, dies or grows
too large is replaced and its page becomes a ledger row with the verdict ``extract_error``.
"""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from newsbeam.articles import worker
from newsbeam.errors import ExtractError, NewsbeamError
from newsbeam.records import Article, Entry, LedgerRow, Page
from newsbeam.settings import ExtractSettings

AHEAD = 8
"""Jobs that a worker holds: what it reads, and the next ones, so that it need not wait while the
caller works: with two it did at every article that the caller took long over."""
WINDOW = 128
"""Answers kept back for the sake of order, at most."""
ROOM = 1 << 21
"""Bytes on their way to a worker, as far as the system allows: the next page is there when it is
asked for, and does not wait for the caller."""
GRACE_S = 5.0
"""A worker that is silent for this long after its time was up is killed from outside."""

ENVIRONMENT = {
    **{"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
"""One worker per core is enough, and spare threads would eat address space.  Huge pages: 4 % of the
time goes into looking up the addresses of a tree's nodes; other systems ignore it."""

Task = Callable[[], Any]
Job = Page | Entry | Task
Result = Article | LedgerRow


@dataclass(slots=True)
class _Worker:
    channel: socket.socket
    pid: int
    jobs: deque[tuple[int, Job]] = field(default_factory=deque)
    """Given and not answered, oldest first: the first is being read."""
    unsent: deque[memoryview] = field(default_factory=deque)
    """What the socket had no room for yet."""


class Reader:
    """Reads pages in processes of their own.

    ::

        with Reader(settings.extract) as reader:
            for result in reader.map(pages):   # Article or LedgerRow, in the order of the pages

    One thread at a time; reusable for any number of batches.
    """

    def __init__(self, settings: ExtractSettings | None = None) -> None:
        self._settings = settings or ExtractSettings()
        count = self._settings.workers
        self._count = count if count > 0 else _cores()
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._workers: list[_Worker] = []
        self._ended: dict[int, int] = {}

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def warm(self, told: int | None = None) -> None:
        """Let the parsers load in the background; the first page then need not wait for them.

        Args:
            told: the writing end of a pipe, which their process closes when they are loaded.
        """
        if self._control is None:
            self._start_nursery(told)

    def close(self) -> None:
        """End the processes; the next ``map`` starts them anew."""
        for one in self._workers:
            one.channel.close()
            if one.jobs:  # busy: it would notice the closed socket only after its page
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGKILL)
        if self._nursery is not None and not self._workers:  # it may still be loading, for nobody
            self._nursery.kill()
        self._workers.clear()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._nursery is not None:
            self._nursery.wait()
            self._nursery = None

    def rest(self) -> None:
        """End the workers and what they keep of pages; the next start sooner than after `close`."""
        for one in self._workers:
            one.channel.close()
        self._workers.clear()

    @property
    def started(self) -> bool:
        """Whether the parsers are loaded, or load."""
        return self._control is not None

    def ahead(self, tasks: Iterable[Task]) -> Generator[Any, None, None]:
        """Have one process do tasks; yield what they return, in order.

        Args:
            tasks: functions without arguments that can be pickled.  Like a page, each is bounded
                in time and memory.

        Yields:
            What a task returned, until one fails: the caller may then do what is left.
        """
        self.rest()
        count, self._count = self._count, 1
        try:
            for _, _, answer in self._answers(enumerate(tasks), datetime.now(UTC), {}):
                if isinstance(answer, ExtractError):
                    return
                yield answer
        finally:
            self._count = count
            self.close()

    def map(
        self, items: Iterable[Page | Entry], *, now: datetime | None = None, ordered: bool = True
    ) -> Iterator[Result]:
        """Read pages, and entries whose page could not be had, as they come.

        Args:
            items: pulled as workers become free; at most a few pages per worker are held.
            now: the present, for the dates; by default the clock's.
            ordered: give the results in the order of the items (a slow page holds back at most
                128 results), or as they are ready.

        Yields:
            An Article, or a LedgerRow with verdict ``extract_error`` for what could not be read.
        """
        moment = now or datetime.now(UTC)
        ready: dict[int, Result] = {}
        following = 0
        try:
            for number, job, answer in self._answers(enumerate(items), moment, ready):
                result = _row(job, answer, moment) if isinstance(answer, ExtractError) else answer
                if not ordered:
                    yield result
                    continue
                ready[number] = result
                while following in ready:
                    yield ready.pop(following)
                    following += 1
        finally:
            if any(one.jobs for one in self._workers):  # the caller stopped early
                self.close()

    def _answers(
        self, source: Iterator[tuple[int, Job]], now: datetime, held: dict[int, Result]
    ) -> Iterator[tuple[int, Job, Any]]:
        """Give jobs out; yield number, job and answer as they come."""
        again: deque[tuple[int, Job]] = deque()
        exhausted = False
        while True:
            while self._has_room() and (again or not exhausted):
                if again:
                    item = again.popleft()
                elif len(held) >= WINDOW or (pulled := next(source, None)) is None:
                    exhausted = exhausted or len(held) < WINDOW
                    break
                else:
                    item = pulled
                if not self._give(item, now):
                    again.appendleft(item)
                    if any(one.jobs for one in self._workers):
                        break  # one of them has gone, which its answer will tell
            busy = [one for one in self._workers if one.jobs]
            if busy:
                yield from self._collect(busy, again)
            elif exhausted and not again:
                return

    def _has_room(self) -> bool:
        return len(self._workers) < self._count or any(
            len(one.jobs) < AHEAD for one in self._workers
        )

    def _give(self, item: tuple[int, Job], now: datetime) -> bool:
        """Send a job to the worker with the least to do; False when that worker is gone."""
        one = min(self._workers, key=lambda w: len(w.jobs), default=None)
        if one is None or (one.jobs and len(self._workers) < self._count):
            one = self._start()
        try:
            one.unsent.extend(memoryview(part) for part in worker.packed((*item, now)))
            _push(one)
        except OSError:
            if not one.jobs:  # it died idle: nobody's fault, start another
                self._drop(one)
            return False
        one.jobs.append(item)
        return True

    def _collect(
        self, busy: list[_Worker], again: deque[tuple[int, Job]]
    ) -> Iterator[tuple[int, Job, Any]]:
        """Wait for answers; a worker that died costs the job that it was reading."""
        waiting = select.poll()
        for one in busy:
            waiting.register(one.channel, select.POLLIN | (select.POLLOUT if one.unsent else 0))
        limit = self._settings.timeout_s
        events = dict(waiting.poll(1000 * (limit + GRACE_S) if limit > 0 else None))
        if not events:  # not even the watchdogs bark
            for one in busy:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.pid, signal.SIGKILL)
            return
        for one in [one for one in busy if one.channel.fileno() in events]:
            if events[one.channel.fileno()] == select.POLLOUT:
                with contextlib.suppress(OSError):  # it has gone: its answer will not come either
                    _push(one)
                continue
            try:
                number, answer = worker.receive(one.channel)
            except (EOFError, OSError):
                self._drop(one)
                status = self._status(one.pid)
                if status == worker.EXIT_TIRED:
                    again.extendleft(reversed(one.jobs))
                    continue
                number, job = one.jobs.popleft()
                again.extendleft(reversed(one.jobs))
                answer = ExtractError("", self._why(status))
            else:
                _, job = one.jobs.popleft()
            yield number, job, answer

    def _start(self) -> _Worker:
        control = self._control or self._start_nursery()
        mine, theirs = socket.socketpair()
        with contextlib.suppress(OSError):  # more than the system allows: macOS refuses
            mine.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        limits = struct.pack("!dI", self._settings.timeout_s, self._settings.memory_mb)
        with theirs:
            socket.send_fds(control, [limits], [theirs.fileno()])
        while True:
            pid, status = self._hear()
            if status < 0:
                break
            self._ended[pid] = status
        one = _Worker(mine, pid)
        self._workers.append(one)
        return one

    def _start_nursery(self, told: int | None = None) -> socket.socket:
        mine, theirs = socket.socketpair()
        with theirs:
            # -c rather than -m: safe however the parent was started, and sees the same packages
            code = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
            code += f"sys.path[:] = {sys.path!r}; "
            code += f"from newsbeam.articles.worker import main; main({theirs.fileno()}, {told})"
            self._nursery = subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
                [sys.executable, "-c", code],
                pass_fds=[theirs.fileno(), *([] if told is None else [told])],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT},
            )
        self._control = mine
        return mine

    def _hear(self) -> tuple[int, int]:
        """Return the next word of the nursery: (pid, -1) a start, (pid, status) an end.

        Raises:
            NewsbeamError: the nursery is gone (no memory, no room for its model); it said why.
        """
        data = b""
        while len(data) < 8:
            try:
                chunk = self._control.recv(8 - len(data)) if self._control else b""
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                self.close()
                raise NewsbeamError(
                    "the processes that read pages could not be started; what they said is above"
                )
            data += chunk
        pid, status = struct.unpack("!ii", data)
        return pid, status

    def _status(self, pid: int) -> int:
        """Return what a worker ended with."""
        while pid not in self._ended:
            other, status = self._hear()
            self._ended[other] = status
        return self._ended.pop(pid)

    def _why(self, status: int) -> str:
        """Say why a worker ended."""
        if status == worker.EXIT_TIMEOUT:
            return f"took longer than {self._settings.timeout_s:g} s to read"
        if status == worker.EXIT_MEMORY:
            return f"took more than {self._settings.memory_mb} MiB to read"
        return f"the reading process died (status {status})"

    def _drop(self, one: _Worker) -> None:
        one.channel.close()
        self._workers.remove(one)


def _push(one: _Worker) -> None:
    """Send as much as the worker's socket takes now; it is read between two pages.

    Raises:
        OSError: the worker has gone.
    """
    while one.unsent:
        try:
            count = one.channel.send(one.unsent[0], socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        one.unsent[0] = one.unsent[0][count:]
        if not one.unsent[0]:
            one.unsent.popleft()


def _row(job: Any, error: ExtractError, now: datetime) -> LedgerRow:
    entry = job.entry if isinstance(job, Page) else job
    return LedgerRow(
        subject=entry.id,
        kind="entry",
        url=job.url,
        stage="extract",
        verdict=error.verdict,
        reason=error.message,
        at=now,
        feed_url=entry.feed_url,
    )


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)
