"""The console on which tables for people are printed."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 160
"""Columns where nobody says how many there are: in a pipe, a file, a cron mail."""


def console(**options: Any) -> "Console":
    """Return a console as wide as the terminal, or as ``COLUMNS`` says."""
    from rich.console import Console

    made = Console(**options)
    if made.is_terminal or "COLUMNS" in os.environ:
        return made
    return Console(width=PIPE_WIDTH, **options)
