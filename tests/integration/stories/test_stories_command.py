"""``newsbeam stories`` on a small store, as a person uses it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from newsbeam.errors import ConfigError
from newsbeam.records import Article, Embedded
from newsbeam.settings import load_settings
from pipelines.cli.stories import stories
from pipelines.run import run_and_publish
from pipelines.watch import Supervisor
from pipelines.watch_state import take_requests
from sinks.publish.publish import publish
from sinks.store.articles import articles_step, mentions_step
from sinks.store.batch import Batch
from sinks.store.commit import commit
from sinks.store.rows import article_row, to_table
from sinks.store.store import open_store
from sinks.store.stories import group_step

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXT = (
    "PORT HALDEN (AP) — A ferry with 212 people on board ran aground off Port Halden on Monday, "
    "the coast guard said. The Norrsund was on its way to Brevik when its engine failed."
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return the settings of a published store: a ferry story with a reprint, and another story."""
    file = tmp_path / "newsbeam.toml"
    file.write_text("")
    settings = load_settings(file)
    folder = tmp_path / "staged"
    folder.mkdir()
    rows = [
        ("a", "coast.example", "Ferry Norrsund runs aground", TEXT),
        ("b", "inland.example", "Storm drama at sea", TEXT),
        ("c", "ledger.example", "Arvenia raises interest rates", "The central bank did so. " * 9),
    ]
    articles = [
        Article(
            id=id,
            url=f"https://{outlet}/{id}",
            canonical_url=f"https://{outlet}/{id}",
            outlet=outlet,
            title=title,
            text=text,
            fetched=NOW,
            published=NOW - timedelta(hours=5 - place),
            language="en",
        )
        for place, (id, outlet, title, text) in enumerate(rows)
    ]
    table = to_table("articles", [article_row(Embedded(a)) for a in articles])
    pq.write_table(table, folder / "articles-0.parquet")
    batch = Batch("r1", "run", NOW, "hash", settings, folder)
    with open_store(settings.path(settings.store.path)) as db:
        commit(db, batch, (articles_step, mentions_step, group_step), finished=lambda: NOW)
        publish(db, settings.path(settings.publish.path), settings.publish, now=NOW, force=True)
    return file


