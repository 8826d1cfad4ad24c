"""Archives: every file and line ends as a page or as a ledger row."""

import gzip
import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.archives import Reading, read_archive
from connectors.warc import read_warc
from newsbeam.records import LedgerRow, Page

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LINES = [
    b'{"text": "One text."}\n',
    b'{"text": "Another text.", "title": "Quay"}\r\n',
    b"no JSON\n",
    b"\n",
    b'{"text": "The last one."}',
    b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 4\r\n\r\nHTTP\r\n\r\n",
]


def pages(path: Path) -> list[Page]:
    return [r for r in read_archive(path, now=NOW) if isinstance(r, Page)]


def rows(path: Path) -> list[LedgerRow]:
    return [r for r in read_archive(path, now=NOW) if isinstance(r, LedgerRow)]


def test_json_lines_become_pages(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    line = {
        "title": "Rates rise", "text": "One.\n\nTwo.", "url": "https://herald.example/a?x=1",
        "published": "2026-11-19T08:00:00+01:00", "language": "en-GB",
        "authors": ["Ada", {"name": "Bo"}],
    }  # fmt: skip
    file.write_text(
        json.dumps(line)
        + "\n\n"
        + json.dumps({"headline": "B", "body": "Three.", "date": 1763539200})
    )
    one, two = pages(file)
    assert (one.url, one.body, one.content_type) == (line["url"], b"One.\n\nTwo.", "text/plain")
    assert one.entry.published == datetime(2026, 11, 19, 7, 0, tzinfo=UTC)
    assert (one.entry.outlet, one.entry.language, one.entry.authors) == (
        "herald.example",
        "en",
        ("Ada", "Bo"),
    )
    assert two.entry.title == "B"
    assert two.url.startswith("urn:newsbeam:text:")
    assert two.entry.url is None
    assert two.source == "archive"


def test_keys_are_known_in_every_style(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    lines: list[dict[str, object]] = [
        {
            "Title": "A",
            "fullText": "One.",
            "webUrl": "https://a.example/1",
            "pubDate": "2026-11-19",
        },
        {"title": "", "HEADLINE": "B", "article-body": "Two.", "publishedAt": "2026-11-19T00:00Z"},
        {"text": "Three.", "Text": "other", "Published Date": "19 Nov 2026"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    found = pages(file)
    assert [page.entry.title for page in found] == ["A", "B", None]
    assert [page.body for page in found] == [b"One.", b"Two.", b"Three."]
    assert found[0].url == "https://a.example/1"
    assert {page.entry.published for page in found} == {datetime(2026, 11, 19, tzinfo=UTC)}


def test_bad_lines_are_rows_and_the_rest_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(
        b'{"text": "ok"}\nnot json\n[1]\n{"title": "no text"}\n\xff\xfe\n{"text": "last"}'
    )
    assert [p.body for p in pages(file)] == [b"ok", b"last"]
    assert [r.verdict for r in rows(file)] == ["damaged", "damaged", "empty", "damaged"]
    assert (rows(file)[0].reason or "").startswith("a.jsonl:2: not JSON: ")


def test_a_line_that_never_ends_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.archives.MAX_LINE_BYTES", 100)
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"text": "' + b"x" * 5_000 + b'"}\n{"text": "after"}\n')
    assert [p.body for p in pages(file)] == [b"after"]
    assert [r.verdict for r in rows(file)] == ["too_large"]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.txt").write_text("Second text.")
    (tmp_path / "a.html.gz").write_bytes(
        gzip.compress(b"<link rel=canonical href='https://herald.example/a'><p>Page</p>")
    )
    (tmp_path / ".hidden.txt").write_text("never")
    (tmp_path / "readme.md").write_text("no archive")
    (tmp_path / "empty.txt").write_text(" \n")
    found = pages(tmp_path)
    assert [p.body[-8:] for p in found] == [b"Page</p>", b"nd text."]
    assert found[0].url == "https://herald.example/a"
    assert [r.verdict for r in rows(tmp_path)] == ["empty"]


def test_a_text_is_known_by_its_words(tmp_path: Path) -> None:
    for name, text in (("a", "Some  words\n"), ("b", "Some words"), ("c", "Other words")):
        (tmp_path / f"{name}.txt").write_text(text)
    one, two, three = pages(tmp_path)
    assert one.entry.id == two.entry.id != three.entry.id


def test_what_cannot_be_read_is_a_row(tmp_path: Path) -> None:
    assert [r.verdict for r in rows(tmp_path / "none.jsonl")] == ["not_found"]
    broken = tmp_path / "a.jsonl.gz"
    broken.write_bytes(gzip.compress(b'{"text": "x"}\n' * 5_000)[:60])
    assert rows(broken)[-1].verdict == "damaged"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from(["a.txt", "a.html", "a.jsonl", "a.warc", "a.warc.gz"])
)
def test_any_bytes_are_read_without_an_error(tmp_path: Path, body: bytes, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(body)
    for result in read_archive(file, now=NOW):
        assert isinstance(result, Page | LedgerRow)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a.jsonl", "a.txt", "b/c.jsonl.gz", "b/d.html", "b/e.warc", "z.txt"]),
        st.lists(st.sampled_from(LINES), max_size=6),
    ),
    st.integers(0, 20),
)
def test_a_reading_that_stopped_anywhere_is_gone_on_with_there(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, list[bytes]], stop: int
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    for name, lines in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        body = b"".join(lines)
        file.write_bytes(gzip.compress(body) if name.endswith("gz") else body)
    for place in [folder, *(folder / name for name in files)]:
        whole = list(read_archive(place, now=NOW))
        first = Reading(place, now=NOW)
        begun = list(islice(first, stop))
        assert begun + list(Reading(place, now=NOW, begin=first.position)) == whole


def test_a_damaged_file_is_passed_when_a_reading_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "x"}\n' * 5_000)[:60])
    (tmp_path / "b.txt").write_text("After it.")
    found: list[Page | LedgerRow] = []
    reading = Reading(tmp_path, now=NOW)
    while some := list(islice(reading, 1)):
        found += some
        reading = Reading(tmp_path, now=NOW, begin=reading.position)
    assert found == list(read_archive(tmp_path, now=NOW))
    last, before = found[-1], found[-2]
    assert isinstance(last, Page)
    assert isinstance(before, LedgerRow)
    assert before.verdict == "damaged"


