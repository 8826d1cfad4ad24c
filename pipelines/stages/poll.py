"""Feeds to entries that are new or changed.

``poll_feeds`` does the work; ``PollFeeds`` spreads it.  What a feed says of an entry is compared
with what it said last time: a new publication date alone is no news.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import timedelta

import apache_beam as beam

from connectors.poll import Poll, poll_each
from connectors.schedule import schedule
from newsbeam.records import Cursor, Entry, Feed, LedgerRow, Verdict, record_id
from pipelines.job import Job
from pipelines.stages.items import Done, Polled
from pipelines.stages.known import Known, LateKnown, load_known
from pipelines.stages.timing import advance, timed

AT_ONCE = 4096
"""Feeds per batch: slow hosts of one batch are waited for together."""


def poll_feeds(
    feeds: Sequence[tuple[Feed, Cursor]], known: Known | LateKnown, job: Job
) -> Iterator[Polled | Entry | Done]:
    """Poll feeds; yield one ``Polled`` each, and their entries that are new or changed.

    An entry that needs no page (no link, too old) is ``Done`` at once.
    """
    for poll in poll_each(feeds, job.settings.fetch, job.now):
        fresh, again = yield from take_entries(poll.entries, known, job)
        yield _polled(poll, fresh, again, job)


def take_entries(
    entries: Sequence[Entry], known: Known | LateKnown, job: Job
) -> Generator[Entry | Done, None, tuple[int, int]]:
    """Yield the entries that are new or changed; return how many, and of these how many retries."""
    fresh = again = 0
    for entry in entries:
        state = known.entry(entry, job.now)
        if state == "known":
            continue
        fresh += 1
        again += state == "retry"
        yield _refused(entry, job) or entry
    return fresh, again


def work_ahead(
    items: Iterable[Polled | Entry | Done],
) -> tuple[list[Entry], list[Polled | Done]]:
    """Poll in this process, without a graph; return the entries that need one, and the rest.

    Where nothing is new, as in most cycles of `watch`, no graph is built: that is three quarters of
    the processor time of such a cycle (docs/benchmarks.md).

    Args:
        items: what polling, or reading listings, yields.
    """
    entries: list[Entry] = []
    ended: list[Polled | Done] = []
    for item in items:
        advance("poll")
        if isinstance(item, Entry):
            entries.append(item)
        else:
            ended.append(item)
    return entries, ended


def _polled(poll: Poll, fresh: int, again: int, job: Job) -> Polled:
    """Make the record of a poll; pages that are tried again are no news of the feed."""
    new = fresh - again
    row = LedgerRow(
        subject=poll.feed.id,
        kind="feed",
        url=poll.feed.url,
        stage="poll",
        verdict=poll.verdict,
        reason=poll.reason,
        at=job.now,
        feed_url=poll.feed.url,
        seconds=poll.seconds,
    )
    return Polled(
        row=row,
        cursor=schedule(poll, new, now=job.now, jitter=_jitter(poll), settings=job.settings.poll),
        title=poll.title,
        status=poll.status,
        bytes=poll.bytes,
        entries=len(poll.entries),
        known=len(poll.entries) - fresh,
        fresh=fresh,
    )


def _jitter(poll: Poll) -> float:
    """Return a number in [0, 1): another for each feed and poll, the same in a rerun."""
    return int(record_id(poll.feed.url, str(poll.cursor.polls))[:8], 16) / 16**8


def _refused(entry: Entry, job: Job) -> Done | None:
    oldest = job.now - timedelta(days=job.settings.poll.max_entry_age_days)
    if entry.url is None and not (entry.content or entry.summary):
        verdict, reason = Verdict.NO_LINK, "the entry has neither a usable link nor a text"
    elif job.kind == "backfill":
        return None
    elif entry.published is not None and entry.published < oldest and not _undated(entry):
        verdict, reason = Verdict.TOO_OLD, f"dated {entry.published:%Y-%m-%d}"
    else:
        return None
    return Done(entry, entry_row(entry, "poll", verdict, reason, job))


def _undated(entry: Entry) -> bool:
    """Whether the date is none: 1970 and before is a clock at zero, not an old article."""
    return entry.published is not None and entry.published.year <= 1970


def entry_row(entry: Entry, stage: str, verdict: str, reason: str | None, job: Job) -> LedgerRow:
    """Return the ledger row that an entry ends with."""
    return LedgerRow(
        subject=entry.id,
        kind="entry",
        url=entry.url,
        stage=stage,
        verdict=verdict,
        reason=reason,
        at=job.now,
        feed_url=entry.feed_url,
    )


class _Poll(beam.DoFn):
    def __init__(self, job: Job, known: str) -> None:
        self._job, self._known = job, known

    def process(self, feeds: Sequence[tuple[Feed, Cursor]]) -> Iterable[Polled | Entry | Done]:
        yield from timed("poll", poll_feeds(feeds, load_known(self._known), self._job))


class PollFeeds(beam.PTransform):
    """Poll each feed.

    Input   PCollection[tuple[Feed, Cursor]], bounded.
    Output  PCollection[Polled | Entry | Done]: one ``Polled`` per feed.
    """

    def __init__(self, job: Job, known: str) -> None:
        super().__init__()
        self._job, self._known = job, known

    def expand(self, feeds: beam.PCollection) -> beam.PCollection:
        """Wire the graph; no work happens here."""
        return (
            feeds
            | "Batch" >> beam.BatchElements(min_batch_size=AT_ONCE, max_batch_size=AT_ONCE)
            | "Poll" >> beam.ParDo(_Poll(self._job, self._known))
        )
