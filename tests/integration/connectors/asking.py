"""Ask the hostile server for one page or one feed."""

from datetime import datetime

from connectors.pages import fetch_many
from connectors.poll import Poll, poll_many
from newsbeam.records import Cursor, Entry, Feed, LedgerRow, Page
from newsbeam.settings import FetchSettings


def page_of(
    url: str | None, fetch: FetchSettings, now: datetime, **extra: object
) -> Page | LedgerRow:
    entry = Entry(id="e1", feed_url="http://feed.example/", guid="g", url=url)
    (result,) = fetch_many([entry], fetch, now, **extra)  # type: ignore[arg-type]
    return result


def verdict_of(url: str | None, fetch: FetchSettings, now: datetime, **extra: object) -> str:
    result = page_of(url, fetch, now, **extra)
    assert isinstance(result, LedgerRow), result
    assert result.reason
    assert result.subject == "e1"
    return str(result.verdict)


def poll_of(url: str, fetch: FetchSettings, now: datetime, cursor: Cursor | None = None) -> Poll:
    (poll,) = poll_many([(Feed(url), cursor or Cursor(url))], fetch, now)
    return poll
