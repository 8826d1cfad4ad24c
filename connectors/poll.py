"""Poll feeds: ask, recognise what did not change, parse, recognise entries.

::

    poll_many(feeds, …) ─► poll_feed(client, feed, cursor) ─► Poll ─► schedule(poll, new) ─► Cursor

A poll never raises for bad input: a feed that fails is a :class:`Poll` with its verdict.  Which of
its entries are new is for the caller to say, who knows the store.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from connectors.client import Client
from connectors.feeds import ParsedFeed
from connectors.history import LEASES, PUSHED, History, load_history
from connectors.http.answers import Answer, AnswerError, max_age, retry_after
from connectors.http.crowd import Crowd
from connectors.kinds import Parser, parser_of
from connectors.pages import host_key
from connectors.parsing.identity import recognise
from connectors.parsing.items import Hints
from newsbeam.errors import ParseError, RecordError, RetrieveError
from newsbeam.records import Cursor, Entry, Feed, Verdict
from newsbeam.settings import FetchSettings, Settings

ACCEPT = (
    "application/atom+xml,application/rss+xml,application/feed+json,application/rdf+xml;q=0.9,"
    "application/xml;q=0.8,text/xml;q=0.8,application/json;q=0.7,*/*;q=0.5"
)

FULL_READ_S = 86_400
"""A feed is read whole at least this often, whatever its validators say."""

DISTRUST_AFTER = 3
"""304 answers in a row before silence beyond a feed's habit is suspicious."""

OFF_LOOP_BYTES = 200_000
"""Larger bodies are parsed in a thread: the loop serves other hosts meanwhile."""

MOST_FOLLOWED = 50
"""Files of a sitemap index (or other lists of lists) that one poll follows."""