def run(config: Path, *arguments: str) -> str:
    result = CliRunner().invoke(stories, arguments, obj=config, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def listed(config: Path) -> list[dict[str, Any]]:
    return json.loads(run(config, "list", "--json"))  # type: ignore[no-any-return]


def test_group_takes_the_model_of_the_settings(tmp_path: Path) -> None:
    lines, file = tmp_path / "in.jsonl", tmp_path / "newsbeam.toml"
    lines.write_text('{"id": "a", "title": "Ferry Norrsund runs aground"}\n')
    file.write_text('[model]\nname = "no-such-model"\n')
    result = CliRunner().invoke(stories, ["group", str(lines)], obj=file)
    assert isinstance(result.exception, ConfigError)
    assert "there is no model 'no-such-model'" in result.exception.message


def test_list_has_the_stories_with_their_counts(config: Path) -> None:
    found = {row["title"]: row for row in listed(config)}
    ferry = found["Ferry Norrsund runs aground"]
    assert (ferry["articles"], ferry["copies"], ferry["newsrooms"]) == (2, 1, 1)
    assert "Ferry Norrsund" in run(config, "list")


@pytest.mark.parametrize("days", ["0", "1e300", "inf", "nan"])
def test_any_number_of_days_is_taken(config: Path, days: str) -> None:
    assert run(config, "list", "--days", days)


def test_show_takes_the_beginning_of_an_id(config: Path) -> None:
    ferry = next(r for r in listed(config) if r["articles"] == 2)
    page = run(config, "show", ferry["story_id"][:6])
    assert "Covered by 1 independent newsroom in 2 articles (1 is a copy)" in page
    assert "[copy of coast.example's, AP]" in page


def test_one_article_covers_no_span(config: Path) -> None:
    bank = min(listed(config), key=lambda r: r["articles"])
    page = run(config, "show", bank["story_id"])
    assert "Covered by 1 independent newsroom in 1 article.\n" in page


def test_an_unknown_story_is_a_usage_error(config: Path) -> None:
    with pytest.raises(ConfigError, match="no such story"):
        run(config, "show", "zzz")


def test_a_merge_is_published_and_the_old_id_leads_on(config: Path) -> None:
    ferry, bank = sorted(listed(config), key=lambda r: -r["articles"])
    run(config, "merge", ferry["story_id"], bank["story_id"], "--reason", "test", "--by", "editor")
    assert [r["articles"] for r in listed(config)] == [3]
    page = run(config, "show", bank["story_id"])
    assert f"took in story {bank['story_id']} (1 article): test [editor]" in page


def test_a_split_is_published(config: Path) -> None:
    ferry = max(listed(config), key=lambda r: r["articles"])
    said = run(config, "split", ferry["story_id"], "b", "--reason", "test", "--by", "editor")
    assert "moved 1 article into story" in said
    assert sorted(r["articles"] for r in listed(config)) == [1, 1, 1]


def test_a_story_is_found_by_the_url_of_an_article(config: Path) -> None:
    ferry, bank = sorted(listed(config), key=lambda r: -r["articles"])
    pasted = "http://www.inland.example/b?utm_source=mail"
    assert f"story {ferry['story_id']}" in run(config, "show", pasted)
    run(config, "merge", bank["story_id"], pasted, "--reason", "test")
    assert f"story {bank['story_id']}" in run(config, "show", pasted)


def test_a_split_takes_the_beginning_of_an_id_or_a_url(config: Path) -> None:
    ferry = max(listed(config), key=lambda r: r["articles"])["story_id"]
    pasted = "http://www.inland.example/b?utm_source=mail"
    said = run(config, "split", ferry, pasted, "--reason", "test")
    assert said.endswith("; 1 copy is now in another story than what they repeat\n")
    assert "[copy of one that is not in this story, AP]  b" in run(
        config, "show", said.split()[5].rstrip(";"), "--ids"
    )
    with pytest.raises(ConfigError, match="--ids` lists them"):
        run(config, "split", ferry, "none", "--reason", "test")


def test_merges_are_made_all_or_none(config: Path) -> None:
    ferry, bank = sorted(listed(config), key=lambda r: -r["articles"])
    for others, where, why in (
        ([bank["story_id"], "zzz"], "zzz", "no such story"),
        ([bank["story_id"], ferry["story_id"]], ferry["story_id"], "not merged with itself"),
    ):
        with pytest.raises(ConfigError) as caught:
            run(config, "merge", ferry["story_id"], *others, "--reason", "test")
        assert caught.value.where == where
        assert why in caught.value.message
    assert len(listed(config)) == 2
    twice = [bank["story_id"], bank["story_id"][:8]]
    run(config, "merge", ferry["story_id"], *twice, "--reason", "test")
    with pytest.raises(ConfigError, match=f"^{bank['story_id']}: is already part of "):
        run(config, "merge", ferry["story_id"], bank["story_id"], "--reason", "test")


def test_a_change_needs_a_reason(config: Path) -> None:
    ferry, bank = (row["story_id"] for row in listed(config))
    with pytest.raises(ConfigError, match=r"^--reason: is empty"):
        run(config, "merge", ferry, bank, "--reason", " ")


def test_a_story_can_be_shown_as_of_a_time(config: Path) -> None:
    ferry, bank = (r["story_id"] for r in sorted(listed(config), key=lambda r: -r["articles"]))
    then = run(config, "show", ferry[:8], "--as-of", "2999-01-01")
    assert then.startswith(f"story {ferry} as of 2999-01-01 00:00 UTC: 2 articles\n")
    before = run(config, "show", ferry, "--as-of", "2020-01-01").splitlines()
    assert before[0].endswith(": 0 articles")
    assert before[1] == "  it began at 2026-03-02 12:00 UTC"
    run(config, "merge", ferry, bank, "--reason", "test")
    merged = run(config, "show", bank, "--as-of", "2999-01-01")
    assert f"it became part of story {ferry} at " in merged
    assert "1 article\n" in run(config, "show", bank, "--as-of", "2026-03-02T13:00+01:00")


@pytest.mark.parametrize(
    ("story", "time", "why"),
    [
        ("zzz", "2026-03-02", "zzz: no such story"),
        ("", "2026-03-02", "STORY: several stories begin so"),
        ("", "yesterday", "--as-of: 'yesterday' is no time"),
        ("", "0001-01-01T00:00+14:00", "--as-of: .* is no time"),
        ("", "9999-12-31T23:59-10:00", "--as-of: .* is no time"),
    ],
)
def test_a_wrong_as_of_says_why(config: Path, story: str, time: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"^{why}"):
        run(config, "show", story, "--as-of", time)


def test_a_list_says_what_it_leaves_out(config: Path) -> None:
    assert "1 more match: --limit 2 shows them" in run(config, "list", "--limit", "1")
    assert "1 older than 0.03 days: --days shows them" in run(config, "list", "--days", "0.03")
    with pytest.raises(ConfigError, match=r"^--topic: there is no topic 'ferries'; known: .*ai-"):
        run(config, "list", "--topic", "ferries")
    assert run(config, "list", "--topic", "ai-capex") == "no stories match\n"


def test_a_wrong_owners_table_is_told_before_there_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "owners.toml").write_text('[owners]\n"House" = ["no domain"]\n')
    (tmp_path / "newsbeam.toml").write_text('[stories]\nowners = "owners.toml"\n')
    settings = load_settings(tmp_path / "newsbeam.toml")
    with pytest.raises(ConfigError, match=r"owners\.toml: owners\.House: 'no domain' is no domain"):
        run_and_publish(settings, kind="run", now=NOW)
    with pytest.raises(ConfigError, match=r"owners\.toml: owners\.House: 'no domain' is no domain"):
        Supervisor(tmp_path / "newsbeam.toml", {}).run()
    assert not settings.path(settings.store.path).exists()


