"""``newsbeam topics list``, ``lint`` and ``new``: writing topics."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.options import topics_folder
from pipelines.cli.tables import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from newsbeam.records import Article
    from newsbeam.settings import Settings
    from newsbeam.topics.lint import Warning
    from newsbeam.topics.topic import Topic


@click.command(name="list")
@topics_folder
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def list_topics(config: Path | None, folder: Path | None, as_json: bool) -> None:
    """List the topics in force, with version, threshold and what the threshold rests on."""
    from newsbeam.settings import load_settings
    from newsbeam.topics.learning import MIN_POSITIVES
    from pipelines.cli.topics_tag import load_topics_for

    topics = load_topics_for(load_settings(config), folder)
    rows: list[dict[str, Any]] = []
    for name in topics.names:
        active = topics[name]
        bound = active.calibration
        rows.append(
            {
                "topic": name,
                "title": active.topic.title,
                "version": active.version,
                "threshold": active.model.threshold,
                "precision": bound.precision if bound else None,
                "recall": bound.recall if bound else None,
                "labels": bound.rows if bound else 0,
                "positives": bound.positives if bound else 0,
                "model": bound.model if bound else None,
                "file": str(active.path),
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 1))
    for name in ("topic", "version", "threshold", "precision", "recall", "n"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        told = row["positives"] >= MIN_POSITIVES  # those of fewer say little
        figures = [f"{row[k]:.2f}" if told else "-" for k in ("precision", "recall")]
        threshold = f"{row['threshold']:.2f}"
        table.add_row(row["topic"], row["version"], threshold, *figures, str(row["labels"]))
    console().print(table)


@click.command()
@click.argument("topics", nargs=-1)
@click.option("--query", help="Check this query instead of files.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def lint(config: Path | None, topics: tuple[str, ...], query: str | None, as_json: bool) -> None:
    """Check TOPICS, names or files (default: all in force), or one query.

    Errors end with exit code 2 and the place.  Warnings: too wide, never true, expensive, or
    probably not meant so, macros and names that cannot be right; they end with 1.
    """
    from newsbeam.settings import load_settings
    from newsbeam.topics.calibration import calibration_for
    from newsbeam.topics.lint import lint_calibration, lint_examples, lint_query, lint_topic
    from newsbeam.topics.topic import (
        SHARED,
        find_topics,
        load_topic,
        shared_examples,
        shared_macros,
    )

    if query is not None:
        found = {"query": lint_query(query)}
    else:
        settings = load_settings(config)
        folders = [settings.path(f) for f in settings.topics.folders]
        named = {path.stem: path for path in find_topics(settings.topics.packs, folders)}
        paths = [_file_of(topic, named) for topic in topics] or list(named.values())
        read = {path: load_topic(path) for path in paths}
        found = {
            str(path): [
                *_named(path, read),
                *lint_topic(topic, shared_macros(path.parent)),
                *lint_calibration(topic, calibration_for(path, folders)),
            ]
            for path, topic in read.items()
        }
        for folder in dict.fromkeys(path.parent for path in paths):
            names = {path.stem for path in folder.glob("*.toml")}
            if wrong := lint_examples(shared_examples(folder), names):
                found[str(folder / SHARED)] = wrong
    if as_json:
        rows = [
            {"where": where, "kind": w.kind, "part": w.source, "message": w.message}
            for where, warnings in found.items()
            for w in warnings
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for where, warnings in found.items():
            for warning in warnings:
                part = " ".join(warning.source.split())
                shown = part if len(part) <= 80 else f"{part[:80]}…"
                click.echo(f"{where}: {warning.kind}: {warning.message}\n    {shown}")
        total = sum(map(len, found.values()))
        click.echo(f"{len(found)} checked, {total or 'no'} warning{'s' if total != 1 else ''}")
    if any(found.values()):
        raise click.exceptions.Exit(1)


def _file_of(topic: str, named: "Mapping[str, Path]") -> Path:
    """Return the file that a name or a path stands for.

    Raises:
        ConfigError: there is none.
    """
    from newsbeam.errors import ConfigError

    path = named.get(topic, Path(topic))
    if not path.is_file():
        known = ", ".join(sorted(named))
        raise ConfigError(topic or "TOPICS", f"is neither a topic file nor a topic; known: {known}")
    return path


def _named(path: Path, read: "Mapping[Path, Topic]") -> "Iterator[Warning]":
    """Yield remarks on a topic's name: it is its file's, and no other topic's."""
    from newsbeam.topics.lint import Warning

    name = read[path].name
    if name != path.stem:
        yield Warning("name", name, f"its file is called {path.name}: give both one name")
    for other, topic in read.items():
        if other != path and topic.name == name:
            yield Warning("name", name, f"{other} has a topic of this name, too: rename one")


@click.command()
@click.argument("name")
@click.argument("articles", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; `-` prints.")
@click.pass_obj
def new(config: Path | None, name: str, articles: tuple[str, ...], out: Path | None) -> None:
    """Begin a topic NAME from example ARTICLES: text or HTML files, ids or URLs of the store.

    Proposes terms that the examples share and other articles lack.
    """
    from newsbeam.errors import ConfigError
    from newsbeam.settings import load_settings
    from newsbeam.topics.propose import NO_TERM, propose_terms, topic_toml
    from newsbeam.topics.topic import Topic, find_topics
    from pipelines.cli.topics_tag import own_folder

    settings = load_settings(config)
    try:
        Topic(name=name, description="", query="x")
    except ValueError as error:
        raise ConfigError("NAME", str(error)) from error
    found = [_example(a, settings) for a in articles]
    others = _others(settings, {a.id for a in found})
    examples = [a.title or a.text[:160] for a in found]
    terms = propose_terms(found, others)
    text = topic_toml(name, terms, examples)
    if not terms:
        click.echo(f"no term stands out: put your own in place of {NO_TERM}", err=True)
    target = out or own_folder(settings) / f"{name}.toml"
    if str(target) == "-":
        click.echo(text, nl=False)
        return
    if target.exists():
        raise ConfigError(str(target), "exists already; --out names another file")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(target), f"cannot be written: {error.strerror}") from error
    if name in (known := {p.stem: p for p in find_topics(settings.topics.packs, ())}):
        click.echo(f"it takes the place of the pack's topic {known[name]}", err=True)
    quoted = shlex.quote(str(target))
    click.echo(f"{target}: edit it, then `newsbeam topics lint {quoted}` and `topics backtest`")


def _example(key: str, settings: "Settings") -> "Article":
    from pipelines.cli.topics_tag import text_article

    path = Path(key)
    if path.is_file():
        return text_article(path)
    from pipelines.cli.stored import read_stored
    from sinks.store.topics import find_article, stored_articles

    with read_stored(settings) as db:
        wanted = [find_article(db, key)]
        return next(stored_articles(db, ids=wanted))[0]


def _others(settings: "Settings", known: set[str], most: int = 500) -> "list[Article]":
    if not settings.path(settings.store.path).exists():
        return []
    from pipelines.cli.stored import read_stored
    from sinks.store.topics import same_stories, stored_articles

    others: list[Article] = []
    with read_stored(settings) as db:
        known = known | same_stories(db, known)
        for batch in stored_articles(db):
            others += [a for a in batch if a.id not in known]
            if len(others) >= most:
                break
    return others[:most]
