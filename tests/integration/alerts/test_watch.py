"""The supervisor: stop, reload, requests, port; the graph itself is tested elsewhere."""

import json
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from newsbeam.errors import ConfigError, SinkError, StoreBusyError
from pipelines.report import RunReport
from pipelines.watch import Supervisor
from pipelines.watch_state import read_status
from sinks.store.mailbox import leave, requests
from sinks.store.store import open_store
from tests.loopback_slack import LoopbackSlack

OPML = (
    '<opml version="2.0"><body><outline type="rss" xmlUrl="https://a.example/feed"/></body></opml>'
)
Hook = Callable[[Supervisor, int], None]


def report(now: datetime, feeds: int = 1) -> RunReport:
    return RunReport("r", "watch", now, 0.1, feeds=feeds)


def supervisor(
    folder: Path, hook: Hook, *, text: str = "", secrets: dict[str, str] | None = None, **more: Any
) -> Supervisor:
    """A supervisor whose cycles do nothing but call ``hook(supervisor, cycle)``."""
    (folder / "feeds.opml").write_text(OPML)
    config = folder / "newsbeam.toml"
    config.write_text(f"[watch]\ncycle_s = 0.01\n{text}")
    count = 0

    def work(settings: Any, db: Any, **arguments: Any) -> RunReport:
        nonlocal count
        count += 1
        hook(made, count)
        return report(arguments["now"], feeds=0)

    made = Supervisor(config, secrets or {}, work=work, **more)
    return made


