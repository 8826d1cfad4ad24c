"""The sample newsroom's timeline: through `watch` in cycles, and through one `run`.

The graph is the same, so what the store holds in the end must be the same; only the live way
alerts, and a backfill never does.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from newsbeam.settings import Settings, load_settings
from pipelines.cli.demo import write_settings
from pipelines.newsroom.server import Newsroom
from pipelines.report import RunReport
from pipelines.run import clock, run_and_publish, run_once
from pipelines.watch import Supervisor
from sinks.store.store import connect
from tests.loopback_slack import LoopbackSlack

TICKS = 3
ARTICLES = (
    "SELECT article_id, canonical_url, outlet, title, published, language, verdict, partial, "
    "words, text_hash FROM article_rows ORDER BY ALL"
)
MENTIONS = "SELECT article_id, topic, score, matched_by, evidence FROM mention_rows ORDER BY ALL"
MEMBERS = (
    "SELECT list(article_id ORDER BY article_id) AS members, count(copy_of) "
    "FROM story_articles GROUP BY story_id ORDER BY ALL"
)
COUNTS = "SELECT articles, copies, outlets, newsrooms FROM story_rows ORDER BY ALL"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def settings_for(folder: Path, newsroom: Newsroom, slack: LoopbackSlack) -> Path:
    folder.mkdir()
    config = write_settings(folder, newsroom)
    with config.open("a", encoding="utf-8") as file:
        file.write(
            f'[alerts]\nslack_base_url = "{slack.url}"\nslack_gap_s = 0.0\nmax_age_hours = 1000\n'
            '[[alerts.rules]]\nname = "all"\nchannel = "#news"\nmax_per_hour = 0\n'
            "[watch]\ncycle_s = 0.01\n"
        )
    return config


def held(config: Path, *questions: str) -> list[list[tuple[Any, ...]]]:
    settings = load_settings(config)
    db = connect(settings.path(settings.store.path), read_only=False)
    try:
        return [db.execute(question).fetchall() for question in questions]
    finally:
        db.close()


def test_cycles_and_one_run_give_the_same_news_and_only_live_alerts(tmp_path: Path) -> None:
    with Newsroom() as newsroom, LoopbackSlack() as slack:
        live = settings_for(tmp_path / "live", newsroom, slack)
        tick = 0

        def work(settings: Settings, db: duckdb.DuckDBPyConnection, **more: Any) -> RunReport:
            nonlocal tick
            newsroom.at(min(tick, TICKS))
            tick += 1
            return run_once(settings, db, **{**more, "every_feed": True})

        secrets = {"SLACK_BOT_TOKEN": slack.token}
        Supervisor(live, secrets, cycles=TICKS + 2, work=work).run()
        batch = settings_for(tmp_path / "batch", newsroom, slack)
        alerted = len(slack.posted())
        run_and_publish(load_settings(batch), kind="run", now=clock())

        for question in (ARTICLES, MENTIONS, MEMBERS, COUNTS):
            assert held(live, question) == held(batch, question), question
        assert alerted > 0
        news = "SELECT count(*) FROM runs WHERE articles + revised > 0"
        assert held(live, news)[0] > [(2,)]  # it came in several cycles, edits among it
        assert held(batch, news) == [[(1,)]]
        assert len(set(slack.alerts())) == len(slack.alerts()) == alerted

        outcomes = held(batch, "SELECT DISTINCT outcome FROM alert_decisions")
        assert outcomes == [[("seeded",)]]


@pytest.mark.parametrize(("kind", "alerts"), [("backfill", False), ("run", True)])
def test_only_a_backfill_of_the_same_articles_gives_no_alert(
    tmp_path: Path, kind: str, alerts: bool
) -> None:
    with Newsroom(tick=TICKS) as newsroom, LoopbackSlack() as slack:
        config = settings_for(tmp_path / "store", newsroom, slack)
        settings = load_settings(config)
        settings = replace(settings, alerts=replace(settings.alerts, first_run="alert"))
        run_and_publish(settings, kind=kind, now=clock())
        decisions, mentions, outbox = held(
            config,
            "SELECT count(*) FROM alert_decisions",
            "SELECT count(*) FROM mention_rows",
            "SELECT count(*) FROM alert_outbox",
        )
        assert mentions > [(5,)]
        assert [decisions > [(5,)], outbox > [(5,)]] == [alerts, alerts]
        assert [decisions == [(0,)], outbox == [(0,)]] == [not alerts, not alerts]
