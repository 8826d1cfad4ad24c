"""Texts to mentions, without feeds or store: what ``newsbeam topics tag`` does."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from newsbeam.encoder import LazyEncoder, preload
from newsbeam.errors import ConfigError, RecordError, reason_of
from newsbeam.records import Article, Embedded, Entry, Mention, Page
from newsbeam.settings import ModelSettings, Settings
from newsbeam.stories.vector_text import beginning
from newsbeam.topics import TopicSet, configured_topics, load_topics
from newsbeam.topics.embedding import embed_articles
from newsbeam.topics.meaning import Encodes
from pipelines.cli.lines import no_text, read_json, valid

AT_ONCE = 64
"""Texts per batch: enough passages for sorting by length to pay."""

PAGES = frozenset((".html", ".htm", ".xhtml"))
"""Endings of saved pages."""


def load_topics_for(settings: Settings, folder: Path | None = None) -> TopicSet:
    """Return the topics of a folder, or those of the settings.

    Raises:
        ConfigError: a topic is wrong, or the folder has none.
    """
    if folder is not None:
        topics = load_topics((), [folder])
        if not topics.names:
            raise ConfigError(str(folder), "no topic (*.toml) is in it")
        return topics
    return configured_topics(settings.topics, settings.home)


def own_folder(settings: Settings) -> Path:
    """Return the first of the folders of the settings, where a person's own topics lie.

    Raises:
        ConfigError: the settings name none.
    """
    if not settings.topics.folders:
        raise ConfigError("topics.folders", 'names no folder for your own topics; add "topics"')
    return settings.path(settings.topics.folders[0])


def tag_lines(
    lines: Iterable[bytes], topics: TopicSet, model: ModelSettings
) -> Iterator[dict[str, Any]]:
    """Yield one answer per line, in order."""
    encoder = LazyEncoder(model)
    started = False
    kept = ((n, line) for n, line in enumerate(lines, start=1) if line.strip())
    while batch := list(islice(kept, AT_ONCE)):
        if not started:
            preload(model)  # while the first texts are read
            topics.prepare(encoder)
            started = True
        answers = tag_batch([read_line(line) for _, line in batch], topics, encoder)
        for (number, _), answer in zip(batch, answers, strict=True):
            if "error" in answer:
                answer["line"] = number
            yield answer


def read_line(line: bytes) -> tuple[Any, Article | str]:
    """Return the id of a line and its article, or what is wrong with it."""
    try:
        raw = read_json(line)
    except ValueError as error:
        return None, f"not JSON: {error}"
    if not isinstance(raw, dict):
        return None, 'not a JSON object: write {"id": …, "title": …, "text": …}'
    id_, title, text = raw.get("id"), raw.get("title") or "", raw.get("text") or ""
    if not isinstance(title, str) or not isinstance(text, str):
        return id_, "title and text must be strings"
    title, text = valid(title), valid(text)
    if not title.strip() and not text.strip():
        return id_, no_text(raw)
    language = raw.get("language")
    return id_, make_article(id_, title, text, language if isinstance(language, str) else None)


def text_article(path: Path) -> Article:
    """Read a text file as an article without a headline; a saved page as its article.

    Raises:
        ConfigError: it cannot be read, or there is no text in it.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    text = body.decode("utf-8-sig", "replace")
    if path.suffix.lower() in PAGES or text[:200].lstrip().lower().startswith(
        ("<!doctype", "<html")
    ):
        return _saved_page(path, body)
    if "\0" in text:
        raise ConfigError(str(path), "is no text in UTF-8")
    if not text.strip():
        raise ConfigError(str(path), "there is no text in it")
    article = make_article(path.stem, "", text, None)
    if isinstance(article, str):
        raise ConfigError(str(path), article)
    return article


def _saved_page(path: Path, body: bytes) -> Article:
    from newsbeam.articles.read import read_page

    now = datetime.now(UTC)
    url = f"https://tag.invalid/{quote(path.stem)}"
    entry = Entry(id=path.stem, feed_url="tag:", guid=path.stem, url=url)
    try:
        article = read_page(Page(entry, url, body, now), now=now)
    except RecordError as error:
        raise ConfigError(str(path), error.message) from error
    if not article.text:
        raise ConfigError(str(path), f"there is no article in this page ({article.verdict})")
    return article


def make_article(id_: object, title: str, text: str, language: str | None) -> Article | str:
    """Read a bare title and text as an article."""
    from newsbeam.articles.read import read_text

    entry = Entry(
        id=str(id_),
        feed_url="tag:",
        guid=str(id_),
        url=f"https://tag.invalid/{id_}",
        title=title.strip() or None,
        language=language,
    )
    try:
        return read_text(entry, text, now=datetime.now(UTC))
    except RecordError as error:
        return error.message


def embed(articles: Iterable[Article], topics: TopicSet, encoder: Encodes) -> list[Embedded]:
    """Embed what the topics ask for."""
    every = list(articles)
    beginnings = [beginning(a) for a in every]
    chosen = [topics.passages(a) for a in every]
    return list(embed_articles(every, beginnings, chosen, topics, encoder))


def tag_batch(
    read: list[tuple[Any, Article | str]], topics: TopicSet, encoder: Encodes
) -> Iterator[dict[str, Any]]:
    """Yield the answers of one batch, in order."""
    articles = [found for _, found in read if isinstance(found, Article)]
    embedded = iter(embed(articles, topics, encoder))
    for id_, found in read:
        if isinstance(found, str):
            yield {"id": id_, "error": found}
        else:
            mentions = topics.match(next(embedded))
            yield {"id": id_, "mentions": [mention_line(m) for m in mentions]}


def mention_line(mention: Mention) -> dict[str, Any]:
    """Return a mention as the contract says."""
    return {
        "topic": mention.topic,
        "score": mention.score,
        "matched_by": mention.matched_by,
        "topic_version": mention.topic_version,
        "evidence": [asdict(e) for e in mention.evidence],
        "parts": dict(mention.parts),
    }
