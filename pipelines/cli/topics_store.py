"""``newsbeam topics label``, ``backtest`` and ``retag``: topics against the stored articles."""

import getpass
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsbeam.headlines import headline, shown
from pipelines.cli.tables import console

if TYPE_CHECKING:
    import duckdb

    from newsbeam.records import Article
    from newsbeam.topics import TopicSet
    from newsbeam.topics.meaning import Encodes
    from newsbeam.topics.topicset import Judged

SHOWN = 20
"""Gained and lost mentions that are shown; --json has all."""


@click.command()
@click.argument("article")
@click.argument("topic")
@click.argument("answer", type=click.Choice(["yes", "no"]))
@click.option("--who", default=None, help="Who answers.  [default: the user of this computer]")
@click.option("--note", help="Why, in a few words.")
@click.pass_obj
def label(
    config: Path | None, article: str, topic: str, answer: str, who: str | None, note: str | None
) -> None:
    """Say whether ARTICLE (id or URL) is about TOPIC.  `topics calibrate` learns from it.

    While `watch` holds the store, the answer is left to it.  The published database shows it after
    the next run.
    """
    from newsbeam.errors import StoreBusyError
    from newsbeam.settings import load_settings
    from pipelines.cli.topics_tag import load_topics_for
    from sinks.publish.reader import open_publication
    from sinks.store.mailbox import leave
    from sinks.store.store import existing, open_store
    from sinks.store.topics import Label, add_label, find_article, said

    settings = load_settings(config)
    load_topics_for(settings)[topic]
    store, now = existing(settings.path(settings.store.path)), datetime.now(UTC)
    person, later = (who or "").strip() or getpass.getuser(), ""
    try:
        with open_store(store, "topics label") as db:
            id_ = find_article(db, article)
            add_label(db, Label(id_, topic, answer == "yes", person, now, note=note))
            yes, no = said(db, id_, topic)
            if yes + no > 1:
                even = ": as many each way, so it counts for nothing" if yes == no else ""
                later = f" ({yes} of {yes + no} people say yes{even})"
    except StoreBusyError:
        with open_publication(settings.path(settings.publish.path)) as published:
            id_ = find_article(published, article, "articles")
        request = {"what": "label", "article": id_, "topic": topic, "about": answer == "yes"}
        leave(store, {**request, "who": person, "note": note, "source": "cli"}, now)
        later = " (left for the process that holds the store; `watch` takes it up within seconds)"
    click.echo(f"{id_}: {'' if answer == 'yes' else 'not '}about {topic}, says {person}{later}")


@click.command()
@click.argument("topic")
@click.option(
    "--file", "path", type=click.Path(path_type=Path, exists=True), help="The edited topic's file."
)
@click.option("--since", type=click.DateTime(), help="Only articles fetched since this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="For machines: all of them.")
@click.pass_obj
def backtest(
    config: Path | None, topic: str, path: Path | None, since: datetime | None, as_json: bool
) -> None:
    """Run TOPIC as its file says now over the stored articles; nothing is changed.

    Shows the mentions that would be gained and lost against those in force, with evidence.
    """
    from newsbeam.errors import ConfigError
    from newsbeam.settings import load_settings
    from newsbeam.topics.calibration import read_calibration
    from newsbeam.topics.topic import load_topic
    from newsbeam.topics.topicset import ActiveTopic, TopicSet
    from pipelines.cli.stored import read_stored
    from sinks.store.topics import mention_scores

    settings = load_settings(config)
    if path is not None:
        edited = TopicSet([ActiveTopic(load_topic(path), path, read_calibration(path))])
        if edited.names != (topic,):
            raise ConfigError(str(path), f"the topic in it is {edited.names[0]!r}, not {topic!r}")
    else:
        from pipelines.cli.topics_tag import load_topics_for

        edited = TopicSet([load_topics_for(settings)[topic]])
    encoder = _prepare(edited, config)
    with read_stored(settings) as db:
        in_force = mention_scores(db, topic)
        report = _compare(db, edited, encoder, in_force, _utc(since))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=1, default=str))
        return
    _print_backtest(topic, edited.version(topic), report)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--since", type=click.DateTime(), help="Only articles fetched since this day (UTC).")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def retag(
    config: Path | None, names: tuple[str, ...], since: datetime | None, as_json: bool
) -> None:
    """Apply the topics (default: all) to the stored articles; one transaction, no alerts.

    The published database shows it at once.
    """
    from newsbeam.records import record_id
    from newsbeam.settings import load_settings
    from newsbeam.topics.topicset import TopicSet
    from pipelines.cli.topics_tag import load_topics_for
    from sinks.publish.publish import publish
    from sinks.store.store import existing, open_store
    from sinks.store.topics import record_retag, record_versions, replace_mentions
    from sinks.store.transaction import transaction

    settings = load_settings(config)
    store = existing(settings.path(settings.store.path))
    every = load_topics_for(settings)
    topics = TopicSet([every[name] for name in dict.fromkeys(names or every.names)])
    encoder = _prepare(topics, config)
    now = datetime.now(UTC)
    run_id = record_id("retag", now.isoformat(), *topics.names)
    total = {"articles": 0, "gained": 0, "kept": 0, "lost": 0}
    with open_store(store, "topics retag") as db:
        with transaction(db):
            record_versions(db, topics, now)
            for batch, found in _judged(db, topics, encoder, _utc(since)):
                mentions = [m for _, ms in found for m in ms]
                ids = [a.id for a in batch]
                counts = replace_mentions(db, topics.names, ids, mentions, now, run_id)
                total["articles"] += len(batch)
                for key, count in counts.items():
                    total[key] += count
            done = datetime.now(UTC)
            record_retag(db, run_id, now, done, settings.hash(), total)
        publish(db, settings.path(settings.publish.path), settings.publish, now=done, force=True)
    if as_json:
        click.echo(json.dumps(total))
        return
    click.echo(
        f"{total['articles']} articles: {total['gained']} mentions gained, {total['kept']} kept, "
        f"{total['lost']} lost; nobody was alerted"
    )


