"""``newsbeam topics explain``: why an article is, or is not, a mention of a topic."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.options import topics_folder

if TYPE_CHECKING:
    from newsbeam.records import Article
    from newsbeam.settings import Settings


@click.command()
@click.argument("article")
@click.argument("topic")
@topics_folder
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_obj
def explain(
    config: Path | None, article: str, topic: str, folder: Path | None, as_json: bool
) -> None:
    """Say why ARTICLE (id or URL of the store, text or HTML file) is a mention of TOPIC or not."""
    from newsbeam.encoder import LazyEncoder
    from newsbeam.headlines import headline
    from newsbeam.settings import load_settings
    from newsbeam.topics.explain import explain as lines
    from newsbeam.topics.topicset import mention
    from newsbeam.topics.view import ArticleView
    from pipelines.cli.topics_tag import embed, load_topics_for, mention_line

    settings = load_settings(config)
    topics, encoder = load_topics_for(settings, folder), LazyEncoder(settings.model)
    topics[topic]  # an unknown name is told before the model is loaded
    topics.prepare(encoder)
    found = find(article, settings)
    embedded = embed([found], topics, encoder)[0]
    judged = topics.judge(embedded, [topic])[0]
    view = ArticleView(found)
    if as_json:
        answer = mention_line(mention(judged, view))
        threshold = judged.active.model.threshold
        line = {"mention": judged.passes, "threshold": threshold, **answer}
        click.echo(json.dumps(line, ensure_ascii=False, indent=1))
        return
    click.echo(headline(found.title or found.text[:160]))
    click.echo("")
    for line_ in lines(judged, view):
        click.echo(line_)


def find(key: str, settings: "Settings") -> "Article":
    """Return an article by its file, id or URL.

    Raises:
        ConfigError: there is none.
    """
    from newsbeam.errors import ConfigError
    from pipelines.cli.topics_tag import text_article

    path = Path(key)
    if path.is_file():
        return text_article(path)
    from pipelines.cli.stored import read_stored
    from sinks.store.topics import find_article, stored_articles

    with read_stored(settings) as db:
        found = find_article(db, key)
        for batch in stored_articles(db, ids=[found]):
            return batch[0]
    raise ConfigError("article", f"the text of {key!r} is no longer in the store (retention)")