def test_it_stops_after_so_many_cycles(tmp_path: Path) -> None:
    seen: list[int] = []
    assert supervisor(tmp_path, lambda s, n: seen.append(n), cycles=3).run() == 3
    assert seen == [1, 2, 3]
    status = read_status(supervisor(tmp_path, lambda s, n: None).settings)
    assert status is not None
    assert (status["running"], status["cycles"]) == (False, 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_the_end_of_the_cycle(tmp_path: Path, number: int) -> None:
    def hook(s: Supervisor, n: int) -> None:
        if n == 2:
            os.kill(os.getpid(), number)
            finished.append(n)

    finished: list[int] = []
    assert supervisor(tmp_path, hook).run() == 2
    assert finished == [2]


def test_sighup_takes_new_settings_and_keeps_the_old_where_they_are_wrong(tmp_path: Path) -> None:
    config, seen = tmp_path / "newsbeam.toml", []

    def hook(s: Supervisor, n: int) -> None:
        seen.append((s.settings.alerts.max_age_hours, s.health()["error"]))
        if n == 1:
            config.write_text("[watch]\ncycle_s = 0.01\n[alerts]\nmax_age_hours = 7\n")
        if n == 2:
            config.write_text("[alerts]\nmax_age_hour = 9\n")
        if n < 3:
            os.kill(os.getpid(), signal.SIGHUP)
        if n == 4:
            s.stop()

    supervisor(tmp_path, hook).run()
    assert seen[0] == (48.0, None)
    assert seen[1] == (7.0, None)
    assert seen[2][0] == 7.0
    assert "did you mean `max_age_hours`" in seen[2][1]
    assert seen[3] == seen[2]  # a good cycle does not hide it


def test_counts_go_on_after_new_settings(tmp_path: Path) -> None:
    def send(s: Supervisor, n: int) -> None:
        assert s._sender is not None
        s._sender.counts["sent"] += 2 if n == 1 else 1
        if n == 1:
            s._on_reload()

    made = supervisor(tmp_path, send, cycles=3)
    made.run()
    assert b'newsbeam_alert_calls_total{end="sent"} 4.0' in made.metrics.text()


def test_the_store_is_opened_anew_and_held_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.watch.RENEW_CYCLES", 2)
    supervisor(tmp_path, lambda s, n: None)  # writes the settings
    connections: list[Any] = []

    def work(settings: Any, db: Any, **arguments: Any) -> RunReport:
        connections.append(db)
        db.execute("SELECT * FROM meta")
        with pytest.raises(StoreBusyError), open_store(tmp_path / "newsroom/store.duckdb"):
            pass
        return report(arguments["now"], feeds=0)

    Supervisor(tmp_path / "newsbeam.toml", {}, cycles=5, work=work).run()
    assert [a is b for a, b in pairwise(connections)] == [True, False, True, False]


def test_a_failed_cycle_is_told_and_tried_again(tmp_path: Path) -> None:
    seen = []

    def hook(s: Supervisor, n: int) -> None:
        if n == 1:
            raise SinkError("the disk is full")
        seen.append(s.health()["error"])
        s.stop()

    supervisor(tmp_path, hook).run()
    assert seen == ["the disk is full"]


def test_a_bug_ends_it(tmp_path: Path) -> None:
    def hook(s: Supervisor, n: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        supervisor(tmp_path, hook).run()


def test_requests_of_other_commands_are_carried_out(tmp_path: Path) -> None:
    store, now = tmp_path / "newsroom/store.duckdb", datetime.now(UTC)

    def hook(s: Supervisor, n: int) -> None:
        if n == 1:
            leave(store, {"what": "mute", "kind": "topic", "value": "x", "who": "me"}, now)
            leave(store, {"what": "nonsense"}, now)
            leave(store, {"what": "unmute", "kind": "story"}, now)
        if n == 2:
            s.stop()

    supervisor(tmp_path, hook).run()
    assert requests(store) == []
    with open_store(store) as db:
        assert db.execute("SELECT kind, value, channel FROM alert_mutes").fetchall() == [
            ("topic", "x", "*")
        ]


def test_the_port_answers_metrics_health_and_feeds(tmp_path: Path) -> None:
    found: dict[str, tuple[int, str]] = {}
    (tmp_path / "newsroom/feeds").mkdir(parents=True)
    (tmp_path / "newsroom/feeds/ai.rss").write_text("<rss/>")

    def get(address: str, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def hook(s: Supervisor, n: int) -> None:
        assert s.port is not None
        for path in ("/metrics", "/healthz", "/feeds/ai.rss", "/feeds/../../newsbeam.toml", "/"):
            found[path] = get(s.port.address, path)
        head = urllib.request.Request(f"http://{s.port.address}/healthz", method="HEAD")
        with urllib.request.urlopen(head) as answer:
            found["HEAD"] = answer.status, answer.read().decode()

    supervisor(tmp_path, hook, cycles=2, listen="127.0.0.1:0").run()
    assert 'newsbeam_cycles_total{outcome="failed"}' not in found["/metrics"][1]
    assert "newsbeam_outbox" in found["/metrics"][1]
    assert json.loads(found["/healthz"][1])["ok"] is True
    assert found["/feeds/ai.rss"] == (200, "<rss/>")
    assert found["HEAD"] == (200, "")
    assert found["/feeds/../../newsbeam.toml"][0] == found["/"][0] == 404


def test_health_fails_when_no_cycle_ends(tmp_path: Path) -> None:
    at = [datetime(2026, 3, 1, tzinfo=UTC)]
    made = supervisor(tmp_path, lambda s, n: None, now=lambda: at[0])
    assert made.health()["ok"]
    at[0] += timedelta(hours=1)
    assert not made.health()["ok"]


def test_an_address_that_is_taken_is_a_clear_error(tmp_path: Path) -> None:
    with LoopbackSlack() as other:
        taken = other.url.split("/")[2]
        with pytest.raises(ConfigError, match="cannot listen"):
            supervisor(tmp_path, lambda s, n: None, cycles=1, listen=taken).run()


def test_waking_it_ends_the_wait(tmp_path: Path) -> None:
    def hook(s: Supervisor, n: int) -> None:
        threading.Timer(0.05, s.stop).start()

    made = supervisor(tmp_path, hook)
    made.settings = made.settings.__class__(
        **{f: getattr(made.settings, f) for f in ("store", "feeds", "home")}
    )  # the default pace: 20 s
    assert made.run() == 1
