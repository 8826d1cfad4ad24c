"""``newsbeam topics`` where files, labels and topics are not as they should be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from newsbeam.errors import ConfigError, StoreBusyError
from newsbeam.records import Article, Embedded
from newsbeam.settings import load_settings
from newsbeam.topics.topic import PACKS
from pipelines.cli.topics_tag import make_article
from sinks.publish.reader import open_publication
from sinks.store.rows import article_row
from sinks.store.store import open_store
from sinks.store.topics import find_article, same_stories
from tests.topics_support import TEXTS, ids, insert, run


def label_file(folder: Path, *answers: dict[str, bool]) -> str:
    """Write a label file of the texts, each with its answers; return its name."""
    rows = [
        {"id": i, "title": title, "text": text, "topics": answers[i]}
        for i, (title, text) in enumerate(TEXTS[: len(answers)])
    ]
    file = folder / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(file)


def good(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def test_without_a_positive_recall_is_not_told(newsroom: Path, tmp_path: Path) -> None:
    labels = label_file(tmp_path, {"bees": False})
    plots = ["--plots", str(tmp_path / "p")]
    figures = json.loads(good(run("eval", labels, "--json", *plots, config=newsroom)).stdout)
    quality = figures["bees"]["quality"]["all"]
    assert (quality["precision"], quality["recall"], quality["f1"]) == (0.0, None, None)
    assert "<circle" not in (tmp_path / "p" / "precision-recall.svg").read_text()
    library = str(tmp_path / "library.jsonl")
    Path(library).write_text('{"title": "Mayor opens library", "topics": {"bees": false}}')
    table = good(run("eval", library, config=newsroom)).stdout
    assert table.splitlines()[1].split() == ["bees", "all", "1", "0", "0", "-", "-", "-", "0.000"]
    assert "bees: only 0 of 1 texts are about it: so few say little" in table


def test_answers_for_an_unknown_topic_are_told(newsroom: Path, tmp_path: Path) -> None:
    labels = label_file(tmp_path, {"bees": True, "bess": True}, {"bess": True})
    result = good(run("eval", labels, config=newsroom))
    assert result.stderr == "answers for no topic: bess (2); known: bees\n"
    assert (
        "answers for no topic: bess (2)"
        in run("calibrate", "--labels", labels, config=newsroom).stderr
    )


def test_a_calibration_on_few_labels_says_so(newsroom: Path, tmp_path: Path) -> None:
    labels = label_file(tmp_path, {"bees": True})
    said = good(run("calibrate", "--labels", labels, config=newsroom)).stderr
    assert "bees: 1 label says yes, fewer than 8: the generic threshold is kept" in said
    assert "bees: no label says no, so precision cannot be told" in said
    assert run("list", config=newsroom).stdout.splitlines()[1].split()[3:] == ["-", "-", "1"]


def test_a_calibration_of_nothing_has_no_table(newsroom: Path) -> None:
    result = good(run("calibrate", "bees", config=newsroom))
    assert result.stderr == "bees: no label says yes; left as it is\n"
    assert result.stdout == ""


def test_people_who_disagree_are_told(newsroom: Path) -> None:
    keepers, *_ = ids(newsroom)
    assert (
        "people say"
        not in good(run("label", keepers, "bees", "yes", "--who", "ada", config=newsroom)).output
    )
    again = good(run("label", keepers, "bees", "yes", "--who", " ada ", config=newsroom)).output
    assert again == f"{keepers}: about bees, says ada\n"
    split = good(run("label", keepers, "bees", "no", "--who", "ben", config=newsroom)).output
    assert "(1 of 2 people say yes: as many each way, so it counts for nothing)" in split
    said = run("calibrate", config=newsroom).stderr
    assert "bees: left out 1 article on which people disagree" in said
    third = good(run("label", keepers, "bees", "no", "--who", "eve", config=newsroom)).output
    assert third.endswith("says eve (1 of 3 people say yes)\n")


def test_a_retag_is_published_at_once_and_takes_a_name_twice(newsroom: Path) -> None:
    good(run("retag", "bees", "bees", config=newsroom))
    settings = load_settings(newsroom)
    with open_publication(settings.path(settings.publish.path)) as db:
        assert db.execute("SELECT count(*) FROM mentions").fetchone() == (2,)


def test_a_lost_mention_is_told_in_words(newsroom: Path) -> None:
    good(run("retag", config=newsroom))
    topic = newsroom.parent / "topics" / "bees.toml"
    topic.write_text(topic.read_text().replace("bees NEAR/12 (hive* OR honey)", "wasps"))
    lost = good(run("backtest", "bees", config=newsroom)).stdout
    assert "0 gained, 2 lost" in lost
    assert lost.count("· the query is true of no passage") == 2


def test_lint_tells_names_that_cannot_be_right(newsroom: Path) -> None:
    topics = newsroom.parent / "topics"
    (topics / "hives.toml").write_text((topics / "bees.toml").read_text())
    (topics / "_examples.jsonl").write_text('{"text": "A swarm", "about": ["bess"]}')
    result = run("lint", "--json", config=newsroom)
    assert result.exit_code == 1
    said = {
        (Path(w["where"]).name, w["part"], w["message"].split(":")[0])
        for w in json.loads(result.stdout)
    }
    assert said == {
        ("bees.toml", "bees", f"{topics / 'hives.toml'} has a topic of this name, too"),
        ("hives.toml", "bees", f"{topics / 'bees.toml'} has a topic of this name, too"),
        ("hives.toml", "bees", "its file is called hives.toml"),
        ("_examples.jsonl", "bess", "1 of the examples name it, and no topic here is called so"),
    }


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"", "there is no text in it"), (b" \n", "there is no text in it"), (b"\0\1", "is no text")],
)
@pytest.mark.parametrize("command", [("explain", "FILE", "bees"), ("new", "hives", "FILE")])
def test_a_file_without_text_is_told(
    newsroom: Path, tmp_path: Path, command: tuple[str, ...], body: bytes, why: str
) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes(body)
    result = run(*(str(file) if c == "FILE" else c for c in command), config=newsroom)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith(f"{file}: {why}")


@pytest.mark.parametrize("name", ["saved.html", "saved.txt"])
def test_a_saved_page_is_read_as_a_page(newsroom: Path, tmp_path: Path, name: str) -> None:
    title, text = TEXTS[1]
    paragraphs = "".join(f"<p>{text} ({n})</p>" for n in range(5))
    file = tmp_path / name
    file.write_text(
        f"<!doctype html><html><head><title>{title}</title></head><body><nav>Home | Sport</nav>"
        f"<article><h1>{title}</h1>{paragraphs}</article></body></html>",
        encoding="utf-8",
    )
    told = good(run("explain", str(file), "bees", config=newsroom)).stdout
    assert told.splitlines()[0] == title
    assert "<" not in told
    made = good(run("new", "hives", str(file), "--out", "-", config=newsroom)).stdout
    assert f'"{title}"' in made


def test_a_page_without_an_article_is_told(newsroom: Path, tmp_path: Path) -> None:
    file = tmp_path / "app.html"
    file.write_text("<html><body><div id=root></div></body></html>", encoding="utf-8")
    result = run("explain", str(file), "bees", config=newsroom)
    assert str(result.exception) == f"{file}: there is no article in this page (too_short)"


def test_a_topic_from_nothing_says_so(newsroom: Path, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("It is as it was and so it has to be for all of us.")
    result = good(run("new", "hives", str(file), "--out", "-", config=newsroom))
    assert result.stderr == "no term stands out: put your own in place of your-word\n"
    assert "  your-word\n" in result.stdout


def test_reports_of_the_examples_story_are_nothing_to_compare_with(newsroom: Path) -> None:
    keepers, bees, mayor = ids(newsroom)
    store, story = newsroom.parent / "store.duckdb", [keepers, bees]
    with open_store(store, "test") as db:
        for i in range(4):
            made = make_article(f"b{i}", f"Beekeepers mourn {i}", TEXTS[1][1], "en")
            assert isinstance(made, Article)
            insert(db, article_row(Embedded(made)))
            story.append(made.id)

    def proposed() -> str:
        made = good(run("new", "hives", bees, "--out", "-", config=newsroom)).stdout
        return made.split("'''")[1]

    assert "honey" not in proposed()  # so many other articles have it
    with open_store(store, "test") as db:
        for id_ in story:
            db.execute(
                "INSERT INTO story_articles BY NAME SELECT ? AS article_id, 's' AS story_id, "
                "1 AS arrival, now()::TIMESTAMP AS arrived, 'newsroom' AS newsroom_kind, "
                "1.0 AS similarity, '[]' AS reasons, 'r' AS run_id",
                [id_],
            )
        assert same_stories(db, [bees, mayor]) == set(story)
    assert "honey" in proposed()


HOLDER = """
import sys
from pathlib import Path
from sinks.store.store import open_store
with open_store(Path(sys.argv[1]), "newsbeam watch"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_reading_commands_work_while_another_process_holds_the_store(newsroom: Path) -> None:
    good(run("retag", config=newsroom))
    keepers, bees, _ = ids(newsroom)
    store = str(newsroom.parent / "store.duckdb")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        commands = (
            ("backtest", "bees"),
            ("explain", keepers, "bees"),
            ("new", "hives", keepers, bees, "--out", "-"),
            ("calibrate",),
        )
        results = [good(run(*command, config=newsroom)) for command in commands]
        busy = run("retag", config=newsroom)
        assert holder.stdin
        holder.stdin.close()
    for result in results:
        assert "the store is in use: this is from what was published last" in result.stderr
    assert "on 3 articles: 0 gained, 0 lost, 2 as before" in results[0].stdout
    assert "IS a mention of Honey bees" in results[1].stdout
    assert isinstance(busy.exception, StoreBusyError)


@pytest.mark.parametrize("name", ["bess", "/", ""])
def test_lint_of_what_is_no_topic_names_the_topics(newsroom: Path, name: str) -> None:
    result = run("lint", name, config=newsroom)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).endswith(": is neither a topic file nor a topic; known: bees")


