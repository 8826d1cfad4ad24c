"""What leaves the publication is complete, well formed and harmless."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import feedparser
import pytest
from click.testing import CliRunner, Result
from stores import Newsroom

from newsbeam.errors import ConfigError, SinkError
from pipelines.cli import cli
from sinks.export import feeds, report
from sinks.store.store import open_store

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    with open_store(folder / "store.duckdb") as db:
        newsroom = Newsroom(db, folder)
        newsroom.run(40, vectors=True)
        db.execute(
            "UPDATE article_rows SET title = '<script>x</script>' || chr(11) || ' & more' "
            "WHERE article_id = (SELECT min(article_id) FROM mention_rows WHERE topic = 'ai-capex')"
        )
        newsroom.publish()
    (folder / "newsbeam.toml").write_text(
        '[store]\npath = "store.duckdb"\n[publish]\npath = "pub/news.duckdb"\n'
    )
    return folder


@pytest.fixture
def run(home: Path) -> Iterator[Run]:
    def call(*arguments: str) -> Result:
        result = CliRunner().invoke(cli, ["-c", str(home / "newsbeam.toml"), *arguments])
        if isinstance(result.exception, ConfigError):
            raise result.exception  # as main() has it
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return call


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_tables_are_exported_whole(run: Run, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"m.{form}"
    run("export", "table", "mentions", "-o", str(target))
    there = duckdb.sql(f"SELECT count(*) FROM '{target}'").fetchall()[0][0]
    here = json.loads(run("query", "SELECT count(*) AS n FROM mentions", "--json").stdout)
    assert there == here[0]["n"] > 0


def test_parquet_can_be_partitioned(run: Run, tmp_path: Path) -> None:
    run("export", "table", "mentions", "--format", "parquet", "--partition-by", "topic",
        "-o", str(tmp_path / "p"))  # fmt: skip
    assert (tmp_path / "p" / "topic=ai-capex").is_dir()


@pytest.mark.parametrize(
    "command",
    [
        ("export", "table", "mentions", "--format", "csv"),
        ("export", "duckdb"),
        ("export", "opml"),
        ("export", "report", "ai-capex"),
        ("query", "SELECT 1", "--format", "csv"),
        ("query", "SELECT 1", "--format", "parquet"),
    ],
    ids=lambda words: "-".join(words[:2]),
)
def test_a_file_is_written_whole_or_not_at_all(
    home: Path, run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    good = tmp_path / "made" / "out"
    assert run(*command, "-o", str(good)).exit_code == 0
    assert [p.name for p in good.parent.iterdir()] == ["out"]
    assert good.stat().st_size > 0

    for wrong in (good / "out", good.parent):  # under a file; a folder
        done = CliRunner().invoke(
            cli, ["-c", str(home / "newsbeam.toml"), *command, "-o", str(wrong)]
        )
        usage = isinstance(done.exception, SystemExit) and done.exit_code == 2
        assert usage or isinstance(done.exception, SinkError), repr(done.exception)
        assert [p.name for p in good.parent.iterdir()] == ["out"]


def test_a_table_that_is_too_wide_is_written_downwards(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT 'a' || chr(27) || '[2J' AS title, 2 AS n, NULL AS nothing"
    monkeypatch.setenv("COLUMNS", "40")
    wide = run("query", sql, "--format", "table").stdout
    assert [line.split() for line in wide.splitlines()] == [
        ["title", "n", "nothing"],
        ["a", "[2J", "2"],
    ]
    monkeypatch.setenv("COLUMNS", "29")
    narrow = run("query", sql, "--format", "table").stdout
    assert [line.split() for line in narrow.splitlines()] == [
        ["title", "a", "[2J"],
        ["n", "2"],
        ["nothing"],
        [],
    ]


def test_json_of_a_query_is_json_whatever_the_columns_hold(run: Run) -> None:
    sql = (
        "SELECT 1 AS a, 2 AS a, 'nan'::FLOAT AS f, "
        "['inf'::DOUBLE, 1.5] AS l, {'x': 'nan'::FLOAT} AS s"
    )
    found = json.loads(run("query", sql, "--json").stdout, parse_constant=pytest.fail)
    assert found == [{"a": 1, "a_1": 2, "f": None, "l": [None, 1.5], "s": {"x": None}}]


def test_an_exported_query_may_end_with_a_comment(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    run("export", "table", "--sql", "SELECT 1 AS a -- one", "-o", str(target))
    assert target.read_text() == "a\n1\n"


def test_one_file_holds_everything_and_needs_no_folder(run: Run, tmp_path: Path) -> None:
    run("export", "duckdb", "-o", str(tmp_path / "all.duckdb"))
    with duckdb.connect(str(tmp_path / "all.duckdb"), read_only=True) as db:
        found = db.execute("SELECT count(text), count(DISTINCT outlet) FROM articles").fetchall()
        assert len(db.execute("FROM search('copyright', most := 3)").fetchall()) == 3
    assert found[0][0] == 340


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_feeds_are_read_back(run: Run, form: str) -> None:
    text = run("export", "feed", "ai-capex", "--format", form).stdout
    if form == "json":
        items = json.loads(text)["items"]
        assert all(i["id"] and i["url"].startswith("https://") for i in items)
    else:
        ET.fromstring(text)
        items = feedparser.parse(text).entries
        assert all(i.id and i.link.startswith("https://") for i in items)
    assert len(items) > 3


def test_opml_keeps_folders() -> None:
    rows = [
        {"url": "https://a.example/f", "title": "A & B", "outlet": "a.example", "tags": ["news"]},
        {"url": "https://c.example/f", "title": None, "outlet": None, "tags": []},
    ]
    root = ET.fromstring(feeds.opml(rows, datetime(2026, 1, 1, tzinfo=UTC)))
    assert [o.get("text") for o in root.findall("./body/outline")] == [
        "news",
        "https://c.example/f",
    ]
    assert root.find("./body/outline/outline").get("xmlUrl") == "https://a.example/f"  # type: ignore[union-attr]


def test_the_report_is_whole_escaped_and_loads_nothing(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "r.html"
    run("export", "report", "ai-capex", "--week-to", "2026-11-19", "-o", str(target))
    page = target.read_text(encoding="utf-8")
    assert page.count("<rect") == 28
    assert "<script" not in page
    assert "src=" not in page
    assert 'href="https://outlet' in page


def test_a_report_marks_the_day_that_is_not_over() -> None:
    days = [{"day": date(2026, 11, d), "mentions": d} for d in (18, 19)]
    week = report.Week("t", date(2026, 11, 13), date(2026, 11, 19), date(2026, 11, 19), days,
                       [], [], [], 0)  # fmt: skip
    assert 'class="open"' in report.html(week)


def test_search_and_more_like_this_answer_in_json(run: Run) -> None:
    found = json.loads(run("search", "copyright AND court", "--json").stdout)
    assert found["total"] > 0
    assert {"title", "outlet", "url", "snippet", "words"} <= found["results"][0].keys()
    article = json.loads(
        run("query", "SELECT article_id FROM article_vectors LIMIT 1", "--json").stdout
    )[0]["article_id"]
    near = json.loads(run("search", "--like", article, "--json", "-n", "5").stdout)
    assert len(near) == 5
    assert article not in {n["article_id"] for n in near}


def test_a_search_names_a_topic_that_is_none(run: Run) -> None:
    with pytest.raises(ConfigError, match=r"there is no topic 'ai-copyrigth'.* ai-copyright"):
        run("search", "copyright", "--topic", "ai-copyrigth")
    none = run("search", "nosuchword", "--topic", "ai-copyright")
    assert none.exit_code == 0
    assert "0 articles" in none.stderr


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("llama near nosuchword", "near: operators are in capitals: NEAR"),
        ("zebra NOT zeb*", "zebra NOT zeb*: asks for zebra and refuses zeb*"),
        ("nosuchword", None),
    ],
)
def test_a_search_that_finds_nothing_says_what_was_probably_meant(
    run: Run, query: str, hint: str | None
) -> None:
    said = run("search", query).stderr.splitlines()
    assert said == ["0 articles", *([hint] if hint else [])]


def test_query_prints_csv_into_a_pipe(run: Run) -> None:
    text = run("query", "SELECT topic, count(*) AS n FROM mentions GROUP BY 1 ORDER BY 1").stdout
    assert text.splitlines()[0] == "topic,n"
    assert text.splitlines()[1].startswith("ai-capex,")


def test_store_stats_are_for_machines_too(run: Run) -> None:
    found = json.loads(run("store", "stats", "--json").stdout)
    assert found["rows"]["article_rows"] == 340
    assert found["store_bytes"] > 0
