"""Import Apache Beam in two thirds of the time, and without its noise.

* The garbage collector runs some hundred times while Beam's thousands of objects are made, and
  finds nothing: 0.2 s.
* Beam imports pandas where there is one (it comes with the dashboard), for dataframes that newsbeam
  does not use: 0.2 s.  It is hidden for the moment of the import; Beam takes it as not installed.
* Beam warns of optional cloud libraries, and by that configures the root logger.

Measured with ``python -X importtime``, 2026-11: 1.1 s before, 0.7 s after.
"""

import gc
import importlib
import logging
import sys
from typing import Any


def imported() -> Any:
    """Return the module ``apache_beam``."""
    if "apache_beam" in sys.modules:
        return sys.modules["apache_beam"]
    hidden = "pandas" not in sys.modules
    if hidden:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # "not installed", to an import
    logging.disable(logging.WARNING)
    collecting = gc.isenabled()
    gc.disable()
    try:
        return importlib.import_module("apache_beam")
    finally:
        if collecting:
            gc.enable()
        logging.disable(logging.NOTSET)
        if hidden:
            del sys.modules["pandas"]
