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
    from streamlit.web.cli import main as streamlit

    warm_up()
    streamlit(["run", str(APP), *arguments], prog_name="streamlit")


def warm_up() -> None:
    """Draw the first page once; what is wrong with it is shown to the visitors."""
    from streamlit.testing.v1 import AppTest

    quiet = logging.getLogger("streamlit")
    level = quiet.level
    quiet.setLevel(logging.ERROR)  # it warns that nobody is looking
    try:
        drawn = AppTest.from_file(str(APP), default_timeout=PATIENCE_S).run()
    except RuntimeError as error:  # too slow
        log.warning("the dashboard could not be drawn in advance: %s", error)
        return
    finally:
        quiet.setLevel(level)
    for error in drawn.exception:
        log.warning("the dashboard's first page: %s", error.message)


if __name__ == "__main__":
    main(sys.argv[1:])
