"""`newsbeam doctor` says what is wrong with a set-up, and what to do."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipelines.cli import cli
from sinks.store.store import open_store
from tests.support import write_settings

NOBODY = "127.0.0.1:1"
"""An address at which no server listens."""


def doctor(config: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), "doctor", *options])


def found(result: Result) -> dict[str, tuple[bool, str]]:
    checks = [json.loads(line) for line in result.stdout.splitlines()]
    return {check["name"]: (check["ok"], check["found"]) for check in checks}


def test_a_set_up_that_is_fit_passes(tmp_path: Path) -> None:
    result = doctor(write_settings(tmp_path, [], {}), "--offline", "--json")
    assert result.exit_code == 0
    checks = found(result)
    assert set(checks) == {"settings", "disk", "store", "model", "topics"}
    assert all(ok for ok, _ in checks.values())
    assert "384 dimensions" in checks["model"][1]
    assert "ai-copyright" in checks["topics"][1]


def test_feeds_that_do_not_answer_are_named(tmp_path: Path) -> None:
    url = "http://shut.example/feed"
    result = doctor(write_settings(tmp_path, [url], {"shut.example": NOBODY}), "--json")
    assert result.exit_code == 1
    checks = found(result)
    assert not checks[f"feed {url}"][0]
    assert checks["feeds"] == (False, "0 of 1 answer")


def test_a_machine_that_finds_no_name_is_asked_whether_it_is_online(tmp_path: Path) -> None:
    result = doctor(write_settings(tmp_path, ["http://nowhere.invalid/feed"], {}), "--json")
    assert result.exit_code == 1
    assert "is this machine online?" in found(result)["feeds"][1]


def test_a_store_that_is_held_is_named_with_its_holder(tmp_path: Path) -> None:
    config = write_settings(tmp_path, [], {})
    config.write_text(config.read_text() + '[store]\npath = "held.duckdb"\n', encoding="utf-8")
    with open_store(tmp_path / "held.duckdb", "a long run"):
        result = doctor(config, "--offline", "--json")
    ok, said = found(result)["store"]
    assert not ok
    assert "a long run" in said


def test_a_rule_for_a_topic_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    config = write_settings(tmp_path, [], {})
    rule = '[[alerts.rules]]\nname = "desk"\nchannel = "#news"\ntopics = ["ai-*", "copyrigth"]\n'
    config.write_text(config.read_text() + rule, encoding="utf-8")
    ok, said = found(doctor(config, "--offline", "--json"))["alerts"]
    assert not ok
    assert "'desk': no topic is called 'copyrigth'; known: ai-capex, ai-copyright" in said


def test_a_channel_without_a_token_is_named_and_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL"):
        monkeypatch.delenv(name, raising=False)
    config = write_settings(tmp_path, [], {})
    rule = '[[alerts.rules]]\nname = "desk"\nchannel = "#news"\ntopics = ["ai-*"]\n'
    config.write_text(config.read_text() + rule, encoding="utf-8")
    result = doctor(config, "--offline", "--json")
    assert found(result)["alerts"] == (True, "1 rule; the environment has no token for #news")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-none")
    assert found(doctor(config, "--offline", "--json"))["alerts"] == (True, "1 rule")
