"""``newsbeam init``: a folder to start from."""

import json
import os
import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def init(folder: Path, force: bool, as_json: bool) -> None:
    """Write newsbeam.toml, feeds.opml and a topics folder into FOLDER (default: here).

    Settings come with every key and its default, commented out; the feeds are a starting list on
    AI, technology, business, policy and law.  Nothing that exists is overwritten without --force.
    """
    files = starter_files()
    taken = [name for name in files if (folder / name).exists()]
    if taken and not force:
        from newsbeam.errors import ConfigError

        raise ConfigError(
            str(folder), f"{', '.join(taken)} there already; nothing written (--force replaces)"
        )
    write_files(folder, files)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "written": list(files)}))
        return
    feeds = files["feeds.opml"].count("xmlUrl=")
    for name, what in (
        ("newsbeam.toml", "settings, every key with its default"),
        ("feeds.opml", f"{feeds} feeds on AI, technology, business, policy and law"),
        ("topics/_example.toml", "how to write a topic; the pack `ai` is on already"),
    ):
        click.echo(f"wrote {folder / name}: {what}")
    place = "" if folder == Path() else f"cd {shlex.quote(str(folder))} && "
    click.echo(
        f"\nNext:\n"
        f"  set fetch.contact in newsbeam.toml, so that outlets know whom to ask\n"
        f"  {place}newsbeam doctor      check model, feeds, disk\n"
        f"  {place}newsbeam run         poll the feeds once and store what is new"
    )


def starter_files() -> dict[str, str]:
    """Return the starter files: relative path -> text."""
    from pipelines import starter
    from pipelines.starter.settings_text import settings_toml

    here = Path(starter.__file__).parent
    return {
        "newsbeam.toml": settings_toml(),
        "feeds.opml": (here / "feeds.opml").read_text(encoding="utf-8"),
        "topics/_example.toml": (here / "_example.toml").read_text(encoding="utf-8"),
    }


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder, whole or not at all each.

    Raises:
        SinkError: the folder cannot be written to.
    """
    from newsbeam.errors import SinkError

    for name, text in files.items():
        target = folder / name
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        except OSError as error:
            raise SinkError(f"{target}: cannot be written: {error.strerror or error}") from error
