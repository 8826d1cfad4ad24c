"""``newsbeam watch``: the supervisor.

::

    ┌─► signals, requests ─► feeds due? ─► run_once (the same graph as `run`) ─► publish ─┐
    │                                                                                     ▼
    └────── wait: for a feed, a message, a request ◄── status ◄── operations ◄── dispatch ┘

One process, one thread that touches the store, the model and the page readers kept warm.  Every
cycle is one transaction: whatever stops the process, the store holds whole cycles, and the outbox
says what is still to be sent.
"""

import logging
import os
import select
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import duckdb

from newsbeam.errors import ConfigError, NewsbeamError, SinkError
from newsbeam.records import Feed
from newsbeam.settings import Settings, load_settings
from newsbeam.stories.newsrooms import configured_owners
from newsbeam.topics import check_topics
from pipelines.memory import give_back, set_aside, spare_arenas, sweep, take_back
from pipelines.report import RunReport
from pipelines.run import KNOWN, clock, configured_feeds, run_once
from pipelines.watch_http import Metrics, Port, answer
from pipelines.watch_state import apply_request, next_poll, write_status
from sinks.channels.dispatch import Dispatcher
from sinks.channels.registry import Registry
from sinks.publish.publish import publish
from sinks.slack.feedback import Feedback
from sinks.slack.renames import follow_renames
from sinks.store import outbox
from sinks.store.mailbox import requests
from sinks.store.store import HeldStore, hold_store
from sinks.store.troubles import check_troubles

if TYPE_CHECKING:
    from pipelines.watch_push import Pushes

log = logging.getLogger(__name__)

PULSE_S = 5.0
"""Longest wait: requests of other commands are taken up within this time."""
DRAIN_S = 60.0
"""After the last cycle, of ``--once`` too: how long messages that are due may take to go out."""
FAIR_S = 2.0
"""Between two cycles: how long messages that are due may take at least."""
CHECK_S = 300.0
"""How often trouble is looked for, and polls without news are published, seconds."""
PUBLISH_S = 5.0
"""Least time between two publications: where news never stops, polls and messages come first."""
RENEW_CYCLES = 100
"""Cycles after which the store is closed and opened again: DuckDB then frees what it keeps."""
BACKOFF_S = 300.0
"""Longest pause after cycles that failed in a row."""


