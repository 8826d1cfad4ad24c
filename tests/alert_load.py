"""A newsroom process under load, made to be killed: commits articles and sends their alerts.

``python -m tests.alert_load FOLDER SLACK_URL ARTICLES`` goes on from whatever the store holds,
until all articles are in and nothing is left to send.
"""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sinks.channels.dispatch import Dispatcher
from sinks.slack.bot import SlackBot
from sinks.store import outbox
from sinks.store.store import open_store
from tests.alert_support import Desk, alerts, article, rule

AT_ONCE = 2
STORIES = 60
"""Articles come to the stories in turn, so that they grow after they were told."""


class LiveDesk(Desk):
    """A desk whose clock is the real one."""

    def clock(self) -> datetime:
        return datetime.now(UTC)


def run(folder: Path, slack_url: str, articles: int) -> None:
    """Work until everything is in the store and in the channel."""
    settings = alerts(
        rule(max_per_hour=0, cooldown_minutes=0), slack_workspace_gap_s=0.0, settle_s=2.0,
        first_run="alert",
    )  # fmt: skip
    with open_store(folder / "store.duckdb", "load") as db:
        desk = LiveDesk(db, folder / "staging" / str(time.time_ns()), settings)
        bot = SlackBot("xoxb-test", base_url=slack_url, timeout_s=1, gap_s=0.0)
        sender = Dispatcher(db, settings, lambda channel: bot, desk.clock)
        print("ready", flush=True)
        while True:
            count = desk.rows("SELECT count(*) FROM article_rows")[0][0]
            if count < articles:
                desk.now = desk.clock()
                for n in range(count, min(articles, count + AT_ONCE)):
                    arrive(desk, n)
            again = sender.step()
            if again is None and count >= articles:
                left = outbox.summary(db)
                if not set(left) & {"pending", "sending", "unknown"}:
                    return
            pause = (again - desk.clock()).total_seconds() if again else 0.0
            if count >= articles:
                threading.Event().wait(min(0.2, max(0.0, pause)))


def arrive(desk: Desk, n: int) -> None:
    """Let article number ``n`` come: of the story n % 60, in another outlet each time."""
    desk.stories.clear()
    made = article(
        f"piece {n}", outlet=f"outlet{n // STORIES}.example", feed_url=None,
        published=desk.now - timedelta(minutes=1),
    )  # fmt: skip
    desk.arrive(made, story=f"story-{n % STORIES}")


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