def _prepare(topics: "TopicSet", config: Path | None) -> "Encodes":
    from newsbeam.encoder import LazyEncoder
    from newsbeam.settings import load_settings

    encoder = LazyEncoder(load_settings(config).model)
    topics.prepare(encoder)
    return encoder


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _judged(
    db: "duckdb.DuckDBPyConnection", topics: "TopicSet", encoder: "Encodes", since: datetime | None
) -> Iterator[Any]:
    """Yield batches of stored articles, and (embedded, mentions) of each of their articles."""
    from pipelines.cli.topics_tag import embed
    from sinks.store.topics import stored_articles

    for batch in stored_articles(db, since):
        embedded = embed(batch, topics, encoder)
        yield batch, [(e, topics.match(e)) for e in embedded]


def _compare(
    db: "duckdb.DuckDBPyConnection",
    edited: "TopicSet",
    encoder: "Encodes",
    in_force: dict[str, tuple[float, str]],
    since: datetime | None,
) -> dict[str, Any]:
    report: dict[str, Any] = {"articles": 0, "kept": 0, "gained": [], "lost": []}
    for batch, found in _judged(db, edited, encoder, since):
        report["articles"] += len(batch)
        for article, (embedded, mentions) in zip(batch, found, strict=True):
            had = article.id in in_force
            if had and mentions:
                report["kept"] += 1
            elif mentions:
                report["gained"].append(_gained(article, mentions[0]))
            elif had:
                judged = edited.judge(embedded, edited.names)[0]
                report["lost"].append(_lost(article, judged, in_force[article.id]))
    return report


def _gained(article: "Article", mention: Any) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "outlet": article.outlet,
        "title": article.title,
        "score": mention.score,
        "matched_by": mention.matched_by,
        "evidence": [
            {"term": e.term, "score": e.score, "sentence": e.sentence} for e in mention.evidence[:3]
        ],
    }


def _lost(article: "Article", judged: "Judged", before: tuple[float, str]) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "outlet": article.outlet,
        "title": article.title,
        "score": round(judged.probability, 4),
        "score_before": before[0],
        "version_before": before[1],
        "query": judged.look.query,
        "paragraphs": len(judged.look.queried),
    }


def _truth(row: dict[str, Any]) -> str:
    """Say of what in an article the query is true."""
    if (passages := row["paragraphs"]) > 0:
        many = "1 passage" if passages == 1 else f"{passages} passages"
        return f"the query is true of {many}"
    whole = "the article as a whole, of no single passage" if row["query"] else "no passage"
    return f"the query is true of {whole}"


def _print_backtest(topic: str, version: str, report: dict[str, Any]) -> None:
    from rich.markup import escape

    out = console(highlight=False)
    gained, lost = report["gained"], report["lost"]
    out.print(
        f"{topic} {version} on {report['articles']} articles: [green]{len(gained)} gained[/], "
        f"[red]{len(lost)} lost[/], {report['kept']} as before"
    )
    for row in gained[:SHOWN]:
        out.print(f"[green]+[/] {row['score']:.2f} {escape(headline(row['title']))}")
        out.print(f"    {row['outlet']} · {row['article_id']}", style="dim")
        for place in row["evidence"]:
            why = place["term"] or f"reads like it ({place['score']:.2f})"
            out.print(f"    {escape(why)}: {escape(shown(place['sentence'])[:140])}", style="dim")
    for row in lost[:SHOWN]:
        out.print(
            f"[red]-[/] {row['score']:.2f} (was {row['score_before']:.2f}) "
            f"{escape(headline(row['title']))}"
        )
        out.print(f"    {row['outlet']} · {row['article_id']} · {_truth(row)}", style="dim")
    hidden = max(0, len(gained) - SHOWN) + max(0, len(lost) - SHOWN)
    if hidden:
        out.print(f"… and {hidden} more: --json has all")
    out.print("Nothing was changed; `newsbeam topics retag` applies it to the history.")
