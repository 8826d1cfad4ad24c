"""What a commit and a publication need of texts, done ahead by a reader's process.

They are one core's work, and order is of their essence; but most of what they spend is spent on
each article by itself.  While the commit begins, a process that the readers' nursery forks goes
through the staged articles on another core: first for the stories, then for the search index.

Nothing depends on it: what is not there is done where it is needed.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from newsbeam.errors import NewsbeamError
from newsbeam.settings import Settings
from newsbeam.stories.traits import read_traits
from newsbeam.topics.query.postings import index_words
from pipelines import readers
from pipelines.job import Job

LEAST = 32
"""Articles from which it is worth a process."""

Key = tuple[Any, ...]
"""A function and its arguments."""


class Ahead:
    """Calls functions whose results another process may have made already.

    A context manager: at its end what has not been done is given up.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turn = threading.Condition()
        self._left: dict[Any, dict[Key, None]] = {}
        """By function, in order: not begun by anybody."""
        self._given: deque[Key] = deque()
        """To the process, which has not answered."""
        self._done: dict[Key, Any] = {}
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._turn:
            self._left.clear()
        if self._thread is not None:
            self._thread.join()

    def begin(self, job: Job) -> None:
        """Begin with what a run has staged, if the readers' parsers are loaded; else do nothing."""
        calls = _calls(job) if readers.reader(self._settings.extract).started else []
        if len(calls) < LEAST:
            readers.dismiss()
            return
        for call in calls:
            self._left.setdefault(call[0], {})[call] = None
        self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns, from the other process if it was begun there.

        While that is at it we do not wait, but take the last of what is left.
        """
        key = (function, *arguments)
        left = self._left.get(function, {})
        while True:
            with self._turn:
                if key in self._done:
                    return self._done.pop(key)
                if key not in self._given:
                    left.pop(key, None)
                    break
                if not left:
                    self._turn.wait()
                    continue
                other, _ = left.popitem()
            found = function(*other[1:])
            with self._turn:
                self._done[other] = found
        return function(*arguments)

    def _work(self) -> None:
        try:
            with suppress(NewsbeamError), readers.READING:  # it could not be started
                for result in readers.reader(self._settings.extract).ahead(self._tasks()):
                    with self._turn:
                        self._done[self._given.popleft()] = result
                        self._turn.notify_all()
        finally:  # whoever waits does it himself
            with self._turn:
                self._left.clear()
                self._given.clear()
                self._turn.notify_all()

    def _tasks(self) -> Iterator[Callable[[], Any]]:
        while True:
            with self._turn:
                left = next(filter(None, self._left.values()), None)
                if left is None:
                    return
                key = next(iter(left))
                del left[key]
                self._given.append(key)
            function, *arguments = key
            yield partial(function, *arguments)


def _calls(job: Job) -> list[Key]:
    """Return the calls that commit and publication will make for the articles that were staged."""
    rows = sorted(_staged(job.folder, job.now.replace(tzinfo=None)), key=lambda row: row[:2])
    traits = [(read_traits, title, text, tongue) for _, _, title, text, tongue, _, _ in rows]
    words = [
        (index_words, title, text, zones, verdict)
        for _, _, title, text, _, zones, verdict in rows
        if job.settings.publish.search
    ]
    return [*traits, *words]


def _staged(folder: Path, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield when the commit takes an article, its id and what is said of its text."""
    import pyarrow.parquet as pq  # not where nothing was staged

    names = ["article_id", "title", "text", "language", "zones", "verdict"]
    for file in folder.glob("articles-*.parquet"):
        # not `read_table`, which imports the reading of datasets first: 40 ms
        table = pq.ParquetFile(file).read(columns=["published", *names])
        times = [min(time or now, now) for time in table["published"].to_pylist()]
        yield from zip(times, *(table[name].to_pylist() for name in names), strict=True)
