"""A backfill of what names articles elsewhere, and of archives in portions, as a user runs it."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from newsbeam.settings import load_settings
from pipelines import parts
from pipelines.backfill import backfill
from pipelines.run import clock, run_and_publish
from tests.support import newsbeam, write_settings

WORDS = "The harbour board met on Tuesday and decided on the new quay after a long debate. " * 12


def page(n: int) -> bytes:
    title = f"Quay decision number {n} in the harbour"
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<p>Case {n}. {WORDS}</p><p>Clerk {n * 7919} reads the minutes. {WORDS}</p>"
        "</article></body></html>"
    ).encode()


def gkg(url: str, title: str) -> str:
    row = ["20200105113000-1", "20200105114500", "1", "outlet.example", url]
    row += [""] * 2 + ["PORTS;"] + [""] * 18 + [f"<PAGE_TITLE>{title}</PAGE_TITLE>"]
    return "\t".join(row)


def record(url: str, body: bytes) -> bytes:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2026-11-19T08:00:00Z\r\nContent-Length: {len(answer)}\r\n\r\n"
    )
    return head.encode() + answer + b"\r\n\r\n"


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    file = tmp_path / "news.warc.gz"
    pages = (record(f"https://harbour-courier.example/{n}", page(n)) for n in range(5))
    file.write_bytes(b"".join(gzip.compress(p) for p in pages))
    return file


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(next(folder.rglob("store.duckdb"))), read_only=True) as db:
        return db.execute(query).fetchall()


def test_a_gdelt_file_is_backfilled_with_the_pages_it_names(
    tmp_path: Path, server, hostile_http
) -> None:
    for n in (1, 2):
        server.replies[f"/{n}"] = hostile_http(page(n), Content_Type="text/html")
    file = tmp_path / "20200105114500.gkg.csv"
    file.write_text("\n".join(gkg(f"{server.top}/{n}", f"Quay {n}") for n in (1, 2, 3)))
    write_settings(tmp_path, [], {})
    done = newsbeam("backfill", file.name, "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert report["entries"] == 3
    assert report["verdicts"] == {"article": 2, "not_found": 1}  # of 2020, and not too old


def test_a_gdelt_list_at_an_address_leads_to_its_files_and_pages(
    tmp_path: Path, server, hostile_http
) -> None:
    server.replies["/1"] = hostile_http(page(1), Content_Type="text/html")
    server.replies["/20200105114500.gkg.csv"] = hostile_http(gkg(f"{server.top}/1", "x").encode())
    line = f"123 d41d8cd98f00b204e9800998ecf8427e {server.top}/20200105114500.gkg.csv"
    server.replies["/lastupdate.txt"] = hostile_http(line.encode(), Content_Type="text/plain")
    settings = load_settings(write_settings(tmp_path, [], {}))
    report = backfill(settings, [f"{server.top}/lastupdate.txt"])
    assert report.verdicts == {"article": 1}
    saved = tmp_path / "lastupdate.txt"
    saved.write_text(line)
    again = backfill(settings, [str(saved)])
    assert (again.feeds, again.known, again.verdicts) == (2, 1, {})  # the list, and its file


def test_a_listing_that_is_none_is_a_row_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.gkg.csv.zip").write_bytes(b"PK\x03\x04 a.gkg.csv broken")
    report = backfill(
        load_settings(write_settings(tmp_path, [], {})), [str(tmp_path / "a.gkg.csv.zip")]
    )
    assert report.feeds_failed == 1
    assert [f[2] for f in report.failures] == ["damaged"]


def test_a_backfill_in_portions_reads_all(tmp_path: Path, warc: Path) -> None:
    settings = load_settings(write_settings(tmp_path, [], {}))
    report = backfill(settings, [str(warc)], portion=2)
    assert (report.entries, report.articles_new, report.unfinished) == (5, 5, ())
    again = backfill(settings, [str(warc)], portion=2)  # read to its end: from the beginning anew
    assert (again.entries, again.known, again.articles_new) == (5, 5, 0)


def test_a_broken_backfill_goes_on_where_it_stopped(tmp_path: Path, warc: Path) -> None:
    write_settings(tmp_path, [], {})
    settings = load_settings(tmp_path / "newsbeam.toml")
    first = run_and_publish(settings, kind="backfill", now=clock(), archives=[str(warc)], portion=2)
    assert first.unfinished == (str(warc),)  # and here the machine goes down
    done = newsbeam("backfill", str(warc), "--portion", "2", "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert (report["entries"], report["known"], report["articles_new"]) == (3, 0, 3)


def test_another_file_under_the_same_name_is_read_from_its_beginning(
    tmp_path: Path, warc: Path
) -> None:
    settings = load_settings(write_settings(tmp_path, [], {}))
    run_and_publish(settings, kind="backfill", now=clock(), archives=[str(warc)], portion=2)
    warc.write_bytes(gzip.compress(record("https://harbour-courier.example/9", page(9))))
    assert backfill(settings, [str(warc)], portion=2).articles_new == 1


def test_a_folder_gives_its_texts_its_warcs_and_its_gdelt_files(
    tmp_path: Path, warc: Path, server, hostile_http
) -> None:
    server.replies["/1"] = hostile_http(page(101), Content_Type="text/html")
    folder = tmp_path / "archive"
    folder.mkdir()
    warc.rename(folder / warc.name)
    (folder / "a.txt").write_text(WORDS)
    (folder / "20200105114500.gkg.csv").write_text(gkg(f"{server.top}/1", "Quay"))
    report = backfill(load_settings(write_settings(tmp_path, [], {})), [str(folder)], portion=2)
    assert report.entries == 7
    assert report.feeds == 3


def library(folder: Path) -> Path:
    """Make a folder of all kinds of archives, with damage in it; 12 records, 9 articles."""
    (folder / "b").mkdir(parents=True)
    for n in (1, 2):
        (folder / f"{n}.html.gz").write_bytes(gzip.compress(page(n)))
        (folder / "b" / f"{n}.txt").write_text(f"Meeting {n} of the board.\n\n{WORDS}{n}")
    lines = [{"title": f"Quay {n}", "text": f"Case {n}. {WORDS}{n}"} for n in range(5)]
    body = "\n".join([*map(json.dumps, lines), "no JSON", '{"title": "no text"}'])
    (folder / "b" / "a.jsonl.gz").write_bytes(gzip.compress(body.encode()))
    (folder / "c.txt").write_text(" ")
    return folder


ROWS = "SELECT article_id, title, text FROM articles ORDER BY ALL"
LEDGER = "SELECT subject, verdict, reason FROM ledger_rows WHERE kind = 'entry' ORDER BY ALL"


def test_any_archive_is_read_in_portions_and_gives_the_same_store(tmp_path: Path) -> None:
    archive = library(tmp_path / "archive")
    found = []
    for portion in (1, 5, 100):
        room = tmp_path / str(portion)
        room.mkdir()
        settings = load_settings(write_settings(room, [], {}))
        report = backfill(settings, [str(archive)], portion=portion)
        runs = rows(room, "SELECT count(*) FROM runs WHERE entries > 0")
        assert runs == [(-(-12 // portion),)], "each portion is a transaction of its own"
        assert (report.feeds, report.entries, report.articles_new) == (1, 12, 9)
        assert (report.unfinished, report.unread) == ((), ())
        found.append((rows(room, ROWS), rows(room, LEDGER)))
    assert found[0] == found[1] == found[2]


def test_a_portion_is_shared_by_all_archives_of_a_backfill(tmp_path: Path, warc: Path) -> None:
    archive = library(tmp_path / "archive")
    settings = load_settings(write_settings(tmp_path, [], {}))
    places = [str(archive / "b"), str(warc), str(archive / "1.html.gz")]
    first = run_and_publish(settings, kind="backfill", now=clock(), archives=places, portion=10)
    assert first.entries == 10
    assert (first.unfinished, first.unread) == ((places[1],), (places[2],))
    rest = backfill(settings, places, portion=10)
    assert (rest.known, rest.articles_new) == (7, 5)  # the folder is read anew, the WARC is not


def test_a_broken_backfill_of_a_folder_goes_on_unless_the_folder_changed(tmp_path: Path) -> None:
    archive = library(tmp_path / "archive")
    settings = load_settings(write_settings(tmp_path, [], {}))
    for _ in range(2):
        run_and_publish(settings, kind="backfill", now=clock(), archives=[str(archive)], portion=4)
    assert rows(tmp_path, "SELECT sum(entries), sum(known) FROM runs") == [(8, 0)]
    (archive / "0.txt").write_text(f"Before all others. {WORDS}")
    report = backfill(settings, [str(archive)], portion=4)
    assert (report.entries, report.articles_new) == (13, 2)


def test_an_archive_that_cannot_be_read_any_more_does_not_hold_a_backfill_up(
    tmp_path: Path, warc: Path
) -> None:
    settings = load_settings(write_settings(tmp_path, [], {}))
    run_and_publish(settings, kind="backfill", now=clock(), archives=[str(warc)], portion=2)
    size = warc.stat().st_size
    warc.unlink()
    warc.mkdir()  # of the same size, or of another: not to be read either way
    assert size
    report = backfill(settings, [str(warc)], portion=2)
    assert (report.entries, report.unfinished) == (0, ())


def test_the_entries_of_a_listing_are_committed_in_parts(
    tmp_path: Path, server, hostile_http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ENTRIES", 2)
    for n in range(5):
        server.replies[f"/{n}"] = hostile_http(page(n), Content_Type="text/html")
    file = tmp_path / "20200105114500.gkg.csv"
    file.write_text("\n".join(gkg(f"{server.top}/{n}", f"Quay {n}") for n in range(5)))
    (tmp_path / "a.txt").write_text(WORDS)
    settings = load_settings(write_settings(tmp_path, [], {}))
    report = backfill(settings, [str(file), str(tmp_path / "a.txt")])
    assert (report.feeds, report.entries, report.articles_new) == (2, 6, 6)
    assert rows(tmp_path, "SELECT entries FROM runs ORDER BY finished") == [(2,), (2,), (1,), (1,)]


def test_a_folder_without_archives_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.md").write_text("no archive")
    write_settings(tmp_path, [], {})
    done = newsbeam("backfill", "notes", cwd=tmp_path)
    assert done.returncode == 3
    assert "no .txt, .html, .jsonl or .warc" in " ".join(done.stdout.split())


def test_a_line_that_fails_names_its_archive(tmp_path: Path) -> None:
    deep = tmp_path / "deep.jsonl"
    deep.write_text('{"a":' * 100_000 + "\n[]\n")
    report = backfill(load_settings(write_settings(tmp_path, [], {})), [str(deep)])
    assert {(url, why) for _, url, _, why in report.failures} == {
        (
            "archive:deep.jsonl",
            "deep.jsonl:1: not JSON that can be read: it is nested too deep",
        ),
        ("archive:deep.jsonl", "deep.jsonl:2: not a JSON object"),
    }


def test_files_of_one_name_in_two_folders_have_a_row_each(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / "old" / folder).mkdir(parents=True)
        (tmp_path / "old" / folder / "a.txt").touch()
    report = backfill(load_settings(write_settings(tmp_path, [], {})), [str(tmp_path / "old")])
    assert sorted(why for _, _, _, why in report.failures) == [
        "one/a.txt: an empty file",
        "two/a.txt: an empty file",
    ]
    assert (report.entries, report.verdicts) == (2, {"empty": 2})


def test_files_of_one_text_count_the_same_in_each_backfill(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    for name in ("a", "b"):
        (tmp_path / "old" / f"{name}.txt").write_text(WORDS)
    settings = load_settings(write_settings(tmp_path, [], {}))
    first, second = (backfill(settings, [str(tmp_path / "old")]) for _ in range(2))
    assert (first.entries, first.known, first.verdicts) == (2, 1, {"article": 1})
    assert (second.entries, second.known, second.verdicts) == (2, 2, {})


@pytest.mark.parametrize("name", ["crawl.warc.gz", "crawl.warc", "articles.jsonl"])
def test_an_archive_of_nothing_is_a_failure_with_the_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\n" * 50)
    report = backfill(load_settings(write_settings(tmp_path, [], {})), [str(tmp_path / name)])
    assert (report.feeds, report.feeds_failed) == (1, 1)
    assert [why for _, _, _, why in report.failures] == ["no article and no page is in it"]


@pytest.mark.parametrize(
    "command", [["backfill", "a.txt"], ["run"], ["watch", "--cycles", "1"]], ids=lambda c: c[0]
)
def test_a_topic_that_is_wrong_is_told_before_any_work_is_done(
    tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "bad.toml").write_text("name =")
    (tmp_path / "a.txt").write_text(WORDS)
    write_settings(tmp_path, ["http://127.0.0.1:9/nobody-is-asked.xml"], {})
    done = newsbeam(*command, cwd=tmp_path)
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if line]
    assert said == ["newsbeam: topics/bad.toml: not valid TOML: Invalid value (at end of document)"]
    assert not list(tmp_path.glob("**/*.duckdb"))