def record(url: str, http: bytes, kind: str = "response") -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2026-11-19T08:00:00Z\r\n"
    )
    return f"{head}Content-Length: {len(http)}\r\n\r\n".encode() + http + b"\r\n\r\n"


def answer(body: bytes, head: str = "Content-Type: text/html; charset=utf-8") -> bytes:
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body


HTML = "Content-Type: text/html"
PACKED = answer(gzip.compress(b"<p>two</p>"), f"Content-Encoding: gzip\r\n{HTML}")
CHUNKED = answer(
    b"4\r\n<p>t\r\n8\r\nhree</p>\r\n0\r\n\r\n", f"Transfer-Encoding: chunked\r\n{HTML}"
)
RECORDS = [
    record("https://herald.example/1", answer(b"<p>one</p>")),
    record("https://herald.example/1", b"GET / HTTP/1.1\r\n\r\n", "request"),
    record("https://herald.example/2", PACKED),
    record("https://herald.example/x.png", answer(b"\x89PNG", "Content-Type: image/png")),
    record("https://herald.example/3", CHUNKED),
    record("https://herald.example/4", b"HTTP/1.1 404 No\r\n\r\n"),
]  # fmt: skip


@pytest.mark.parametrize("packed", [True, False])
def test_a_warc_gives_its_pages(tmp_path: Path, packed: bool) -> None:
    file = tmp_path / ("a.warc.gz" if packed else "a.warc")
    file.write_bytes(b"".join(gzip.compress(r) if packed else r for r in RECORDS))
    assert [p.body for p in pages(file)] == [b"<p>one</p>", b"<p>two</p>", b"<p>three</p>"]
    assert [r.verdict for r in rows(file)] == ["http_error"]
    assert pages(file)[0].fetched == datetime(2026, 11, 19, 8, 0, tzinfo=UTC)


def test_a_damaged_record_costs_only_itself(tmp_path: Path) -> None:
    members = [gzip.compress(r) for r in RECORDS]
    members[2] = members[2][:40] + b"\x00\xff" * 20 + members[2][80:]
    file = tmp_path / "a.warc.gz"
    file.write_bytes(b"".join(members))
    assert [p.body for p in pages(file)] == [b"<p>one</p>", b"<p>three</p>"]
    assert "damaged" in [r.verdict for r in rows(file)]


def test_a_warc_that_breaks_off_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.warc.gz"
    file.write_bytes(gzip.compress(RECORDS[0]) + gzip.compress(RECORDS[2])[:30])
    assert [p.body for p in pages(file)] == [b"<p>one</p>"]
    assert "breaks off" in (rows(file)[-1].reason or "")


def test_a_warc_can_be_resumed_at_an_entrys_offset(tmp_path: Path) -> None:
    file = tmp_path / "a.warc.gz"
    file.write_bytes(b"".join(gzip.compress(r) for r in RECORDS))
    offset = int(pages(file)[1].entry.guid.rpartition(":")[2])
    resumed = [r.body for r in read_warc(file, now=NOW, offset=offset) if isinstance(r, Page)]
    assert resumed == [b"<p>two</p>", b"<p>three</p>"]
