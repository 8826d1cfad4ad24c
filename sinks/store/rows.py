"""Records as rows: one Arrow schema per staged table, and the functions that fill them.

Times lose their zone here, after conversion to UTC: ``TIMESTAMP`` in the store means UTC, so that
`date_trunc` gives every analyst the same day.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from newsbeam.articles import revisions
from newsbeam.records import Article, Cursor, Embedded, Entry, LedgerRow, Mention

_TEXT, _TEXTS, _TIME = pa.string(), pa.list_(pa.string()), pa.timestamp("us")
_INT, _FLOAT, _FLAG, _KEY = pa.int64(), pa.float64(), pa.bool_(), pa.uint64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


SCHEMAS: dict[str, pa.Schema] = {
    "polls": _schema(
        url=_TEXT,
        title=_TEXT,
        verdict=_TEXT,
        reason=_TEXT,
        status=_INT,
        bytes=_INT,
        seconds=_FLOAT,
        entries=_INT,
        known=_INT,
        fresh=_INT,
    ),
    "cursors": _schema(
        url=_TEXT,
        etag=_TEXT,
        last_modified=_TEXT,
        body_hash=_TEXT,
        next_poll=_TIME,
        interval_s=_FLOAT,
        last_poll=_TIME,
        last_success=_TIME,
        last_new=_TIME,
        failures=_FLOAT,
        verdict=_TEXT,
        reason=_TEXT,
        unchanged=_INT,
        polls=_INT,
        hub=_TEXT,
        history=_TEXT,
    ),
    "signals": _schema(outlet=_TEXT, signal=_TEXT, url=_TEXT),
    "entries": _schema(
        entry_id=_TEXT,
        key=_KEY,
        print=_KEY,
        feed_url=_TEXT,
        guid=_TEXT,
        url=_TEXT,
        outlet=_TEXT,
        title=_TEXT,
        summary=_TEXT,
        published=_TIME,
        updated=_TIME,
        authors=_TEXTS,
        language=_TEXT,
        tags=_TEXTS,
        kind=_TEXT,
    ),
    "ledger": _schema(
        subject=_TEXT,
        kind=_TEXT,
        url=_TEXT,
        feed_url=_TEXT,
        stage=_TEXT,
        verdict=_TEXT,
        reason=_TEXT,
        article_id=_TEXT,
        seconds=_FLOAT,
    ),
    "articles": _schema(
        article_id=_TEXT,
        key=_KEY,
        url=_TEXT,
        canonical_url=_TEXT,
        outlet=_TEXT,
        title=_TEXT,
        text=_TEXT,
        zones=_TEXT,
        text_hash=_TEXT,
        words=_INT,
        published=_TIME,
        published_confidence=_FLOAT,
        modified=_TIME,
        authors=_TEXTS,
        language=_TEXT,
        site_name=_TEXT,
        image=_TEXT,
        section=_TEXT,
        keywords=_TEXTS,
        verdict=_TEXT,
        reasons=_TEXTS,
        partial=_FLAG,
        source=_TEXT,
        entry_id=_TEXT,
        feed_url=_TEXT,
        feed_tags=_TEXTS,
        model=_TEXT,
        vector=pa.list_(pa.float32()),
    ),
    "mentions": _schema(
        mention_id=_TEXT,
        article_id=_TEXT,
        topic=_TEXT,
        score=_FLOAT,
        matched_by=_TEXT,
        topic_version=_TEXT,
        evidence=_TEXT,
        parts=_TEXT,
        partial=_FLAG,
    ),
}

SCHEMAS |= {f"instead_{name}": SCHEMAS[name] for name in ("articles", "mentions")}


def to_table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return the rows as an Arrow table of the staged table's schema."""
    return pa.Table.from_pylist([dict(r) for r in rows], schema=SCHEMAS[name])


def key(text: str) -> int:
    """Return the 64-bit hash that stands for an id in the sets of known ids."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def fingerprint(entry: Entry) -> int:
    """Return a 64-bit hash of what the feed says of an entry; a new one means: look again.

    The publication date is left out: feeds that stamp every answer anew would make us fetch
    everything again at each poll (docs: peers' complaint on date churn).
    """
    said = (entry.title, entry.summary, entry.content, entry.url and entry.kind)
    return key("\x1f".join(part or "" for part in said))


def utc(time: datetime | None) -> datetime | None:
    """Return a time as the store keeps it: naive, in UTC."""
    return None if time is None else time.astimezone(UTC).replace(tzinfo=None)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return an entry as a row of ``staged_entries``; the feed's full text is not kept."""
    return {
        "entry_id": entry.id,
        "key": key(entry.id),
        "print": fingerprint(entry),
        "feed_url": entry.feed_url,
        "guid": entry.guid,
        "url": entry.url,
        "outlet": entry.outlet,
        "title": entry.title,
        "summary": entry.summary,
        "published": utc(entry.published),
        "updated": utc(entry.updated),
        "authors": entry.authors,
        "language": entry.language,
        "tags": entry.tags,
        "kind": entry.kind,
    }


def ledger_row(row: LedgerRow) -> dict[str, Any]:
    """Return a ledger row as a row of ``staged_ledger``."""
    return {name: getattr(row, name) for name in SCHEMAS["ledger"].names}


def cursor_row(cursor: Cursor) -> dict[str, Any]:
    """Return a cursor as a row of ``staged_cursors``."""
    row = asdict(cursor)
    return {k: utc(v) if isinstance(v, datetime) else v for k, v in row.items()}


def text_hash(article: Article) -> str:
    """Return the hash of what a revision is about: headline and sentences, without counters."""
    return revisions.fingerprint(article)


def article_row(embedded: Embedded) -> dict[str, Any]:
    """Return an article and its vector as a row of ``staged_articles``."""
    a = embedded.article
    return {
        "article_id": a.id,
        "key": key(a.id),
        "url": a.url,
        "canonical_url": a.canonical_url,
        "outlet": a.outlet,
        "title": a.title,
        "text": a.text,
        "zones": json.dumps([[str(z.kind), z.start, z.end] for z in a.zones]),
        "text_hash": text_hash(a),
        "words": len(a.text.split()),
        "published": utc(a.published),
        "published_confidence": a.published_confidence,
        "modified": utc(a.modified),
        "authors": a.authors,
        "language": a.language,
        "site_name": a.site_name,
        "image": a.image,
        "section": a.section,
        "keywords": a.keywords,
        "verdict": str(a.verdict),
        "reasons": a.reasons,
        "partial": a.partial,
        "source": a.source,
        "entry_id": a.entry_id,
        "feed_url": a.feed_url,
        "feed_tags": a.feed_tags,
        "model": embedded.model,
        "vector": _floats(embedded.vector),
    }


def _floats(vector: bytes | None) -> Any:
    if vector is None:
        return None
    import numpy as np

    return np.frombuffer(vector, dtype=np.float32)


def mention_row(mention: Mention) -> dict[str, Any]:
    """Return a mention as a row of ``staged_mentions``."""
    return {
        "mention_id": mention.id,
        "article_id": mention.article_id,
        "topic": mention.topic,
        "score": mention.score,
        "matched_by": mention.matched_by,
        "topic_version": mention.topic_version,
        "evidence": json.dumps([asdict(e) for e in mention.evidence], ensure_ascii=False),
        "parts": json.dumps(dict(mention.parts)),
        "partial": mention.partial,
    }
