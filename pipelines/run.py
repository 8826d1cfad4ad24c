"""One run: choose what is due, run the graph, commit, report.

The same for ``newsbeam run``, ``backfill``, each cycle of ``watch`` and the demo.
"""

import operator
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from connectors.opml import read_opml
from newsbeam.errors import ConfigError, SinkError
from newsbeam.records import Cursor, Feed
from newsbeam.settings import RunSettings, Settings
from newsbeam.stories.newsrooms import configured_owners
from newsbeam.topics import check_topics
from pipelines import early, readers
from pipelines.ahead import Ahead
from pipelines.job import Job
from pipelines.memory import set_aside, spare_arenas, take_back
from pipelines.memory import sweep as sweep_memory
from pipelines.parts import Part, cut, in_turn
from pipelines.quick_beam import settle_pyarrow, without_collecting
from pipelines.report import RunReport, added
from pipelines.shelf import Laid
from pipelines.stages.items import Archive
from pipelines.stages.resume import position_of, still_to_read
from pipelines.watch_state import take_requests
from sinks.publish.publish import preparing, publish
from sinks.store.batch import Batch
from sinks.store.commit import STEPS, commit
from sinks.store.read import batch_summary, cursors, polled, record_feeds
from sinks.store.store import let_go, open_store

Progress = Callable[[Counter[str]], None]

KNOWN = "known"
"""In the memory between cycles: what the store knows."""

REFUSED = {
    "DaskRunner": "it silently drops data (only the last leaf runs, finish_bundle output is lost)",
    "DirectRunner": "it switches engine by what it can download; use FnApiRunner",
}
"""Runners that give wrong results, with the reason (docs/decisions/0002)."""


def clock() -> datetime:
    """Return the time: the only place where a run reads it."""
    return datetime.now(UTC)


def configured_feeds(settings: Settings) -> list[Feed]:
    """Return the feeds of the OPML files and of ``feeds.urls``, each once, in order.

    Raises:
        ConfigError: an OPML file is missing or not OPML, or there is no feed at all.
    """
    feeds: dict[str, Feed] = {}
    for name in settings.feeds.opml:
        for feed in read_opml(settings.path(name)):
            feeds.setdefault(feed.url, feed)
    for url in settings.feeds.urls:
        feeds.setdefault(url, Feed(url))
    if not feeds:
        raise ConfigError(
            "feeds",
            "no feed is configured; `newsbeam init` writes a starter list, "
            "`newsbeam feeds add URL` adds one",
        )
    return list(feeds.values())


