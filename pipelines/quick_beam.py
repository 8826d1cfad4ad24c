"""Import Apache Beam in two thirds of the time, and without its noise.

* The garbage collector runs some hundred times while Beam's thousands of objects are made, and
  finds nothing: 0.2 s; and as much afterwards, when it looks through all of them.
* Beam and pyarrow import pandas where there is one (it comes with the dashboard), and Beam a
  client of MongoDB; newsbeam uses neither: 0.4 s.  They are hidden while Beam and pyarrow look,
  which take them as not installed.
* Beam warns of optional cloud libraries, and by that configures the root logger.

Measured with ``python -X importtime``, 2026-11: 1.1 s before, 0.7 s after.

And wire a graph in an eighth of the time: Beam asks 300 times for a view of its options, each time
with a new command-line parser, and looks at every method of every transform for state, again and
again.  Building our graph and writing its protocol took 200 ms of processor time, which every cycle
with news spent anew; it takes 25 ms.

And end each part of a graph at once: Beam waits for a thread of its own to look where the work is,
which it does five times a second: 0.1 s for nothing, some two times a run.
"""

import atexit
import gc
import importlib
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.abc import MetaPathFinder
from typing import Any

HIDDEN = frozenset({"pandas", "pymongo", "bson"})
"""Optional to Beam and pyarrow, and unused by newsbeam."""


class _Hide(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name in HIDDEN:
            raise ModuleNotFoundError("hidden while Apache Beam is imported", name=name)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import what is needed without the garbage collector, which would find nothing.

    Nor would it later: what was imported is set aside, else it is looked through at once, and twice
    more in a run.  Where nothing was imported nothing is set aside: it may be garbage.
    """
    collecting, modules = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if len(sys.modules) > modules:
                gc.freeze()
                atexit.unregister(gc.unfreeze)
                atexit.register(gc.unfreeze)  # libraries complain of what is never freed
            gc.enable()


_ONE_AT_A_TIME = threading.RLock()
"""Two threads may import at once; the one that is done first must not end the other's quiet."""


@contextmanager
def _quiet_and_quick() -> Iterator[None]:
    finder = _Hide()
    with _ONE_AT_A_TIME:
        sys.meta_path.insert(0, finder)
        logging.disable(logging.WARNING)
        try:
            with without_collecting():
                yield
        finally:
            logging.disable(logging.NOTSET)
            sys.meta_path.remove(finder)


@cache
def settle_pyarrow() -> None:
    """Let pyarrow look for pandas, which it does once, at its first array, while it is hidden."""
    with _quiet_and_quick():
        import pyarrow as pa

        pa.array([0])
    # mimalloc keeps what a staged file took, and what graph and commit took after it stands beside
    pa.set_memory_pool(pa.system_memory_pool())


def imported() -> Any:
    """Return the module ``apache_beam``."""
    settle_pyarrow()
    with _quiet_and_quick():
        return importlib.import_module("apache_beam")


@cache
def _options_class() -> Any:
    from apache_beam.options.pipeline_options import PipelineOptions

    class QuickOptions(PipelineOptions):
        """Options whose views are made once: all views of one object share their values."""

        def view_as(self, cls: Any) -> Any:
            made = self.__dict__.setdefault("_made", {})
            if cls not in made:
                made[cls] = super().view_as(cls)
            return made[cls]

    return QuickOptions


def quick_options(flags: list[str]) -> Any:
    """Return options for the embedded runner."""
    _remember_specs()
    _look_often()
    return _options_class()([*flags, "--no_pipeline_type_check"], save_main_session=False)


@cache
def _remember_specs() -> None:
    """Let Beam look for state and timers once per class; its wrappers of functions excepted."""
    from apache_beam.transforms import userstate

    look, found = userstate.get_dofn_specs, {}

    def specs(dofn: Any) -> Any:
        kind = type(dofn)
        if kind.__module__.startswith("apache_beam."):  # it may stand for any function
            return look(dofn)
        if kind not in found:
            found[kind] = look(dofn)
        return found[kind]

    userstate.get_dofn_specs = specs


LOOK_MS = 5
"""How often Beam looks where the work is; without the interpreter, in a microsecond."""


@cache
def _look_often() -> None:
    """Let Beam's thread that looks where the work is notice within some milliseconds that it ended.

    Source: https://github.com/apache/beam/blob/master/sdks/python/apache_beam/runners/worker/statesampler_fast.pyx
    """
    from apache_beam.runners.worker.statesampler import StateSampler

    StateSampler.__init__.__defaults__ = (LOOK_MS,)
