from dataclasses import fields
from pathlib import Path

import pytest

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, load_settings


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "newsbeam.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_gives_the_defaults() -> None:
    assert load_settings(None) == Settings()


def test_a_table_is_read_and_paths_start_at_the_file(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[store]\npath = "a.duckdb"\n'))
    assert settings.store.path == "a.duckdb"
    assert settings.path(settings.store.path) == tmp_path / "a.duckdb"


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ("[stor]\n", "stor", "did you mean `store`?"),
        ("[fetch]\ntimeout = 3\n", "fetch.timeout", "did you mean `timeout_s`?"),
        ('[fetch]\ntimeout_s = "3"\n', "fetch.timeout_s", "must be a number"),
        ("[fetch]\nrobots = 1\n", "fetch.robots", "must be true or false"),
        ("[fetch]\nper_host = true\n", "fetch.per_host", "must be a whole number"),
        ('[topics]\npacks = "ai"\n', "topics.packs", "must be a list"),
        ('[model]\nprecision = "fp8"\n', "model.precision", "must be one of auto, fp32, bf16"),
        ('store = "x"\n', "store", "must be a table [store]"),
        ("[fetch]\ntimeout_s = 0\n", "fetch.timeout_s", "must be more than 0; it is 0"),
        ("[fetch]\ntimeout_s = nan\n", "fetch.timeout_s", "must be more than 0; it is nan"),
        ("[poll]\nmax_interval_s = inf\n", "poll.max_interval_s", "must be at least 0; it is inf"),
        ("[fetch]\nconcurrency = 0\n", "fetch.concurrency", "must be at least 1; it is 0"),
        ("[fetch]\nmax_redirects = -1\n", "fetch.max_redirects", "must be at least 0; it is -1"),
        ("[fetch]\nallow_ports = [0]\n", "fetch.allow_ports[0]", "must be at least 1 and at most"),
        ("[dashboard]\nport = 99999\n", "dashboard.port", "at most 65535; it is 99999"),
        ("[poll]\nmin_interval_s = 9\nmax_interval_s = 1\n", "poll", "must not be more than"),
        ('[store]\npath = "."\n', "store", "`path` must name a file; it is '.'"),
        ("[alerts]\nmax_age_hours = -1.5\n", "alerts.max_age_hours", "must be at least 0"),
        ("[watch]\ncycle_s = -3\n", "watch.cycle_s", "must be more than 0"),
        ('home = "/"\n', "home", "unknown key"),
        ('[publish]\nstorage_version = "v9"\n', "publish", "must be like `v1.2.0`; it is 'v9'"),
    ],
)
def test_a_wrong_setting_is_one_line_with_file_key_and_cure(
    tmp_path: Path, text: str, where: str, cure: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert caught.value.where == f"{path}: {where}"
    assert cure in caught.value.message
    assert "\n" not in str(caught.value)


def test_an_unknown_table_is_told_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"known keys: store, feeds, .*, watch, websub$"):
        load_settings(written(tmp_path, "[zzz]\n"))


def test_a_missing_file_and_a_broken_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; `newsbeam init`"):
        load_settings(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings(written(tmp_path, "[store\n"))


def test_the_hash_changes_with_a_setting_and_not_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = load_settings(written(tmp_path / "a", ""))
    assert plain.hash() == load_settings(written(tmp_path / "b", "")).hash()
    assert plain.hash() != load_settings(written(tmp_path, "[fetch]\nrobots = false\n")).hash()


def test_every_table_of_the_settings_has_defaults_for_all_keys() -> None:
    for table in fields(Settings):
        assert getattr(Settings(), table.name) is not None
