"""The process's pools of readers: one per settings, kept warm between runs."""

import atexit
import threading

from newsbeam.articles.pool import Reader
from newsbeam.settings import ExtractSettings

READING = threading.Lock()
"""A reader serves one thread at a time; Beam's portable workers may run several in one process."""

_readers: dict[ExtractSettings, Reader] = {}


def reader(settings: ExtractSettings) -> Reader:
    """Return the pool for these settings, to be used under the lock."""
    if settings not in _readers:
        _readers[settings] = Reader(settings)
        atexit.register(_readers[settings].close)
    return _readers[settings]


def warm(settings: ExtractSettings, told: int | None = None) -> None:
    """Let the readers' processes load in the background, unless they are at work already.

    Args:
        settings: of the pool.
        told: the writing end of a pipe, which is closed when they are loaded.
    """
    if READING.acquire(blocking=False):
        try:
            reader(settings).warm(told)
        finally:
            READING.release()


def rest() -> None:
    """End the processes that have read pages; the next start quicker than after `dismiss`."""
    with READING:
        for one in _readers.values():
            one.rest()


def dismiss() -> None:
    """End the readers' processes; they start anew when they are needed."""
    with READING:
        for one in _readers.values():
            one.close()