class Supervisor:
    """Runs cycles until it is told to stop.

    Args:
        config: the settings file, read again on SIGHUP; None: defaults.
        secrets: the environment.
        cycles: stop after so many; 0: never.
        listen: instead of ``watch.listen``.
        now: the clock.
        work: what a cycle does.
    """

    def __init__(
        self,
        config: Path | None,
        secrets: Mapping[str, str],
        *,
        cycles: int = 0,
        listen: str | None = None,
        now: Callable[[], datetime] = clock,
        work: Callable[..., RunReport] = run_once,
    ) -> None:
        self.settings = load_settings(config)
        self.metrics = Metrics()
        self.port: Port | None = None
        self.done = 0
        """Cycles that were committed, or had nothing to do."""
        self._config, self._secrets, self._cycles, self._now = config, secrets, cycles, now
        self._work = work
        self._listen = self.settings.watch.listen if listen is None else listen
        self._warm: dict[str, Any] = {}
        self._stopping = self._reload = False
        self._failures = 0
        self._started = now()
        self._last_end: datetime | None = None
        self._last_report: Any = None
        self._error: str | None = None
        self._refused: str | None = None
        """Why the settings on disk are not used; until they are right."""
        self._feedback: Feedback | None = None
        self._checked: datetime | None = None
        self._published: datetime | None = None
        self._news, self._sent = False, 0
        self._graph = self._aside = False
        self._feeds: list[Feed] = []
        self._pushes: Pushes | None = None
        self._sender: Dispatcher | None = None
        self._feeds_print: tuple[Any, ...] = ()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        os.set_blocking(self._read, False)

    def run(self) -> int:
        """Run; return how many cycles were committed.

        Raises:
            StoreBusyError: another process holds the store.
            ConfigError: the settings cannot work.
        """
        store = self.settings.path(self.settings.store.path)
        check_topics(self.settings.topics, self.settings.home)
        configured_owners(self.settings)
        self._read_feeds()
        spare_arenas()
        with hold_store(store, "newsbeam watch") as held, self._signals():
            self.port, self._feedback = self._open_port(), self._open_feedback()
            self._pushes = self._open_pushes()
            try:
                self._loop(held)
            finally:
                take_back()
                for listener in (self._feedback, self._pushes):
                    if listener:
                        listener.close()
                write_status(self._status(held.db, running=False), self.settings)
                if self.port:
                    self.port.close()
        log.info("stopped", extra={"cycles": self.done})
        return self.done

    def stop(self) -> None:
        """Stop at the end of the cycle; from any thread."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """End the wait; from any thread or signal handler."""
        try:
            os.write(self._write, b".")
        except BlockingIOError:
            return  # it is awake already

    def _loop(self, held: HeldStore) -> None:
        db = held.db
        dispatcher = self._dispatcher(db)
        due = self._now()
        message: datetime | None = due
        write_status(self._status(db), self.settings)
        while not self._stopping:
            if self._reload:
                self._reload = False
                if self._take_settings():
                    dispatcher = self._dispatcher(db)
            if self._take_requests(db):
                message = self._now()
            if self._pushes and self._pushes.take(db, self._now()):
                due = self._now()
            if self._now() >= due:
                began = monotonic()
                due = self._cycle(db)
                last = bool(self._cycles) and self.done >= self._cycles
                # where feeds are always due, messages still get as much time as cycles do
                self._drain(dispatcher, DRAIN_S if last else max(FAIR_S, monotonic() - began))
                self.metrics.after_dispatch(dispatcher.counts, outbox.summary(db))
                # after the messages: nobody waits for a file
                self._publish(db, dispatcher.counts["sent"], last=last)
                if self.done and self.done % RENEW_CYCLES == 0:
                    db = dispatcher.db = held.renew()
                    self._warm.pop(KNOWN, None)  # it may read by the old connection
                self._tidy()
                message = self._now()
                if last:
                    break
            elif self._news:  # put off by the cycle before
                self._publish(db, dispatcher.counts["sent"], last=False)
            if message is not None and self._now() >= message:
                message = dispatcher.step(lambda: self._stopping)
                self.metrics.after_dispatch(dispatcher.counts, outbox.summary(db))
            write_status(self._status(db), self.settings)
            # the outbox changes by cycles and requests only: nobody looks into it in between
            self._wait(min(due, message) if message else due)

    def _tidy(self) -> None:
        """Give back what the cycle took.

        The garbage of graphs would lie about for 25 cycles, and what stays would be put between.
        """
        if not self._graph:
            give_back()
            return
        self._graph = False
        sweep()
        if not self._aside:
            self._aside = True
            set_aside()

    def _cycle(self, db: duckdb.DuckDBPyConnection) -> datetime:
        """Run one cycle; return when the next is due."""
        settings, began = self.settings, self._now()
        try:
            self._read_feeds()
            report = self._work(
                settings, db, kind="watch", now=began, feeds=self._feeds, warm=self._warm
            )
        except NewsbeamError as error:
            self._failures += 1
            self.metrics.cycles.labels("failed").inc()
            pause = min(BACKOFF_S, settings.watch.cycle_s * 2 ** min(self._failures, 8))
            self._error = str(error)
            log.error("cycle failed; the next in %.0f s: %s", pause, error)
            if self._cycles:
                raise
            return self._now() + timedelta(seconds=pause)
        if self._pushes:
            self._pushes.keep(db, self._feeds)
        self._check(db)
        self._failures, self._error = 0, None
        self._last_end = self._now()
        self.done += 1
        self._graph = bool(report.verdicts)
        self._news = self._news or self._graph
        if report.feeds:
            self._last_report = report
            self.metrics.after_cycle(report, self._last_end.timestamp())
            log.info(
                "cycle",
                extra={
                    "feeds": report.feeds, "failed": report.feeds_failed, "known": report.known,
                    "articles": report.articles_new, "revised": report.articles_revised,
                    "alerts": report.alerts, "seconds": round(report.seconds, 2),
                },
            )  # fmt: skip
        soonest = began + timedelta(seconds=settings.watch.cycle_s)
        return max(soonest, next_poll(db, self._last_end) or soonest)

    def _publish(self, db: duckdb.DuckDBPyConnection, sent: int, *, last: bool) -> None:
        """Publish what is new; polls that brought nothing alone only now and then."""
        options, now = self.settings.publish, self._now()
        age = (now - self._published).total_seconds() if self._published else CHECK_S
        news = (self._news or sent > self._sent) and age >= PUBLISH_S
        if not (last or news or age >= CHECK_S):
            return
        self._published, self._news, self._sent = now, False, sent
        try:
            target = self.settings.path(options.path)
            publish(db, target, options, now=now, force=last)
        except SinkError as error:
            self._error = str(error)
            log.error("not published; the next cycle tries again: %s", error)

    def _drain(self, dispatcher: Dispatcher, seconds: float) -> None:
        """Send what is due now, or within so many seconds."""
        end = monotonic() + seconds
        while not self._stopping and (again := dispatcher.step(lambda: self._stopping)):
            if monotonic() + (again - self._now()).total_seconds() > end:
                return
            self._wait(again)

    def _dispatcher(self, db: duckdb.DuckDBPyConnection) -> Dispatcher:
        registry = Registry(self.settings, self._secrets)
        registry.check()
        follow_renames(db, self.settings.alerts, registry)
        counts = self._sender.counts if self._sender else Counter[str]()
        self._sender = Dispatcher(db, self.settings.alerts, registry, self._now)
        self._sender.counts = counts  # since the start, whatever settings came since
        return self._sender

    def _wait(self, until: datetime) -> None:
        seconds = min(PULSE_S, max(0.0, (until - self._now()).total_seconds()))
        if self._stopping or self._reload:
            return
        ready, _, _ = select.select([self._read], [], [], seconds)
        if ready:
            os.read(self._read, 4096)

    def _take_requests(self, db: duckdb.DuckDBPyConnection) -> int:
        """Carry out what other commands and people in Slack ask for; return how much it was."""
        left = requests(self.settings.path(self.settings.store.path))
        pressed = self._feedback.take() if self._feedback else []
        for path, request in left:
            self._carry_out(db, request)
            path.unlink(missing_ok=True)
        for request in pressed:
            self._carry_out(db, request)
        self._news |= bool(left)
        return len(left) + len(pressed)

    def _carry_out(self, db: duckdb.DuckDBPyConnection, request: dict[str, Any] | None) -> None:
        try:
            log.info("request: %s", apply_request(db, request, self._now()))
        except (KeyError, TypeError, ValueError, duckdb.Error, NewsbeamError) as error:
            log.error("a request cannot be carried out: %s: %s", type(error).__name__, error)

    def _check(self, db: duckdb.DuckDBPyConnection) -> None:
        """Look for trouble now and then."""
        now = self._now()
        if self._checked is None or (now - self._checked).total_seconds() >= CHECK_S:
            self._checked = now
            self.metrics.troubles.set(check_troubles(db, self.settings.alerts, now))

    def _take_settings(self) -> bool:
        """Read the settings again; keep the old ones where the new are wrong."""
        from newsbeam.topics import configured_topics
        from pipelines.stages.match import forget_topics

        try:
            new = load_settings(self._config)
            if new.path(new.store.path) != self.settings.path(self.settings.store.path):
                raise ConfigError("store.path", "another store needs a restart")
            configured_topics(new.topics, new.home)
            configured_owners(new, fresh=True)
            Registry(new, self._secrets).check()
            feeds = configured_feeds(new)
        except NewsbeamError as error:
            self._refused = f"the new settings are not used: {error}"
            log.error(self._refused)
            return False
        forget_topics()
        take_back()  # of the old ones
        self._aside = False
        self.settings, self._feeds = new, feeds
        self._feeds_print = _print_of(new)
        self._refused = None
        log.info("settings read again", extra={"config": new.hash(), "feeds": len(feeds)})
        return True

    def _read_feeds(self) -> None:
        """Read the list of feeds, where its files have changed."""
        if (seen := _print_of(self.settings)) != self._feeds_print:
            self._feeds, self._feeds_print = configured_feeds(self.settings), seen

    def _open_port(self) -> Port | None:
        if not self._listen:
            return None
        folder = self.settings.path(self.settings.alerts.feeds_folder)
        port = Port(
            self._listen,
            lambda path: answer(path, self.metrics, self.health, folder),
        )
        log.info("listening", extra={"address": port.address})
        return port

    def _open_pushes(self) -> "Pushes | None":
        if not self.settings.websub.callback:
            return None
        from pipelines.watch_push import Pushes  # aiohttp's server

        pushes = Pushes(self.settings, self.wake)
        log.info("listening for hubs", extra={"address": pushes.address})
        return pushes

    def _open_feedback(self) -> Feedback | None:
        token, alerts = self._secrets.get("SLACK_APP_TOKEN"), self.settings.alerts
        if not alerts.feedback or not token:
            return None
        feedback = Feedback(token, base_url=alerts.slack_base_url, wake=self.wake)
        feedback.open()
        return feedback

    def health(self) -> dict[str, Any]:
        """Return whether cycles end in time, for `/healthz`."""
        since = (self._now() - (self._last_end or self._started)).total_seconds()
        ok = since <= self.settings.watch.stalled_s + self.settings.watch.cycle_s
        return {
            "ok": ok,
            "seconds_since_cycle": round(since),
            "error": self._error or self._refused,
        }

    def _status(self, db: duckdb.DuckDBPyConnection, *, running: bool = True) -> dict[str, Any]:
        report = self._last_report
        return {
            "pid": os.getpid(),
            "running": running,
            "started": self._started.isoformat(timespec="seconds"),
            "updated": self._now().isoformat(timespec="seconds"),
            "cycles": self.done,
            "last_cycle": self._last_end.isoformat(timespec="seconds") if self._last_end else None,
            "last_seconds": round(report.seconds, 2) if report else None,
            "feeds": len(self._feeds),
            "error": self._error or self._refused,
            "outbox": outbox.summary(db),
            "no_way": sorted(self._sender.no_way) if self._sender else [],
            "dead_letters": [
                {k: str(v) if isinstance(v, datetime) else v for k, v in row.items()}
                for row in outbox.dead_letters(db)[:20]
            ],
        }

    def _signals(self) -> "_Handlers":
        return _Handlers(
            {
                signal.SIGTERM: self._on_stop,
                signal.SIGINT: self._on_stop,
                signal.SIGHUP: self._on_reload,
            }
        )

    def _on_stop(self, number: int, _: object) -> None:
        if self._stopping:  # asked twice: at once; the store holds what was committed
            os._exit(130 if number == signal.SIGINT else 143)
        self.stop()

    def _on_reload(self, *_: object) -> None:
        self._reload = True
        self.wake()


class _Handlers:
    """Signal handlers, put back at the end."""

    def __init__(self, handlers: Mapping[signal.Signals, Callable[..., None]]) -> None:
        self._handlers = handlers
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for number, handler in self._handlers.items():
            self._before[number] = signal.signal(number, handler)

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def _print_of(settings: Settings) -> tuple[Any, ...]:
    """Return what changes when the list of feeds may have."""
    files = []
    for name in settings.feeds.opml:
        path = settings.path(name)
        stat = path.stat() if path.exists() else None
        files.append((str(path), stat.st_mtime_ns if stat else 0, stat.st_size if stat else 0))
    return (*files, settings.feeds)