def test_a_new_topic_in_the_place_of_a_packs_is_told(newsroom: Path) -> None:
    newsroom.write_text(newsroom.read_text().replace("packs = []", 'packs = ["ai"]'))
    keepers, *_ = ids(newsroom)
    assert "takes the place" not in good(run("new", "hives", keepers, config=newsroom)).stderr
    said = good(run("new", "ai-capex", keepers, config=newsroom)).stderr
    assert said.startswith("it takes the place of the pack's topic ")


def test_labels_of_ones_own_leave_the_pack_as_it_is(newsroom: Path, tmp_path: Path) -> None:
    newsroom.write_text(newsroom.read_text().replace("packs = []", 'packs = ["ai"]'))
    pack = PACKS / "ai" / "ai-capex.calibration.json"
    before = pack.read_bytes()
    labels = tmp_path / "labels.jsonl"
    title = "Cloud firm will spend $9 billion on AI data centres"
    labels.write_text(json.dumps({"title": title, "topics": {"ai-capex": True}}))
    said = good(run("calibrate", "ai-capex", "--labels", str(labels), config=newsroom)).stderr
    folder = newsroom.parent / "topics"
    assert f"ai-capex: starts from the pack's own, written to {folder}" in said
    assert pack.read_bytes() == before
    own = json.loads((folder / "ai-capex.calibration.json").read_text())
    shipped = json.loads(before)
    assert own["threshold"] == shipped["threshold"]
    moved = {k: abs(own["weights"][k] - w) for k, w in shipped["weights"].items()}
    assert 0 < max(moved.values()) < 0.3
    rows = json.loads(good(run("list", "--json", config=newsroom)).stdout)
    assert {row["topic"]: row["labels"] for row in rows}["ai-capex"] == 1


