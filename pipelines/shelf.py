"""Keep in files what is not needed now, while a part of a run goes through the graph.

The files lie in the run's folder, are ours alone, and go when they are read, or with the folder.
"""

import pickle
from pathlib import Path
from typing import Any


class Laid:
    """A value in a file, to be taken once.

    Raises:
        OSError: the disk is full or read-only; no file is left.
    """

    def __init__(self, value: Any, file: Path) -> None:
        self._file = file
        try:
            with file.open("wb") as out:
                pickle.dump(value, out, pickle.HIGHEST_PROTOCOL)
        except OSError:
            file.unlink(missing_ok=True)
            raise

    def take(self) -> Any:
        """Return the value; the file goes."""
        with self._file.open("rb") as source:
            value = pickle.load(source)  # noqa: S301 - a file of our own, written by this process
        self._file.unlink()
        return value