def run_once(
    settings: Settings,
    db: duckdb.DuckDBPyConnection,
    *,
    kind: str = "run",
    now: datetime,
    every_feed: bool = False,
    feeds: Sequence[Feed] | None = None,
    archives: Sequence[Path | str] = (),
    portion: int | None = None,
    warm: dict[str, Any] | None = None,
    progress: Progress | None = None,
    before_commit: Callable[[Job], None] = lambda job: None,
    call: Callable[..., Any] = operator.call,
) -> RunReport:
    """Run the graph and commit; many entries in parts (:mod:`pipelines.parts`).

    Args:
        settings: of the operator.
        db: the open store; we are its only writer.
        kind: ``run``, ``backfill``, ``watch`` or ``demo``.
        now: start of the run, aware UTC.
        every_feed: poll feeds that are not due, too.
        feeds: instead of those that the settings name.
        archives: read these instead of feeds; listings too, and their addresses.
        portion: records of archives to read at once, from where the last run stopped; None: all,
            from their beginnings.
        warm: memory that the commit's steps may keep between cycles of one process.
        progress: told of every step, on the embedded runner.
        before_commit: called with what was staged before the last commit, which leaves cores idle.
        call: calls a pure function of an article's text, which may have been done ahead.

    Raises:
        ConfigError: no feeds, a refused runner, a topic or model that is wrong.
        SinkError: the disk is full or read-only; the store is as before.
    """
    began = perf_counter()
    settle_pyarrow()
    job = Job(kind, now, settings)
    due: list[tuple[Feed, Cursor]] = []
    waiting: list[datetime] = []
    if not archives:
        wanted = list(feeds) if feeds is not None else configured_feeds(settings)
        record_feeds(db, wanted, now)
        due, waiting = _due(wanted, cursors(db), now, every_feed)
    report = RunReport(job.run_id, kind, now, 0.0, feeds_waiting=len(waiting))
    if not due and not archives:
        next_due = min(waiting, default=None)
        return replace(report, next_due=next_due, seconds=perf_counter() - began)
    memory = warm if warm is not None else {}
    done: RunReport | None = None
    what = _archives(db, archives, portion)
    aside: Laid | None = None
    try:
        with closing(_staged(job, db, due, what, portion, memory, progress)) as parts:
            for part in parts:
                if not part.last:
                    readers.dismiss()  # they load in half a second, the model in two: it stays
                    sweep_memory()
                elif warm is None:
                    early.dismiss()  # no other run follows: the commit has better use for memory
                if aside:
                    memory |= aside.take()
                if part.last:
                    before_commit(part.job)
                one = _committed(db, part, report, memory, call)
                done = added(done, one) if done else one
                if not part.last:
                    aside = _put_aside(memory, job)
                    _settle(db)
                    set_aside()  # the garbage of the next graph is then looked for more often
    except OSError as error:
        raise SinkError(f"staging failed, nothing of it was committed: {error}") from error
    finally:
        if warm is None:
            take_back()
        sweep(job)
    assert done is not None  # noqa: S101  # there is always one part
    if portion:
        from pipelines.stages.listing import split

        places = [archive.place for archive in split(what)[1]]
        unfinished, unread = still_to_read(places, cursors(db), polled(db, now))
        done = replace(done, unfinished=unfinished, unread=unread)
    return replace(done, seconds=perf_counter() - began)


def _put_aside(memory: dict[str, Any], job: Job) -> Laid | None:
    """Keep in a file, until the next commit, what the steps of a commit remember."""
    with suppress(OSError):  # the disk is full, which staging will say
        laid = Laid(memory, job.folder / "memory.pickle")
        memory.clear()
        return laid
    return None


def _settle(db: duckdb.DuckDBPyConnection) -> None:
    """Give back, between two parts, what the last one took: its rows go from memory to the file."""
    with suppress(duckdb.Error):  # the disk is full, which the next commit will say
        db.execute("CHECKPOINT")
    let_go(db)
    sweep_memory()


def _committed(
    db: duckdb.DuckDBPyConnection,
    part: Part,
    report: RunReport,
    warm: dict[str, Any],
    call: Callable[..., Any],
) -> RunReport:
    """Commit what was staged; return the report on it."""
    job = part.job
    batch = Batch(
        run_id=job.run_id,
        kind=job.kind,
        now=job.now,
        config_hash=job.settings.hash(),
        settings=job.settings,
        folder=job.folder,
        warm=warm,
        last=part.last,
        call=call,
    )
    before = perf_counter()
    fresh = commit(db, batch, STEPS, finished=clock, stages=part.stages)
    part.stages["commit"] = round(perf_counter() - before, 3)
    return replace(
        report,
        stages=part.stages,
        already=not fresh,
        stories_new=batch.counts.get("stories_new", 0),
        alerts=batch.counts.get("alerts", 0),
        **batch_summary(db, job.run_id),
    )


def run_and_publish(settings: Settings, **arguments: Any) -> RunReport:
    """Open the store, run once, publish for readers, close.

    Takes the arguments of :func:`run_once`.

    Raises:
        StoreBusyError: another process holds the store.
    """
    spare_arenas()
    path = settings.path(settings.store.path)
    check_topics(settings.topics, settings.home)
    configured_owners(settings)  # a wrong table is told before any work is done, too
    if not arguments.get("archives") and arguments.get("feeds") is None:
        # before the store is opened: wrong settings shall not make one
        arguments["feeds"] = configured_feeds(settings)
    with open_store(path, f"newsbeam {arguments.get('kind', 'run')}") as db:
        target = settings.path(settings.publish.path)
        with Ahead(settings) as ahead:
            with preparing(db, target, settings.publish) as prepare:

                def before_commit(job: Job) -> None:
                    ahead.begin(job)
                    prepare()

                report = run_once(
                    settings, db, before_commit=before_commit, call=ahead.call, **arguments
                )
            take_requests(db, path, clock())
            began = perf_counter()
            publish(db, target, settings.publish, now=clock(), force=True, call=ahead.call)
        report.stages["publish"] = round(perf_counter() - began, 3)
        return replace(report, seconds=report.seconds + perf_counter() - began)


