"""Make stores of any size with believable contents, fast, for benchmarks and dashboards.

Words follow Zipf's law, outlets too; volume follows the week and grows by bursts; one article in
twelve is on a topic; stories have one to thirty articles; three in a hundred are edited later.
Texts are made of 40,000 sentences, so they compress better than real news (by about a third).
Nothing here is random: the same call makes the same store.
"""

import hashlib
import random
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

TOPICS = ("ai-capex", "ai-copyright", "ai-regulation", "llama-monetization", "open-source-ai")
LANGUAGES = ("en", "en", "en", "en", "en", "en", "de", "fr", "es", "ja")
WORDS = {
    "ai-capex": "data centre spending chips power grid billion capital expenditure gigawatt",
    "ai-copyright": "copyright lawsuit training data authors publishers court fair use licence",
    "ai-regulation": "regulation act parliament regulator safety compliance fine transparency",
    "llama-monetization": "llama licence revenue hosting cloud share meta model partners",
    "open-source-ai": "open source weights licence community release model developers",
}
_WINDOW = pa.schema(
    [
        pa.field("article_id", pa.string()),
        pa.field("arrival", pa.int64()),
        pa.field("arrived", pa.timestamp("us")),
        pa.field("published", pa.timestamp("us")),
        pa.field("features", pa.binary()),
        pa.field("vector", pa.list_(pa.float32())),
    ]
)
"""As ``story_features``."""
_SYLLABLES = "ba be co da de fi ga ha in ka la le ma mo na ne or pa ra ri sa se ta ti to un va we"


def vocabulary(size: int, seed: int = 7) -> list[str]:
    """Return made-up words, the most frequent first and short."""
    rng = random.Random(seed)
    syllables = _SYLLABLES.split()
    words: dict[str, None] = {}
    while len(words) < size:
        length = 1 + min(5, int(len(words) ** 0.14) + rng.randint(0, 2))
        words["".join(rng.choice(syllables) for _ in range(length))] = None
    return list(words)


