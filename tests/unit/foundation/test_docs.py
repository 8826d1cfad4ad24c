"""Documentation that is checked: every command is named, every link leads somewhere."""

import re
from pathlib import Path

import pytest

from pipelines.cli import COMMANDS

ROOT = Path(__file__).parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_documentation(command: str) -> None:
    said = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert re.search(rf"newsbeam (--config \S+ )?{command}\b", said), command


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target
