"""`newsbeam doctor` says what is wrong with a set-up, and what to do."""

import json
from pathlib import Path

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
