"""A backfill of what names articles elsewhere, and of archives in portions, as a user runs it."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from newsbeam.settings import load_settings
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
