"""Pages go to the readers as they arrive."""

from collections.abc import Iterator
from datetime import UTC, datetime

from newsbeam.records import Entry, LedgerRow, Page
from newsbeam.settings import ExtractSettings, Settings
from pipelines import readers
from pipelines.job import Job
from pipelines.stages.extract import extract_pages
from pipelines.stages.items import Done, Read, Unread

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SETTINGS = Settings(extract=ExtractSettings(workers=2))
JOB = Job("run", NOW, SETTINGS)
TEXT = "The ferry line between Northhaven and the islands starts again in May, the office said. "


def entry(number: int, summary: str | None = None) -> Entry:
    url = f"https://harbour-post.example/{number}/ferry"
    return Entry(f"e{number}", "f", f"g{number}", url, title="Ferry", summary=summary)


def test_a_page_is_read_before_the_last_one_has_come() -> None:
    asked: list[int] = []

    def arriving() -> Iterator[Page | Unread]:
        refused = LedgerRow("", "entry", None, "fetch", "http_error", "HTTP 403", NOW)
        for number in range(60):
            asked.append(number)
            one = entry(number, TEXT * 8 if number % 2 else None)
            if number < 2:  # the first that arrive are none
                yield Unread(one, refused)
            else:
                body = f"<article><h1>Ferry</h1><p>{TEXT * 8}{number}</p></article>".encode()
                yield Page(one, one.url or "", body, NOW)

    try:
        results = extract_pages(arriving(), JOB)
        found = [next(results)]
        assert len(asked) < 40
        found += results
    finally:
        readers.dismiss()
    assert all(isinstance(one, (Read, Done)) for one in found)
    names = [one.entry.id for one in found if one.entry]
    assert names[:58] == [f"e{number}" for number in range(2, 60)]
    assert sorted(names[58:]) == ["e0", "e1"]  # read from their feed's text, after the pages
