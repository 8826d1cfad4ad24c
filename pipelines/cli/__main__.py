"""``python -m pipelines.cli``: the same as ``newsbeam``."""

from pipelines.cli import main

main()
