"""Start the dashboard's server with everything loaded, so that its first visitor need not wait.

The pages are drawn once, for nobody, before the server listens: that imports what they need, opens
the publication and counts what every page shows.  Arguments are those of ``streamlit run``.
"""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a file, we know only our folder

APP = Path(__file__).with_name("app.py")
PATIENCE_S = 120
"""Longest that one page may take, seconds: a slow disk, a very large publication."""

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> None:
    """Warm up, then serve until stopped."""
    from streamlit.web.bootstrap import load_config_options
    from streamlit.web.cli import main as streamlit

    load_config_options(dict(_option(a) for a in arguments))  # for the warm-up, too
    warm_up()
    streamlit(["run", str(APP), *arguments], prog_name="streamlit")


def _option(argument: str) -> tuple[str, str | int | bool]:
    """Return name and value of ``--section.name=value``, as Streamlit's own parser does."""
    name, _, text = argument.removeprefix("--").partition("=")
    value: str | int | bool = int(text) if text.isdigit() else text
    return name.replace(".", "_"), {"true": True, "false": False}.get(text, value)


def warm_up() -> None:
    """Draw the first page once; what is wrong with it is shown to the visitors."""
    from streamlit.logger import set_log_level
    from streamlit.testing.v1 import AppTest

    set_log_level("ERROR")  # it warns that nobody is looking
    try:
        drawn = AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()
    except RuntimeError as error:  # too slow
        log.warning("the dashboard could not be drawn in advance: %s", error)
        return
    finally:
        set_log_level("INFO")
    for error in drawn.exception:
        log.warning("the dashboard's first page: %s", error.message)


if __name__ == "__main__":
    main(sys.argv[1:])
