"""`newsbeam alerts …` and `newsbeam status` on a store with some alerts in it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsbeam.alerts.settings import AlertsSettings
from newsbeam.errors import ConfigError
from newsbeam.settings import Settings
from pipelines.cli import cli
from pipelines.cli.alerts import moment
from pipelines.cli.status import gather
from sinks.publish.publish import publish
from sinks.store.mailbox import requests
from sinks.store.store import open_store
from tests.alert_support import NOW, Desk, alerts, article, mention, rule
from tests.loopback_slack import LoopbackSlack
from tests.slack_limits import problems

CONFIG = """
[[alerts.rules]]
name = "ports"
channel = "#news"
topics = ["ports"]
quiet_hours = "02:00-03:00"

[[alerts.rules]]
name = "wide"
channel = "#desk"
min_newsrooms = 2
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published store with one story of two newsrooms, one old article, one dead letter."""
    tmp_path = tmp_path_factory.mktemp("alerts")
    (tmp_path / "newsbeam.toml").write_text(CONFIG)
    with open_store(tmp_path / "newsroom/store.duckdb") as db, LoopbackSlack() as slack:
        desk = Desk(db, tmp_path / "staging", AlertsSettings(), NOW - timedelta(hours=2))
        desk.arrive(article("early", published=None))
        desk.settings, desk.now = alerts(rule(name="ports", topics=("ports",))), NOW
        desk.start()
        desk.arrive(article("one"), story="s1")
        desk.dispatch(slack)
        desk.now += timedelta(hours=1)
        desk.arrive(article("two", outlet="b.example"), story="s1")
        desk.dispatch(slack)
        desk.arrive(article("old", published=NOW - timedelta(days=9)))
        slack.faults.append("is_archived")
        desk.arrive(article("refused"))
        desk.dispatch(slack)
        desk.arrive(article("other topic"), topics=("ships",))
        desk.arrive(article("archive"), kind="backfill")
        desk.arrive(article("late"), topics=())
        made = mention(article("late"))
        db.execute(
            "INSERT INTO mention_rows SELECT * REPLACE ($1 AS mention_id, $2 AS article_id, "
            "'retag' AS run_id, $3 AS decided) FROM mention_rows WHERE topic = 'ports' LIMIT 1",
            [made.id, made.article_id, desk.now.replace(tzinfo=None)],
        )
        target = tmp_path / Settings().publish.path
        publish(db, target, Settings().publish, now=desk.now, force=True)
    return tmp_path


def newsbeam(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(cli, ["-c", str(folder / "newsbeam.toml"), *arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_preview_shows_messages_edits_and_replies_in_order(folder: Path) -> None:
    shown = newsbeam(folder, "alerts", "preview", "--since", "2026-03-01").output
    lines = [line for line in shown.splitlines() if line.startswith("2026-")]
    kinds = [line.split(" → ")[1] for line in lines]
    assert kinds[0] == "#news  (new message)"
    assert kinds.count("#news  (reply in thread)") == 1
    assert kinds.count("#news  (edit, nobody is notified)") == 1
    assert kinds.count("#desk  (new message)") == 1
    assert "also covered by 1 newsroom" in shown
    assert "2 too old" in shown  # each rule has its say


def test_preview_has_block_kit_that_slack_takes(folder: Path) -> None:
    found = json.loads(
        newsbeam(folder, "alerts", "preview", "--since", "2026-03-01", "--json").output
    )
    assert len(found["messages"]) >= 4
    assert all(problems(m["text"], m["blocks"]) == [] for m in found["messages"])


def test_preview_of_articles_is_as_though_they_came_together(folder: Path) -> None:
    urls = ("https://harbour-courier.example/one", "https://b.example/two")
    shown = newsbeam(folder, "alerts", "preview", *urls, "--rule", "ports").output
    assert "1 messages, 0 edits" in shown
    assert "also covered by 1 newsroom" in shown
    assert newsbeam(folder, "alerts", "list", "--since", "2026-03-01").output.count("sent") >= 2


def test_preview_changes_nothing(folder: Path) -> None:
    before = newsbeam(folder, "alerts", "list", "--since", "2026-03-01", "--json").output
    newsbeam(folder, "alerts", "preview", "--since", "2026-03-01")
    assert newsbeam(folder, "alerts", "list", "--since", "2026-03-01", "--json").output == before


def test_the_list_names_article_and_story(folder: Path) -> None:
    found = json.loads(newsbeam(folder, "alerts", "list", "--since", "2026-03-01", "--json").output)
    assert {row["story_id"] for row in found} >= {"s1"}
    assert all(row["article_id"] for row in found)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("https://harbour-courier.example/one", "story (new) is sent"),
        ("https://harbour-courier.example/old", "too old (published 217 hours ago"),
        ("https://harbour-courier.example/refused", "is dead: is_archived"),
        ("https://harbour-courier.example/one", "by 'wide' on ports: the rule is newer than"),
        ("https://harbour-courier.example/one", "→ #desk: it would be sent at once [ports]"),
        ("https://harbour-courier.example/other topic", "no decision was made by 'wide' on ships"),
        ("https://harbour-courier.example/early", "before the first run with rules (2026-03-02"),
        ("https://harbour-courier.example/early", "→ #news: it would be sent at once [ports]"),
        ("https://harbour-courier.example/archive", "a backfill never alerts"),
        ("https://harbour-courier.example/late", "applied to it later, on 2026-03-02 13:00"),
    ],
)
def test_explain_says_why(folder: Path, name: str, said: str) -> None:
    assert said in newsbeam(folder, "alerts", "explain", name).output


def test_retry_and_mute_work_on_a_store_that_is_free(folder: Path) -> None:
    assert "1 dead letter is sent again" in newsbeam(folder, "alerts", "retry", "--all").output
    assert "muted topic ships" in newsbeam(folder, "alerts", "mute", "topic", "ships").output
    assert "took back 1" in newsbeam(folder, "alerts", "unmute", "topic", "ships").output


def test_a_story_is_muted_by_the_beginning_of_its_id(folder: Path) -> None:
    said = newsbeam(folder, "alerts", "mute", "story", "s").output
    assert said == "muted story s1\n"
    assert newsbeam(folder, "alerts", "unmute", "story", "s").output == "took back 1 mute\n"
    with pytest.raises(ConfigError, match="x: no such story"):
        newsbeam(folder, "alerts", "mute", "story", "x")


@pytest.mark.parametrize(
    "written", ["https://www.quay.example/2026/a", "www.quay.example", "quay.example"]
)
def test_an_outlet_is_muted_by_its_address_too(folder: Path, written: str) -> None:
    assert newsbeam(folder, "alerts", "mute", "outlet", written).output == (
        "muted outlet quay.example\n"
    )
    assert "took back 1" in newsbeam(folder, "alerts", "unmute", "outlet", written).output


def test_preview_names_what_rules_ask_for_and_no_topic_has(folder: Path) -> None:
    config = folder / "newsbeam.toml"
    rule = '\n[[alerts.rules]]\nname = "lost"\nchannel = "#news"\ntopics = ["no-such-*"]\n'
    config.write_text(config.read_text() + rule, encoding="utf-8")
    shown = newsbeam(folder, "alerts", "preview", "--since", "2026-03-01").stderr
    assert "rule 'lost': no topic is called 'no-such-*'; known: " in shown


def test_they_leave_a_request_where_another_process_holds_the_store(folder: Path) -> None:
    store = folder / "newsroom/store.duckdb"
    with open_store(store, "newsbeam watch"):
        said = newsbeam(folder, "alerts", "mute", "story", "s1", "--for", "2d").output
    assert "left for the process that holds the store" in said
    ((_, request),) = requests(store)
    assert request is not None
    assert (request["what"], request["kind"], request["value"]) == ("mute", "story", "s1")


def test_status_names_what_needs_attention(folder: Path) -> None:
    result = newsbeam(folder, "status")
    assert result.exit_code == 3
    assert "for #news: is_archived (`newsbeam alerts retry`)" in result.output
    assert "8 articles" in result.output
    found = json.loads(newsbeam(folder, "status", "--json").output)
    assert found["watch"] is None
    assert found["counts"]["articles"] == 8


def test_status_before_the_first_run(tmp_path: Path) -> None:
    found = gather(Settings(home=str(tmp_path)), NOW)
    assert "there is no store yet" in found["attention"][0]


def test_times_are_spans_or_iso() -> None:
    assert moment("7d", NOW) == NOW - timedelta(days=7)
    assert moment("2026-03-02T12:00", NOW) == NOW
    assert moment("2026-03-02T13:00+01:00", NOW) == NOW
    assert moment(None, NOW) is None


@pytest.mark.parametrize("text", ["tomorrow", "-3d", "999999999w", "99999999999d", "٣d", ""])
def test_what_is_no_time_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match="write a time like 7d"):
        moment(text, NOW)


@pytest.mark.parametrize("span", ["2026-03-02T12:00", "99999999w", "soon"])
def test_a_mute_lasts_for_a_span(folder: Path, span: str) -> None:
    with pytest.raises(ConfigError, match=r"write 12h or 7d|longer than any calendar"):
        newsbeam(folder, "alerts", "mute", "topic", "ferries", "--for", span)