def test_edits_are_left_for_the_process_that_holds_the_store(config: Path) -> None:
    ferry, bank = (r["story_id"] for r in sorted(listed(config), key=lambda r: -r["articles"]))
    settings = load_settings(config)
    store = settings.path(settings.store.path)
    with open_store(store, "newsbeam watch") as db:
        for edit in (
            ("split", ferry[:8], "https://inland.example/b"),
            ("merge", ferry[:8], bank[:8]),
            ("merge", bank, ferry),  # is one already when it is carried out
        ):
            said = run(config, *edit, "--reason", "test", "--by", "ada")
            assert said.startswith("left for the process that holds the store")
        for edit, where in (
            (("merge", ferry, "zzz"), "zzz"),
            (("merge", ferry, ferry), ferry),
            (("split", ferry, "c"), "c"),
        ):
            with pytest.raises(ConfigError) as caught:
                run(config, *edit, "--reason", "test")
            assert caught.value.where == where
        done = take_requests(db, store, NOW)
        assert [what.split()[0] for what in done] == ["split", "merged", "a"]
        assert done[2].endswith(f"{ferry}: has taken in {bank} already")
        rows = db.execute(
            "SELECT kind, decided_by, reason FROM story_lineage ORDER BY 1"
        ).fetchall()
        assert rows == [("merge", "ada", "test"), ("split", "ada", "test")]
        publish(db, settings.path(settings.publish.path), settings.publish, now=NOW)
    assert sorted(r["articles"] for r in listed(config)) == [1, 2]