def _due(
    feeds: Sequence[Feed], known: dict[str, Cursor], now: datetime, every_feed: bool
) -> tuple[list[tuple[Feed, Cursor]], list[datetime]]:
    due, waiting = [], []
    for feed in feeds:
        cursor = known.get(feed.url) or Cursor(feed.url)
        ahead = cursor.last_poll is not None and cursor.last_poll > now  # the clock was wrong
        if every_feed or cursor.next_poll is None or cursor.next_poll <= now or ahead:
            due.append((feed, cursor))
        else:
            waiting.append(cursor.next_poll)
    return due, waiting


def _archives(
    db: duckdb.DuckDBPyConnection, places: Sequence[Path | str], portion: int | None
) -> list[Archive]:
    if portion is None:
        return [Archive(str(place)) for place in places]
    known = cursors(db) if places else {}
    return [Archive(str(p), position_of(str(p), known.get(str(p)))) for p in places]


def _staged(
    job: Job,
    db: duckdb.DuckDBPyConnection,
    due: Sequence[tuple[Feed, Cursor]],
    archives: Sequence[Archive],
    portion: int | None,
    warm: dict[str, Any],
    progress: Progress | None,
) -> Generator[Part, None, None]:
    """Stage what is new, part by part; each must be committed before the next is asked for.

    In one process the feeds are polled first; there is a graph only if something is new.
    """
    sweep(job)
    job.folder.mkdir(parents=True)
    if any(cursor.last_poll is None for _, cursor in due):  # a first poll surely brings pages
        early.start(job.settings)  # it loads while Beam does
    with without_collecting():
        from pipelines.execute import execute  # Apache Beam: about a second
        from pipelines.stages.known import LateKnown, read_known, save_known
        from pipelines.stages.poll import poll_feeds, work_ahead
        from pipelines.stages.stage import stage_batch
        from pipelines.stages.timing import watching

    known = warm.pop(KNOWN, None) or LateKnown(lambda: read_known(db))
    with watching(progress):
        if job.settings.run.runner != RunSettings().runner:
            file = str(save_known(known.get(), job.folder))
            stages = execute(job, feeds=due, archives=archives, most=portion, known=file)
            yield Part(job, stages)
            return
        began = perf_counter()
        holding: list[Archive] = []
        if archives:
            from pipelines.stages.listing import read_listings, split

            listings, holding = split(archives)
            entries, ended = work_ahead(read_listings(listings, known, job))
        else:
            entries, ended = work_ahead(poll_feeds(due, known, job))
        stages = {"poll": round(perf_counter() - began, 3)}
        if not archives and len(ended) == len(due) and not entries:
            warm[KNOWN] = known  # no entry is written: it still holds after the commit
        file = str(save_known(known.get(), job.folder)) if entries or holding else ""
        done = 0
        parts = in_turn(cut(entries, job.now), job.folder) if entries or not holding else ()
        del entries, known
        for part, complete in parts:
            own = replace(job, part=done)
            if complete:
                stage_batch(ended, own.folder)
            if part:
                stages |= execute(own, entries=part, known=file)
                part.clear()
            yield Part(own, stages, complete and not holding)
            stages, done = {}, done + 1
        if holding:
            own = replace(job, part=done)
            yield Part(own, execute(own, archives=holding, most=portion, known=file))


def sweep(job: Job) -> None:
    """Remove what an earlier run left behind: we hold the store, so no run is under way."""
    for left in job.folder.parent.glob("*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
