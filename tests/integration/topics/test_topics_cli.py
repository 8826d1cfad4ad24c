"""``newsbeam topics`` on files and on a real store."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from newsbeam.errors import ConfigError, QueryError
from newsbeam.settings import Settings, StoreSettings, load_settings
from pipelines.watch_state import take_requests
from sinks.publish.publish import publish
from sinks.store.store import connect, open_store
from sinks.store.topics import Label, add_label, answers, mention_scores, stored_articles
from tests.topics_support import BEES, NOW, TEXTS, ids, run


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_tag_answers_every_line_in_order(tmp_path: Path) -> None:
    (tmp_path / "bees.toml").write_text(BEES, encoding="utf-8")
    rows: Sequence[str] = [
        json.dumps({"id": 7, "title": TEXTS[0][0], "text": TEXTS[0][1]}),
        "not json",
        json.dumps({"id": "x", "title": "", "text": ""}),
        json.dumps({"id": "y", "title": 5}),
        json.dumps({"id": "z", "title": TEXTS[2][0], "text": TEXTS[2][1], "language": "en"}),
    ]
    found = lines(run("tag", "-", "--topics", str(tmp_path), stdin="\n".join(rows)))
    assert [f["id"] for f in found] == [7, None, "x", "y", "z"]
    assert [m["topic"] for m in found[0]["mentions"]] == ["bees"]
    mention = found[0]["mentions"][0]
    assert mention["matched_by"] == "query"
    assert 0 < mention["score"] <= 1
    assert mention["evidence"][0]["sentence"]
    assert "not JSON" in found[1]["error"]
    assert found[2]["error"]
    assert found[3]["error"]
    assert found[4] == {"id": "z", "mentions": []}


def test_tag_names_a_missing_file(tmp_path: Path) -> None:
    result = run("tag", str(tmp_path / "none.jsonl"))
    assert isinstance(result.exception, ConfigError)


def test_backtest_shows_what_would_change_and_changes_nothing(newsroom: Path) -> None:
    result = run("backtest", "bees", "--json", config=newsroom)
    report = json.loads(result.output)
    assert report["articles"] == 3
    assert {g["title"] for g in report["gained"]} == {TEXTS[0][0], TEXTS[1][0]}
    assert report["gained"][0]["evidence"][0]["term"]
    db = connect(newsroom.parent / "store.duckdb", read_only=True)
    assert mention_scores(db, "bees") == {}
    db.close()


def test_retag_applies_it_and_a_second_time_changes_nothing(newsroom: Path) -> None:
    first = json.loads(run("retag", "--json", config=newsroom).output)
    assert first == {"articles": 3, "gained": 2, "kept": 0, "lost": 0}
    again = json.loads(run("retag", "--json", config=newsroom).output)
    assert again == {"articles": 3, "gained": 0, "kept": 2, "lost": 0}
    narrow = BEES.replace("bees NEAR/12 (hive* OR honey)", "title:bees")
    (newsroom.parent / "topics" / "bees.toml").write_text(narrow, encoding="utf-8")
    text = run("backtest", "bees", config=newsroom).output
    assert "0 gained, 1 lost, 1 as before" in text
    assert TEXTS[1][0] in text
    lost = json.loads(run("retag", "--json", config=newsroom).output)
    assert lost["lost"] == 1
    db = connect(newsroom.parent / "store.duckdb", read_only=True)
    versions = db.execute("SELECT count(*) FROM topic_versions").fetchone()
    kinds = db.execute("SELECT DISTINCT kind FROM runs").fetchall()
    db.close()
    assert versions == (2,)
    assert kinds == [("retag",)]


def test_retag_alerts_nobody(newsroom: Path) -> None:
    rule = '[[alerts.rules]]\nname = "bees desk"\ntopics = ["bees"]\nchannel = "#bees"\n'
    newsroom.write_text(newsroom.read_text(encoding="utf-8") + rule, encoding="utf-8")
    assert json.loads(run("retag", "--json", config=newsroom).output)["gained"] == 2
    db = connect(newsroom.parent / "store.duckdb", read_only=True)
    for table in ("alert_outbox", "alert_threads", "alert_decisions"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    db.close()


def test_labels_are_kept_with_who_and_give_the_weekly_precision(newsroom: Path) -> None:
    run("retag", config=newsroom)
    keepers, bees, mayor = ids(newsroom)
    for article, answer in ((keepers, "no"), (bees, "yes"), (mayor, "no")):
        done = run("label", article, "bees", answer, "--who", "ada", config=newsroom)
        assert done.exit_code == 0, done.output
    run("label", keepers, "bees", "no", "--who", "grace", "--note", "dead ones", config=newsroom)
    db = connect(newsroom.parent / "store.duckdb", read_only=True)
    assert answers(db, "bees") == {keepers: False, bees: True, mayor: False}
    row = db.execute("SELECT labelled, correct, precision, missed FROM topic_precision").fetchone()
    assert row == (2, 1, 0.5, 0)
    assert db.execute("SELECT count(*) FROM topic_labels").fetchone() == (4,)
    db.close()


def test_a_label_is_left_for_the_process_that_holds_the_store(newsroom: Path) -> None:
    keepers, *_ = ids(newsroom)
    settings = load_settings(newsroom)
    store = newsroom.parent / "store.duckdb"
    with open_store(store, "watch") as db:
        publish(db, settings.path(settings.publish.path), settings.publish, now=NOW)
        command = ("label", keepers[:8], "bees", "no", "--who", "ada", "--note", "dead ones")
        done = run(*command, config=newsroom)
        assert done.exit_code == 0, done.output
        assert "left for the process that holds the store" in done.output
        assert answers(db, "bees") == {}
        take_requests(db, store, NOW)
        assert answers(db, "bees") == {keepers: False}
        kept = db.execute("SELECT who, source, note FROM topic_labels").fetchall()
        assert kept == [("ada", "cli", "dead ones")]


def test_a_label_of_an_unknown_article_is_refused(newsroom: Path) -> None:
    assert isinstance(
        run("label", "nothing", "bees", "yes", config=newsroom).exception, ConfigError
    )
    with open_store(newsroom.parent / "store.duckdb", "test") as db, pytest.raises(ConfigError):
        add_label(db, Label("nothing", "bees", True, "ada", NOW))


def test_stored_articles_come_back_as_they_went_in(newsroom: Path) -> None:
    db = connect(newsroom.parent / "store.duckdb", read_only=True)
    (batch,) = list(stored_articles(db))
    db.close()
    assert {a.title for a in batch} == {t for t, _ in TEXTS}
    assert all(a.zones and a.fetched.tzinfo for a in batch)


def test_explain_says_why_and_why_not(newsroom: Path) -> None:
    keepers, _, mayor = ids(newsroom)
    yes = run("explain", keepers, "bees", config=newsroom).output
    assert "IS a mention of Honey bees" in yes
    assert "bees matches" in yes
    no = run("explain", mayor, "bees", config=newsroom).output
    assert "is NOT a mention" in no
    assert "NO" in no


def test_lint_and_list_and_new(newsroom: Path, tmp_path: Path) -> None:
    assert run("lint", config=newsroom).exit_code == 0
    assert run("lint", "bees", config=newsroom).output == "1 checked, no warnings\n"
    assert run("lint", "--query", "the OR of").exit_code == 1
    assert isinstance(run("lint", "--query", "(a").exception, QueryError)
    assert json.loads(run("list", "--json", config=newsroom).output)[0]["topic"] == "bees"
    keepers, bees, _ = ids(newsroom)
    made = run("new", "hives", keepers, bees, config=newsroom)
    assert made.exit_code == 0, made.output
    text = (newsroom.parent / "topics" / "hives.toml").read_text(encoding="utf-8")
    assert "bees" in text
    assert isinstance(run("new", "hives", keepers, config=newsroom).exception, ConfigError)


def test_without_a_store_the_cure_is_told(tmp_path: Path) -> None:
    config = tmp_path / "newsbeam.toml"
    config.write_text('[store]\npath = "none.duckdb"\n', encoding="utf-8")
    result = run("backtest", "ai-capex", config=config)
    assert "newsbeam run" in str(result.exception)


def test_eval_measures_a_topic_and_draws_plots(newsroom: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    rows = [
        {"id": i, "title": t, "text": x, "topics": {"bees": i < 2}}
        for i, (t, x) in enumerate(TEXTS)
    ]
    labels.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
    result = run("eval", str(labels), "--json", "--plots", str(tmp_path / "p"), config=newsroom)
    figures = json.loads(result.output)["bees"]["quality"]["all"]
    assert (figures["precision"], figures["recall"]) == (1.0, 1.0)
    assert (tmp_path / "p" / "reliability.svg").exists()
    done = run("calibrate", "--labels", str(labels), "--json", config=newsroom)
    assert json.loads(done.stdout)["bees"]["positives"] == 2
    assert (newsroom.parent / "topics" / "bees.calibration.json").exists()


@pytest.mark.slow
def test_the_pack_tags_our_own_texts_as_a_reader_would() -> None:
    rows = [
        ("Novelists take chatbot maker to court over their books", "", {"ai-copyright"}),
        ("Governor signs bill on safety of frontier AI models", "", {"ai-regulation"}),
        ("Llama farm opens its gates to visitors who pay for a walk", "", set()),
        ("Meta shares revenue with hosts of its Llama models", "", {"llama-monetization"}),
        ("Singer wins copyright case over a melody", "", set()),
        ("Software giant to spend $90 billion on AI data centers", "", {"ai-capex"}),
        ("Start-up releases open-weight language model", "", {"open-source-ai"}),
        ("Meta's profit rises on advertising", "Sales on Instagram rose again.", set()),
    ]  # fmt: skip
    text = "\n".join(
        json.dumps({"id": i, "title": t, "text": x}) for i, (t, x, _) in enumerate(rows)
    )
    found = lines(run("tag", "-", stdin=text))
    assert [{m["topic"] for m in f["mentions"]} for f in found] == [w for _, _, w in rows]


SEEDS = Path(
    os.environ.get("NEWSBEAM_DATA", Path(__file__).parents[3].parent / "shared" / "data")
).parent.joinpath("seeds")


@pytest.mark.slow
@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"the five example articles are not at {SEEDS}")
def test_the_example_articles_are_tagged_as_a_reader_would() -> None:
    text = "\n".join(
        json.dumps({"id": p.name[:3], "title": "", "text": p.read_text(encoding="utf-8")})
        for p in sorted(SEEDS.glob("*.txt"))
    )
    found = {f["id"]: {m["topic"] for m in f["mentions"]} for f in lines(run("tag", stdin=text))}
    assert found["000"] == {"llama-monetization", "ai-copyright"}
    assert found["001"] == {"llama-monetization", "ai-copyright"}
    assert found["002"] == {"open-source-ai", "ai-regulation"}
    assert found["003"] == {"ai-copyright"}
    assert found["004"] == {"ai-copyright"}


def test_settings_of_the_store_are_relative_to_their_file(newsroom: Path) -> None:
    settings = Settings(store=StoreSettings(path="store.duckdb"), home=str(newsroom.parent))
    assert settings.path(settings.store.path).exists()


def test_a_commit_keeps_the_topic_versions_that_decided(newsroom: Path) -> None:
    from newsbeam.settings import load_settings
    from pipelines.cli.topics_tag import load_topics_for
    from sinks.store.batch import Batch
    from sinks.store.topics import topics_step

    settings = load_settings(newsroom)
    version = load_topics_for(settings).version("bees")
    batch = Batch("r2", "run", NOW, "c", settings, newsroom.parent)
    with open_store(newsroom.parent / "store.duckdb", "test") as db:
        db.execute("CREATE TEMP TABLE staged_mentions (topic VARCHAR, topic_version VARCHAR)")
        topics_step(db, batch)
        assert db.execute("FROM topic_versions").fetchall() == []
        db.execute("INSERT INTO staged_mentions VALUES ('bees', ?)", [version])
        topics_step(db, batch)
        topics_step(db, batch)
        kept = db.execute("SELECT topic, version, threshold FROM topic_versions").fetchall()
    assert kept == [("bees", version, 0.45)]
