"""What several tests need: a newsbeam process, and rows without what time makes differ."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from newsbeam.settings import FetchSettings

ROOT = Path(__file__).parents[1]

VOLATILE = frozenset(
    {
        *("run_id", "started", "finished", "at_time", "first_fetched", "fetched", "first_seen"),
        *("last_seen", "decided", "added", "seconds", "stages", "config_hash", "next_poll"),
        *(
            "last_poll",
            "last_success",
            "last_new",
            "interval_s",
            "history",
            "polls",
            "published_at",
        ),
    }
)
"""Columns that tell when and how fast, not what."""


def newsbeam(
    *arguments: str, cwd: Path, timeout: float = 300, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own; one that takes five minutes hangs."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=timeout,
        **options,
    )


def command(*arguments: str) -> list[str]:
    """Return the command line that runs newsbeam from this tree."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pipelines.cli import main; main()"
    return [sys.executable, "-c", code, *arguments]


def tables(store: Path, *names: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of tables, sorted, without the volatile columns."""
    with duckdb.connect(str(store), read_only=True) as db:
        found = {}
        for name in names:
            columns = [
                row[0]
                for row in db.execute(f"DESCRIBE {name}").fetchall()
                if row[0] not in VOLATILE
            ]
            found[name] = db.execute(
                f"SELECT {', '.join(columns)} FROM {name} ORDER BY ALL"
            ).fetchall()
        return found


def write_settings(folder: Path, feeds: list[str], hosts: dict[str, str], **fetch: Any) -> Path:
    """Write settings for servers on loopback; return the file."""
    lines = ["[feeds]", "opml = []", f"urls = {feeds!r}", "[fetch]"]
    values = {"min_gap_s": 0.0, "allow_networks": ["127.0.0.0/8"], "timeout_s": 5.0, **fetch}
    for key, value in values.items():
        assert key in FetchSettings.__dataclass_fields__
        lines.append(f"{key} = {str(value).lower() if isinstance(value, bool) else value!r}")
    lines += ["[fetch.hosts]", *(f'"{name}" = "{address}"' for name, address in hosts.items())]
    path = folder / "newsbeam.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