def test_settings_without_a_folder_of_topics_are_told(newsroom: Path) -> None:
    newsroom.write_text(newsroom.read_text().replace("packs = []", 'packs = ["ai"]\nfolders = []'))
    result = run("new", "hives", ids(newsroom)[0], config=newsroom)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("topics.folders: names no folder")


def test_a_calibration_on_fewer_labels_than_before_is_told(newsroom: Path, tmp_path: Path) -> None:
    labels = label_file(tmp_path, {"bees": True}, {"bees": True}, {"bees": False})
    assert "so far" not in good(run("calibrate", "--labels", labels, config=newsroom)).stderr
    good(run("label", ids(newsroom)[0], "bees", "yes", config=newsroom))
    said = good(run("calibrate", config=newsroom)).stderr
    assert "bees: rested on 3 labels so far, now on 1; were there more files with --labels?" in said


def test_an_article_is_found_by_its_address_as_it_was_pasted(newsroom: Path) -> None:
    with open_store(newsroom.parent / "store.duckdb", "test") as db:
        first = "SELECT article_id FROM article_rows ORDER BY title"
        keepers = db.execute(first).fetchall()[0][0]
        db.execute(
            "UPDATE article_rows SET url = 'https://www.hive.example/a?id=1', "
            "canonical_url = 'https://hive.example/a?id=1' WHERE article_id = ?",
            [keepers],
        )
        for pasted in (
            "https://www.hive.example/a?id=1",
            "https://hive.example/a?id=1&utm_source=mail",
            " http://www.hive.example/a?id=1#top ",
        ):
            assert find_article(db, pasted) == keepers
        with pytest.raises(ConfigError, match="there is no article"):
            find_article(db, "https://hive.example/b")
