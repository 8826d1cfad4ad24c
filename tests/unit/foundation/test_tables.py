"""How wide tables are: nobody's terminal has told where the output goes to a pipe."""

import io

import pytest

from pipelines.cli.tables import PIPE_WIDTH, console


def test_a_pipe_has_room_and_a_told_width_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert console(file=io.StringIO()).width == PIPE_WIDTH
    monkeypatch.setenv("COLUMNS", "60")
    assert console(file=io.StringIO()).width == 60