_HINTS = tuple(item.name for item in fields(Hints))


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll of one feed brought."""

    feed: Feed
    cursor: Cursor
    """With fresh validators, verdict and counts; :func:`connectors.schedule.schedule` adds when."""
    entries: tuple[Entry, ...] = ()
    """All entries that the feed prints now, known ones too; ids are unique."""
    verdict: str = Verdict.FEED_OK
    """``feed_ok``, ``unchanged``, or why there are no entries."""
    reason: str | None = None
    status: int | None = None
    bytes: int = 0
    """On the wire."""
    seconds: float = 0.0
    hints: Hints = field(default_factory=Hints)
    title: str | None = None
    language: str | None = None

    @property
    def ok(self) -> bool:
        """Say whether the feed could be read, or need not be."""
        return self.verdict in {Verdict.FEED_OK, Verdict.UNCHANGED}


async def poll_feed(client: Client, feed: Feed, cursor: Cursor, *, now: datetime) -> Poll:
    """Poll one feed; never raises for bad input.

    Args:
        client: who asks.
        feed: what is polled.
        cursor: what the last poll left; ``Cursor(url)`` for the first.
        now: the time of the poll.
    """
    history = load_history(cursor.history)
    lease = LEASES.get(feed.url, 0)
    if lease != history.lease:
        history.lease = lease
        cursor = replace(cursor, history=history.dump())
    cursor = replace(cursor, url=feed.url, last_poll=now, polls=cursor.polls + 1)
    try:
        answer = await client.get(
            feed.url,
            headers=_headers(cursor, history, now),
            max_bytes=client.settings.max_feed_bytes,
            now=now,
        )
        if answer.status == 304:
            return _unchanged(feed, cursor, history, answer, "304", now)
        digest = hashlib.blake2b(answer.body, digest_size=12).hexdigest()
        if digest == cursor.body_hash:
            history.full = int(now.timestamp())
            cursor = replace(cursor, history=history.dump())
            return _unchanged(feed, cursor, history, answer, "the same body", now)
        parsed = await _parse(client, feed, answer, now)
    except ParseError as error:
        return _failed(feed, cursor, error, answer.status, answer.wire_bytes, answer.seconds)
    except RetrieveError as error:
        status = error.status if isinstance(error, AnswerError) else None
        pause = error.retry_after_s if isinstance(error, AnswerError) else None
        return _failed(feed, cursor, error, status, 0, 0.0, Hints(retry_after_s=pause))
    return _read(feed, cursor, history, answer, parsed, digest, now)


def poll_each(
    feeds: Sequence[tuple[Feed, Cursor]],
    settings: Settings | FetchSettings,
    now: datetime,
    *,
    resolver: Any = None,
) -> Iterator[Poll]:
    """Poll a batch; yield one result per feed, as they come, with bounded memory.

    Args:
        feeds: each with the cursor that its last poll left.
        settings: limits and manners.
        now: the time of the polls.
        resolver: who looks names up, in tests.
    """

    async def work(client: Client, job: tuple[Feed, Cursor]) -> Poll:
        return await poll_feed(client, job[0], job[1], now=now)

    def give_up(job: tuple[Feed, Cursor], reason: str) -> Poll:
        feed, cursor = job
        return _failed(feed, cursor, RetrieveError(feed.url, reason, Verdict.TIMEOUT), None, 0, 0.0)

    def weigh(poll: Poll) -> int:
        return sum(len(e.content or "") + len(e.summary or "") + 500 for e in poll.entries)

    fetch = settings.fetch if isinstance(settings, Settings) else settings
    crowd = Crowd(fetch, lambda job: host_key(job[0].url), work, give_up, weigh, resolver)
    return crowd.run(feeds)


def poll_many(
    feeds: Sequence[tuple[Feed, Cursor]], settings: Settings | FetchSettings, now: datetime
) -> list[Poll]:
    """Poll a batch; return one result per feed, in the order of the batch."""
    order = {feed.url: at for at, (feed, _) in enumerate(feeds)}
    return sorted(poll_each(feeds, settings, now), key=lambda poll: order[poll.feed.url])


async def _parse(client: Client, feed: Feed, answer: Answer, now: datetime) -> ParsedFeed:
    """Parse an answer and what it refers to; parts that fail are left for the next poll.

    Raises:
        ParseError: the answer is no feed, or none of its parts could be read.
        RetrieveError: likewise.
    """
    parse = parser_of(feed.kind, answer.body)
    parsed = await _parse_one(parse, answer, now)
    entries = list(parsed.entries)
    failure: RecordError | None = None
    for place in parsed.more[:MOST_FOLLOWED]:
        try:
            part = await client.get(place, max_bytes=client.settings.max_feed_bytes, now=now)
            read = await _parse_one(parse, part, now)
            entries += read.entries
        except RecordError as error:
            failure = error
    if failure and not entries:
        raise failure
    return replace(parsed, entries=tuple(entries))


async def _parse_one(parse: Parser, answer: Answer, now: datetime) -> ParsedFeed:
    def run() -> ParsedFeed:
        return parse(answer.url, answer.body, content_type=answer.content_type, now=now)

    if len(answer.body) < OFF_LOOP_BYTES:
        return run()
    return await asyncio.get_running_loop().run_in_executor(None, run)


def _headers(cursor: Cursor, history: History, now: datetime) -> dict[str, str]:
    headers = {"Accept": ACCEPT}
    if cursor.url in PUSHED:
        PUSHED.discard(cursor.url)
        return {**headers, "Cache-Control": "no-cache"}
    if not distrusts(cursor, history, now):
        if cursor.etag:
            headers["If-None-Match"] = cursor.etag
        if cursor.last_modified:
            headers["If-Modified-Since"] = cursor.last_modified
    return headers


def distrusts(cursor: Cursor, history: History, now: datetime) -> bool:
    """Say whether a feed is asked for its whole body although it has validators.

    So it is when it was caught with frozen validators; when it has been silent for much longer than
    it usually is, on its word alone; and once a day.
    """
    if history.lies:
        return True
    since_full = now.timestamp() - history.full
    if since_full >= FULL_READ_S:
        return True
    usual = history.median_gap()
    if usual is None or cursor.last_new is None or cursor.unchanged < DISTRUST_AFTER:
        return False
    silent = (now - cursor.last_new).total_seconds()
    return silent > 3 * usual and since_full > 2 * usual


def _read(
    feed: Feed,
    cursor: Cursor,
    history: History,
    answer: Answer,
    parsed: ParsedFeed,
    digest: str,
    now: datetime,
) -> Poll:
    """Make the poll of a body that was read."""
    seen = {line.partition(" ")[0] for line in history.known}
    entries, history.known = recognise(
        [_of_feed(entry, feed) for entry in parsed.entries],
        history.known,
    )
    etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
    frozen = (etag and etag == cursor.etag) or (
        not etag and modified and modified == cursor.last_modified
    )
    if frozen and any(entry.id not in seen for entry in entries):
        history.lies += 1  # other entries under the same validator
    history.full = int(now.timestamp())
    history.moved_to = answer.moved_to
    history.kind = parsed.kind
    history.topic = parsed.self_url
    hints = replace(parsed.hints, max_age_s=max_age(answer.headers, now))
    history.hints = {name: value for name in _HINTS if (value := getattr(hints, name))} or None
    return Poll(
        feed=feed,
        cursor=replace(
            cursor,
            etag=etag,
            last_modified=modified,
            body_hash=digest,
            last_success=now,
            verdict=Verdict.FEED_OK,
            reason=None,
            unchanged=0,
            hub=parsed.hub,
            history=history.dump(),
        ),
        entries=entries,
        verdict=Verdict.FEED_OK,
        status=answer.status,
        bytes=answer.wire_bytes,
        seconds=answer.seconds,
        hints=replace(hints, retry_after_s=retry_after(answer.headers, now)),
        title=parsed.title,
        language=parsed.language,
    )


def _of_feed(entry: Entry, feed: Feed) -> Entry:
    """Name the feed by the URL that we poll, whatever redirects it came through."""
    outlet = feed.outlet or entry.outlet
    if entry.feed_url == feed.url and entry.outlet == outlet:
        return entry
    return replace(entry, feed_url=feed.url, outlet=outlet)


def _unchanged(
    feed: Feed, cursor: Cursor, history: History, answer: Answer, reason: str, now: datetime
) -> Poll:
    return Poll(
        feed=feed,
        cursor=replace(
            cursor,
            etag=answer.headers.get("etag") or cursor.etag,
            last_modified=answer.headers.get("last-modified") or cursor.last_modified,
            last_success=now,
            verdict=Verdict.UNCHANGED,
            reason=reason,
            unchanged=cursor.unchanged + 1,
        ),
        verdict=Verdict.UNCHANGED,
        reason=reason,
        status=answer.status,
        bytes=answer.wire_bytes,
        seconds=answer.seconds,
        hints=_kept_hints(history),
    )


def _kept_hints(history: History) -> Hints:
    """Return the hints of the last whole read."""
    kept: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in (history.hints or {}).items()
    }
    try:
        return Hints(**kept)
    except TypeError:  # written by another version
        return Hints()


def _failed(
    feed: Feed,
    cursor: Cursor,
    error: ParseError | RetrieveError,
    status: int | None,
    size: int,
    seconds: float,
    hints: Hints | None = None,
) -> Poll:
    """Make the poll of a failure: the validators of the last good answer stay as they are."""
    return Poll(
        feed=feed,
        cursor=replace(cursor, verdict=error.verdict, reason=error.message),
        verdict=error.verdict,
        reason=error.message,
        status=status,
        bytes=size,
        seconds=seconds,
        hints=hints or Hints(),
    )
