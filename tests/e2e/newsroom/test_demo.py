"""The README's first command, and what it tells the newcomer to type next."""

import re
import shlex
from pathlib import Path

import pytest

from tests.support import newsbeam


@pytest.mark.slow
def test_the_demo_ends_well_and_each_command_that_it_names_works(tmp_path: Path) -> None:
    demo = newsbeam("demo", cwd=tmp_path)
    assert demo.returncode == 0, demo.stderr
    for line in ("articles, new", "mentions", "stories, new", "What failed"):
        assert line in demo.stdout
    suggested = [
        shlex.split(line)
        for line in re.findall(r"^\s+newsbeam (.+?)(?:   .*)?$", demo.stdout, re.MULTILINE)
    ]
    assert len(suggested) >= 3
    for arguments in suggested:
        if "dashboard" in arguments or "--serve" in arguments:  # these run until they are stopped
            continue
        result = newsbeam(*arguments, cwd=tmp_path)
        assert result.returncode == 0, (arguments, result.stderr)
        assert result.stdout.strip()
