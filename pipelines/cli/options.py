"""Options that several commands have."""

from pathlib import Path

import click

topics_folder = click.option(
    "--topics",
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with topic files, instead of the topics of the settings.",
)
