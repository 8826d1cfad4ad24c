"""Fetch the pages behind entries.

Source: RFC 9110; what is refused by its type is listed here, what is refused for other reasons in
:mod:`connectors.client`.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.client import Client
from connectors.feeds import declared_charset
from connectors.http.crowd import Crowd
from connectors.http.places import place_of
from newsbeam.errors import RetrieveError
from newsbeam.records import Entry, LedgerRow, Page, Verdict
from newsbeam.settings import FetchSettings, Settings

ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,text/plain;q=0.8,*/*;q=0.5"

_WIDE = ("utf-16", "utf-32", "ucs-2", "ucs-4")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


async def fetch_page(
    client: Client, entry: Entry, *, now: datetime | None = None
) -> Page | LedgerRow:
    """Fetch an entry's page; never raises for bad input.

    Args:
        client: who asks.
        entry: with or without a link.
        now: the time of fetching; None: the clock.

    Returns:
        The page, or the ledger row that says why there is none.
    """
    start = time.monotonic()
    if entry.url is None:
        return _row(entry, Verdict.NO_LINK, "the entry has no http(s) link", now, 0.0)
    try:
        answer = await client.get(
            entry.url, headers={"Accept": ACCEPT}, robots=True, text_only=True, now=now
        )
    except RetrieveError as error:
        return _row(entry, error.verdict, error.message, now, time.monotonic() - start)
    charset = declared_charset(answer.content_type)
    body = answer.body
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return _row(entry, Verdict.EMPTY, "HTTP 200 with an empty body", now, answer.seconds)
    if b"\x00" in body and not _is_wide(body, charset):
        if body.count(b"\x00", 0, 4096) * 20 > min(len(body), 4096):
            return _row(entry, Verdict.WRONG_TYPE, "binary data", now, answer.seconds)
        body = body.replace(b"\x00", b"")  # stray NULs: every browser leaves them out
    return Page(
        entry=entry,
        url=answer.url,
        body=body,
        fetched=now or datetime.now(UTC),
        status=answer.status,
        content_type=(answer.content_type or "").partition(";")[0].strip().lower() or None,
        charset=charset,
        ai_optout=answer.ai_optout,
    )


def fetch_many(
    entries: Sequence[Entry],
    settings: Settings | FetchSettings,
    now: datetime | None = None,
    *,
    resolver: Any = None,
) -> Iterator[Page | LedgerRow]:
    """Fetch the pages of a batch; yield one result per entry, as they come.

    Hosts are served side by side, so a slow one delays only itself.  Memory is bounded: while the
    consumer is busy, at most some tens of megabytes wait for it.

    Args:
        entries: of any number of hosts.
        settings: limits and manners.
        now: the time of fetching that the records show; None: the clock, for each page.
        resolver: who looks names up, in tests.
    """

    async def work(client: Client, entry: Entry) -> Page | LedgerRow:
        return await fetch_page(client, entry, now=now)

    def give_up(entry: Entry, reason: str) -> Page | LedgerRow:
        return _row(entry, Verdict.TIMEOUT, reason, now, 0.0)

    def weigh(result: Page | LedgerRow) -> int:
        return len(result.body) if isinstance(result, Page) else 0

    fetch = settings.fetch if isinstance(settings, Settings) else settings
    crowd = Crowd(fetch, _host, work, give_up, weigh, resolver=resolver)
    return crowd.run(entries)


def host_key(url: str | None) -> str:
    """Return ``host:port`` of a URL: the queue it waits in; "" where it has none."""
    place = place_of(url or "")
    return place.name if place else ""


def _is_wide(body: bytes, charset: str | None) -> bool:
    """Say whether NULs belong to the encoding: UTF-16 and UTF-32."""
    return (charset or "").startswith(_WIDE) or body.startswith(_WIDE_MARKS)


def _host(entry: Entry) -> str:
    return host_key(entry.url)


def _row(
    entry: Entry, verdict: str, reason: str, now: datetime | None, seconds: float
) -> LedgerRow:
    return LedgerRow(
        subject=entry.id,
        kind="entry",
        url=entry.url,
        stage="fetch",
        verdict=verdict,
        reason=reason,
        at=now or datetime.now(UTC),
        feed_url=entry.feed_url,
        seconds=round(seconds, 3),
    )