@cache
def sentences(count: int, seed: int = 8) -> list[str]:
    """Return sentences whose words follow Zipf's law; every tenth is about a topic."""
    rng = random.Random(seed)
    words = vocabulary(30_000)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    drawn = iter(rng.choices(words, weights, k=count * 20))
    themes = [w.split() for w in WORDS.values()]
    made = []
    for number in range(count):
        picked = [next(drawn) for _ in range(rng.randint(8, 18))]
        if number % 10 == 0:
            picked += rng.sample(themes[number // 10 % len(themes)], 4)
        made.append(" ".join(picked).capitalize() + ".")
    return made


def prepare(db: duckdb.DuckDBPyConnection, count: int = 40_000) -> None:
    """Make the temporary table of sentences that :func:`add_run` draws from."""
    pool = sentences(count)
    db.execute("CREATE OR REPLACE TEMP TABLE pool AS SELECT ?::VARCHAR[] AS s", [pool])
    db.execute(
        "CREATE OR REPLACE TEMP TABLE halves (side INTEGER, halves FLOAT[][])",
    )
    for side in (0, 1):
        db.execute("INSERT INTO halves VALUES (?, ?)", [side, half_vectors(side)])


@cache
def half_vectors(side: int, count: int = 2_400) -> list[list[float]]:
    """Return halves of made-up vectors; every sixth of the first side has one centre (a topic)."""
    rng = random.Random(side + 9)
    centres = [[rng.gauss(0, 1) for _ in range(192)] for _ in range(6)]
    scale = (2 * 192 * 2) ** 0.5  # so that two halves make a vector of length 1, about
    return [
        [(c * (side == 0) + rng.gauss(0, 1)) / scale for c in centres[number % 6]]
        for number in range(count)
    ]


def fill(
    db: duckdb.DuckDBPyConnection,
    articles: int,
    *,
    end: datetime,
    days: int = 90,
    vectors: bool = False,
    chunk: int = 20_000,
) -> None:
    """Fill a migrated store with articles up to ``end``, in runs of ``chunk``."""
    prepare(db)
    done = 0
    runs = max(1, -(-articles // chunk))
    for number in range(runs):
        size = min(chunk, articles - done)
        at = end - timedelta(days=days) * (runs - 1 - number) / runs
        add_run(db, size, at=at, first=done, span_days=days / runs, vectors=vectors)
        done += size


def fill_window(db: duckdb.DuckDBPyConnection, days: float = 7.0) -> int:
    """Let the grouper know the last days' articles, as if grouped by it; return how many."""
    from newsbeam.stories.copies import sketch
    from newsbeam.stories.features import Frequencies, make_features, term_table
    from newsbeam.stories.pack import pack
    from newsbeam.stories.terms import article_terms

    known = Frequencies()
    found = db.cursor().execute(
        """
        SELECT s.article_id, s.arrival, s.arrived, s.published, t.title, t.text, a.language,
               v.vector
        FROM story_articles s
        JOIN article_rows a USING (article_id)
        JOIN article_texts t ON t.article_id = a.article_id AND t.revision = a.revision
        LEFT JOIN article_vectors v ON v.article_id = a.article_id
        WHERE s.arrived > (SELECT max(arrived) FROM story_articles) - to_days($1::INTEGER)
          AND t.at_time > (SELECT max(arrived) FROM story_articles) - 2 * to_days($1::INTEGER)
        ORDER BY s.arrival
        """,
        [int(days)],
    )
    count = 0
    while rows := found.fetchmany(2_000):
        made: dict[str, list[Any]] = {n: [] for n in _WINDOW.names}
        for article, arrival, arrived, published, title, text, language, vector in rows:
            terms = article_terms(title, text, language)
            exact = None if vector is None else np.asarray(vector, np.float32)
            features = make_features(term_table(terms), known, exact, True)
            known.add(features.ids)
            packed = pack(features, sketch(text)).tobytes()
            row = (article, arrival, arrived, published, packed, exact)
            for column, value in zip(made.values(), row, strict=True):
                column.append(value)
        db.register("window_now", pa.table(made, schema=_WINDOW))
        db.execute("INSERT INTO story_features BY NAME FROM window_now")
        db.unregister("window_now")
        count += len(rows)
    return count


def add_run(
    db: duckdb.DuckDBPyConnection,
    count: int,
    *,
    at: datetime,
    first: int,
    span_days: float = 0.01,
    revised: int = 0,
    vectors: bool = False,
) -> str:
    """Commit one run of ``count`` new articles and ``revised`` edits of earlier ones.

    Args:
        db: the store, after :func:`prepare`.
        count: new articles.
        at: start of the run, naive UTC.
        first: number of the first article: articles made so far.
        span_days: the articles' dates lie in this many days before ``at``, in order.
        revised: earlier articles that get a second revision.
        vectors: also made-up vectors of 384 dimensions.
    """
    run = hashlib.blake2b(f"{at}{first}".encode(), digest_size=10).hexdigest()
    db.execute("BEGIN")
    db.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE fresh AS
        WITH numbered AS (
            SELECT i, md5('article' || i)[:20] AS article_id, hash(i) AS h,
                   (hash(i * 7 + 1) % 1_000_000) / 1e6 AS u,
                   {at!r}::TIMESTAMP - to_microseconds(
                       (({first + count} - i - (hash(i * 3 + 2) % 1_000_000) / 1e6) / {count}
                        * {span_days} * 86400e6)::BIGINT
                   ) AS published
            FROM range({first}, {first + count}) t(i))
        SELECT *, 1 + (u * u * u * 300)::INT AS o, i // 3 AS story,
               CASE WHEN h % 12 = 0 THEN (h // 12) % 5 END AS topic
        FROM numbered
        """.replace(repr(at), f"'{at}'"),
    )
    _insert_articles(db, run, at, vectors)
    if revised:
        _revise(db, run, at, first, revised)
    db.execute(
        """
        INSERT INTO runs VALUES ($1, 'run', $2, $2 + INTERVAL 20 SECONDS, 'synthetic000', '0',
                                 'synthetic', 300, 3, $3, 0, $3, $4, $3 // 12, '{}')
        """,
        [run, at, count, revised],
    )
    db.execute("COMMIT")
    return run


def _insert_articles(db: duckdb.DuckDBPyConnection, run: str, at: datetime, vectors: bool) -> None:
    topics, languages = list(TOPICS), list(LANGUAGES)
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE written AS
        SELECT f.*, list_aggregate(list_transform(range(8 + (h % 17)::INT),
                   lambda j: pool.s[1 + (hash(f.i * 131 + j * 17) % len(pool.s))::INT]),
                   'string_agg', chr(10)) AS text,
               trim(pool.s[1 + (hash(f.story) % len(pool.s))::INT], '.') AS title
        FROM fresh f, pool
        """
    )
    db.execute(
        """
        INSERT INTO article_rows
        SELECT article_id, hash(article_id), 'https://outlet' || o || '.example/' || i,
               'https://outlet' || o || '.example/' || i, 'outlet' || o || '.example', title,
               left(text, 400), published, 0.9, NULL, $1, $1, ['Reporter ' || (h % 900)],
               $3[1 + (o % 10)::INT], 'Outlet ' || o, NULL, NULL, [], 'article', [], false, 'page',
               len(string_split(text, ' ')), md5(text)[:20], 1, md5('entry' || i)[:20],
               'https://outlet' || o || '.example/feed', [], $2
        FROM written ORDER BY article_id
        """,
        [at, run, languages],
    )
    db.execute(
        """
        INSERT INTO article_texts SELECT article_id, 1, $1, title, text,
               '[["body",0,' || len(text) || ']]', $2 FROM written ORDER BY article_id
        """,
        [at, run],
    )
    db.execute(
        """
        INSERT INTO mention_rows
        SELECT md5('mention' || i)[:20], article_id, $3[1 + topic::INT], 0.5 + (h % 500) / 1000,
               ['query', 'meaning', 'both'][1 + (h % 3)::INT], 'v1',
               '[{"kind":"query","zone":"body","start":0,"end":' || instr(text || ' ', ' ') - 1 ||
               ',"text":"' || split_part(text, ' ', 1) || '","sentence":"' ||
               split_part(text, chr(10), 1) || '","term":"x","score":null}]',
               '{"query":0.6}', false, 1, $1, $2
        FROM written WHERE topic IS NOT NULL ORDER BY article_id
        """,
        [at, run, topics],
    )
    db.execute(
        """
        INSERT INTO entries
        SELECT md5('entry' || i)[:20], hash('e' || i), 0, 'https://outlet' || o || '.example/feed',
               'g' || i, 'https://outlet' || o || '.example/' || i, 'outlet' || o || '.example',
               title, NULL, published, NULL, [], NULL, [], 'article', $1, $1, article_id, 'article'
        FROM written ORDER BY i
        """,
        [at],
    )
    db.execute(
        """
        INSERT INTO ledger_rows
        SELECT $2, md5('entry' || i)[:20], 'entry', 'https://outlet' || o || '.example/' || i,
               'https://outlet' || o || '.example/feed', 'match',
               CASE WHEN h % 20 = 0 THEN 'teaser_or_paywall' ELSE 'article' END, NULL, $1,
               article_id, 0.05, 'synthetic000'
        FROM written ORDER BY i
        """,
        [at, run],
    )
    _insert_stories(db, run, at)
    if vectors:
        db.execute(
            """
            INSERT INTO article_vectors
            SELECT article_id, 'synthetic',
                   list_concat(near.halves[1 + coalesce(topic, 5)::INT + 6 * ((h % 400)::INT)],
                               far.halves[1 + ((h // 400) % 2400)::INT])
            FROM written, halves near, halves far WHERE near.side = 0 AND far.side = 1
            ORDER BY article_id
            """
        )


def _insert_stories(db: duckdb.DuckDBPyConnection, run: str, at: datetime) -> None:
    """Three articles to a story: the second often a copy, some outlets of one owner."""
    db.execute(
        """
        INSERT INTO story_articles
        SELECT article_id, md5('story' || story)[:20], i, least(published, $1), published,
               'outlet' || o || '.example', 'newsroom' || (o // 2), 'newsroom',
               CASE WHEN i % 3 = 1 AND h % 2 = 0 THEN md5('article' || (i - 1))[:20] END, NULL,
               NULL, NULL, 0.9, [], $2
        FROM fresh ORDER BY i
        """,
        [at, run],
    )
    db.execute(
        """
        INSERT INTO story_rows
        SELECT story_id, arg_min(a.title, s.arrived), arg_min(article_id, s.arrived),
               arg_min(article_id, s.arrived), min(s.arrived), max(s.arrived), count(*),
               count(s.copy_of), count(DISTINCT s.outlet), count(DISTINCT s.newsroom), NULL, $1
        FROM story_articles s JOIN article_rows a USING (article_id)
        WHERE story_id IN (SELECT DISTINCT md5('story' || story)[:20] FROM fresh)
        GROUP BY story_id
        ON CONFLICT (story_id) DO UPDATE SET articles = excluded.articles,
            copies = excluded.copies, outlets = excluded.outlets, newsrooms = excluded.newsrooms,
            last_seen = excluded.last_seen, run_id = excluded.run_id
        """,
        [run],
    )
    db.execute(
        """
        INSERT INTO story_history
        SELECT article_id, story_id, $2, NULL, 'grouped', run_id FROM story_articles
        WHERE run_id = $1 ORDER BY arrival
        """,
        [run, at],
    )


def _revise(
    db: duckdb.DuckDBPyConnection, run: str, at: datetime, first: int, revised: int
) -> None:
    db.execute(
        """
        CREATE OR REPLACE TEMP TABLE edited AS
        SELECT DISTINCT md5('article' || (hash(i * 77 + $1) % $1))[:20] AS article_id
        FROM range($2) t(i)
        """,
        [max(first, 1), revised],
    )
    db.execute(
        """
        INSERT INTO article_texts
        SELECT t.article_id, a.revision + 1, $1, 'Updated: ' || t.title, t.text || chr(10) ||
               'This article was corrected.', t.zones, $2
        FROM article_texts t JOIN edited USING (article_id)
        JOIN article_rows a ON a.article_id = t.article_id AND a.revision = t.revision
        """,
        [at, run],
    )
    db.execute(
        """
        INSERT INTO revision_rows
        SELECT t.article_id, a.revision + 1, $1, 'correction', t.title, 'Updated: ' || t.title,
               ['This article was corrected.'], [], 'This article was corrected.', $2,
               '{+Updated:+} ' || t.title
        FROM article_texts t JOIN edited USING (article_id)
        JOIN article_rows a ON a.article_id = t.article_id AND a.revision = t.revision
        """,
        [at, run],
    )
    db.execute(
        """
        UPDATE article_rows SET revision = revision + 1, fetched = $1, run_id = $2,
               title = 'Updated: ' || title
        WHERE article_id IN (SELECT article_id FROM edited)
        """,
        [at, run],
    )
