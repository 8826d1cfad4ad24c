"""Keep a process that runs for long from holding memory that it does not use.

glibc gives each new thread an arena of its own, up to eight per core, and returns little of what is
freed in them; Beam starts threads with every graph.  Elsewhere than on glibc nothing happens.

Source: https://man7.org/linux/man-pages/man3/mallopt.3.html (M_ARENA_MAX),
https://man7.org/linux/man-pages/man3/malloc_trim.3.html.
"""

import ctypes
import gc
import sys
from functools import cache

ARENAS = 2
"""Shared by all threads: Python's lock lets one of them allocate at a time anyway."""
APART = 128 * 1024
"""Blocks from this size on, bytes, go back to the system when they are freed.  It is where glibc
begins; but with each such block that is freed it takes larger ones for small, up to 32 MB."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8


@cache
def _libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    found = ctypes.CDLL(None)
    return found if hasattr(found, "malloc_trim") and hasattr(found, "mallopt") else None


def spare_arenas() -> bool:
    """Let all threads share few arenas, without large blocks; say whether that is done."""
    libc = _libc()
    return bool(
        libc and libc.mallopt(_M_ARENA_MAX, ARENAS) and libc.mallopt(_M_MMAP_THRESHOLD, APART)
    )


def give_back() -> bool:
    """Return free memory to the system; say whether there was any.  Takes some milliseconds."""
    libc = _libc()
    return bool(libc and libc.malloc_trim(0))


def sweep() -> None:
    """Let go of what a graph that has run leaves: a net of cycles, with all that was in it."""
    import pyarrow as pa  # a tenth of a second, which `--help` need not wait for

    gc.collect()
    pa.default_memory_pool().release_unused()
    give_back()


def set_aside() -> None:
    """Spare what is there now all later looks for garbage: they then take milliseconds.

    For a process that has loaded all that it needs.  What becomes garbage of it is freed where no
    cycle holds it, else not until :func:`take_back`.
    """
    gc.collect()
    gc.freeze()


def take_back() -> None:
    """Undo :func:`set_aside`: some of it may be garbage now."""
    gc.unfreeze()
