"""Which files of a folder are read, and in what order."""

from pathlib import Path


def files_of(folder: Path) -> list[Path]:
    """Return the files below a folder that are not hidden, in the order of their names."""
    return sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p, folder))


def _hidden(file: Path, top: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(top).parts)
