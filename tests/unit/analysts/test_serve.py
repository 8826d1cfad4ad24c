"""The dashboard's server reads its options as Streamlit does."""

import socket
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboards.serve import _option
from newsbeam.errors import NewsbeamError
from pipelines.cli import cli
from pipelines.cli.dashboard import check_free


def test_a_place_where_nobody_can_listen_is_said_before_streamlit_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NewsbeamError, match=f"cannot listen on 127.0.0.1:{port}: Address"):
            check_free("127.0.0.1", port)
    check_free("127.0.0.1", port)
    with pytest.raises(NewsbeamError, match="cannot listen on no such host:8501"):
        check_free("no such host", 8501)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--server.address=127.0.0.1", ("server_address", "127.0.0.1")),
        ("--server.port=8501", ("server_port", 8501)),
        ("--server.headless=true", ("server_headless", True)),
        ("--browser.gatherUsageStats=false", ("browser_gatherUsageStats", False)),
    ],
)
def test_options_keep_their_types(argument: str, expected: tuple[str, object]) -> None:
    assert _option(argument) == expected


def test_the_server_takes_the_place_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal to `newsbeam dashboard` must not leave a server behind."""
    (tmp_path / "newsroom/published").mkdir(parents=True)
    published = tmp_path / "newsroom/published/news.duckdb"
    published.touch()
    monkeypatch.chdir(tmp_path)
    started: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execve", lambda *call: started.append(call))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    done = CliRunner().invoke(cli, ["dashboard", "--no-open", "--port", str(port)])
    assert done.exception is None, done.output
    ((program, command, environment),) = started
    assert program == command[0] == sys.executable
    assert f"--server.port={port}" in command
    assert environment["NEWSBEAM_PUBLICATION"] == str(published)
