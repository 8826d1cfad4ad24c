import os
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipelines.cli import COMMANDS, cli, main

ROOT = Path(__file__).parents[3]
INT, FLOAT = type(click.INT), type(click.FLOAT)


def newsbeam(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pipelines.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=cwd
    )


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; from pipelines.cli import cli; cli.main(['--help'], standalone_mode=False);"
        "print(sorted({'torch', 'apache_beam', 'duckdb', 'numpy', 'aiohttp', 'lxml', 'rich'}"
        " & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("[]\n")
    for command in COMMANDS:
        assert f"  {command} " in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_table_exists_and_helps(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize(("value", "coloured"), [("1", False), ("", True)])
def test_no_color_is_honoured(tmp_path: Path, value: str, coloured: bool) -> None:
    (tmp_path / "newsbeam.toml").write_text("")
    arguments = ["-c", str(tmp_path / "newsbeam.toml"), "status"]
    done = CliRunner().invoke(cli, arguments, env={"NO_COLOR": value}, color=True)
    assert "there is no store yet" in done.output
    assert ("\x1b[" in done.output) is coloured


def test_no_list_of_commands_is_cut_off() -> None:
    for name in COMMANDS:
        shown = CliRunner().invoke(cli, [name, "--help"]).output
        assert "..." not in shown.partition("Commands:")[2], name


def test_no_help_shows_the_marks_that_are_for_click() -> None:
    for path in {path for path, _ in OPTIONS}:
        shown = CliRunner().invoke(cli, [*path.split(), "--help"]).output
        assert "\\b" not in shown, path
        assert "``" not in shown, path


def options(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Option]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from options(found, f"{path} {name}".strip())
    for option in command.params:
        if isinstance(option, click.Option):
            yield path, option


OPTIONS = list(options(cli))


def test_every_option_says_what_it_is_for() -> None:
    assert [(path, o.opts) for path, o in OPTIONS if not o.help] == []


@pytest.mark.parametrize(
    ("path", "option"),
    [(p, o) for p, o in OPTIONS if isinstance(o.type, INT | FLOAT)],
    ids=str,
)
def test_a_number_below_its_range_is_a_usage_error(path: str, option: click.Option) -> None:
    result = CliRunner().invoke(cli, [*path.split(), f"{option.opts[0]}=-1"])
    assert result.exit_code == 2, result.output
    assert "-1.0 is not in the range" in result.output or "-1 is not in the range" in result.output


def test_a_wrong_setting_exits_with_2_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "newsbeam.toml").write_text("[fetch]\ntimeuot_s = 3\n")
    result = newsbeam("run", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "newsbeam.toml: fetch.timeuot_s: unknown key; did you mean `timeout_s`?" in result.stderr


def test_a_missing_settings_file_exits_with_2(tmp_path: Path) -> None:
    result = newsbeam("--config", "none.toml", "run", cwd=tmp_path)
    assert (result.returncode, "no such file" in result.stderr) == (2, True)


@pytest.mark.parametrize("lines", [1, 100_000], ids=["in the last flush", "in the middle"])
def test_a_reader_that_has_enough_is_no_failure(tmp_path: Path, lines: int) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text("https://harbour-courier.example/a\n" * lines)
    code = "import sys; from pipelines.cli import main; main()"
    command = [sys.executable, "-c", code, "inspect", "urls", str(urls)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        "topics retag",
        "topics label x ai-capex yes",
        "topics backtest ai-capex",
        "topics explain x ai-capex",
        "stories merge a b --reason x",
        "stories split a b --reason x",
        "alerts mute topic ai-capex",
        "alerts unmute topic ai-capex",
        "alerts retry --all",
        "alerts send",
        "store backup copy",
        "store compact",
        "store prune",
        "store publish",
        "store restore nothing",
        "query SHOW",
        "search x",
        "export opml",
    ],
)
def test_nothing_is_made_where_nothing_has_run(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["newsbeam", *words.split()])
    monkeypatch.setattr("pipelines.cli.HEAVY", frozenset())
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr().err
    assert stop.value.code == 2, said
    assert said.startswith("newsbeam: ")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("run",), ("watch", "--once")], ids=" ".join)
def test_no_store_is_made_where_no_feed_is_configured(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    result = newsbeam(*words, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.startswith("newsbeam: feeds.opml: cannot be read")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_exits_with_2() -> None:
    assert newsbeam("runn").returncode == 2


def test_a_command_that_gives_its_exit_code_ends_without_taking_torch_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`run` says 0 or 3 by ``sys.exit``, which must not lead around the quick end."""
    ended: list[int] = []
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    monkeypatch.setattr("pipelines.cli.atexit._run_exitfuncs", lambda: None)
    monkeypatch.setattr("pipelines.cli.os._exit", ended.append)
    monkeypatch.setattr(cli, "main", lambda **_: sys.exit(3))
    main()
    assert ended == [3]


@pytest.mark.parametrize(("said", "code"), [(None, 0), ("what went wrong", 1)])
def test_exit_codes_that_are_none_or_words(
    said: str | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "main", lambda **_: sys.exit(said))
    monkeypatch.setattr("pipelines.cli.HEAVY", frozenset())
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == code
    assert (said or "") in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [("inspect", "urls"), ("inspect", "pages"), ("topics", "tag"), ("stories", "group")],
    ids=" ".join,
)
@pytest.mark.parametrize("place", ["missing.jsonl", "."])
def test_a_list_that_cannot_be_read_is_one_line_and_2(
    command: tuple[str, str], place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["newsbeam", *command, place])
    monkeypatch.setattr("pipelines.cli.HEAVY", frozenset())
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert place in capsys.readouterr().err.strip().splitlines()[-1]
