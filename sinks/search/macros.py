r"""SQL macros for search, for any DuckDB client: ``FROM search('copyright lawsuit')``.

``search`` knows words, not the query language; `newsbeam search` and the dashboard know all of it.
``like_this`` is the one implementation of more like this.  Where the file is attached under another
name, ``USE`` it first: macros look in the current database.

BM25 with k1 = 1.2 and b = 0.75, a word in the title counting as four more.
Source: Robertson and Zaragoza, The probabilistic relevance framework: BM25 and beyond, 2009.

More like this: the signs of the vectors are compared first, which is a count of bits (Charikar,
Similarity estimation techniques from rounding algorithms, 2002), then the high halves of the bytes
of the best :data:`NEAR`, then the bytes of a tenth of these.  A product of bytes is a sum of counts
of bits, too: SQL has no other way to bytes that is fast in every client.
"""

NEAR = 4_000
"""Articles of which the four highest bits are compared, at least; a tenth of them in full."""

_LETTERS = r"[\p{L}\p{M}\p{N}]"
_FOLDS = (("æ", "ae"), ("œ", "oe"), ("þ", "th"), ("ß", "ss"))


def _folded(text: str) -> str:
    """Return SQL that folds as :mod:`newsbeam.topics.query.words`, but for rare signs."""
    text = f"replace(lower({text}), chr(173), '')"  # the soft hyphen
    for letter, plain in _FOLDS:
        text = f"replace({text}, '{letter}', '{plain}')"
    text = f"translate(strip_accents({text}), 'øłđħŧðı’ʼ', 'oldhtdi''''')"
    apart = r"'([\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])', ' \1 ', 'g'"
    text = rf"regexp_replace({text} || ' ', '''s([^\p{{L}}\p{{N}}])', '\1', 'g')"
    text = rf"regexp_replace({text}, '\b(\p{{L}})\.(\p{{L}})(?:\.(\p{{L}}))?\b', '\1\2\3', 'g')"
    return f"regexp_replace({text}, {apart})"


def _product(bits: range = range(8)) -> str:
    """Return SQL for the product of two vectors of bytes in two's complement, bit by bit.

    Args:
        bits: those that count; without the low ones the bytes are rounded down.
    """
    weights = [-128 if bit == 7 else 1 << bit for bit in range(8)]
    return " + ".join(
        f"{weights[i]} * ("
        + " + ".join(f"{weights[j]} * bit_count(n.b{i} & t.b{j})" for j in bits)
        + ")"
        for i in bits
    )


def _bits() -> str:
    return ", ".join(f"bits{i}::BIT AS b{i}" for i in range(8))


_TOLD = """
SELECT round(s.{score}, {digits}) AS {score}, r.title, r.outlet,
       coalesce(r.published, r.first_fetched) AS published, r.url, r.lead, r.language, article_id
FROM {found} s JOIN article_rows r USING (article_id)
ORDER BY {order}
"""

MACROS = rf"""
CREATE MACRO words_of(query) AS list_distinct(regexp_extract_all(
    {_folded("query")}, '{_LETTERS}*\p{{N}}(?:[.,]\p{{N}}{_LETTERS}*)+|{_LETTERS}+'));

CREATE MACRO search(query, most := 20) AS TABLE
WITH wanted AS (SELECT unnest(words_of(query)) AS term),
docs AS MATERIALIZED (SELECT doc, article_id, words FROM search_docs),
size AS (SELECT count(*) AS articles, avg(words) AS words FROM docs),
hits AS (SELECT term, p.doc, p.times + 3 * p.in_title AS times, d.article_id, d.words
         FROM search_postings p JOIN wanted USING (term) JOIN docs d USING (doc)),
common AS (SELECT term, count(*) AS articles FROM hits GROUP BY term),
worth AS (SELECT term, ln(1 + (s.articles - c.articles + 0.5) / (c.articles + 0.5)) AS worth
          FROM common c, size s),
scored AS (
    SELECT h.doc, h.article_id,
           sum(w.worth * h.times * 2.2
               / (h.times + 1.2 * (0.25 + 0.75 * h.words / s.words))) AS score
    FROM hits h JOIN worth w USING (term), size s GROUP BY ALL
    HAVING count(*) = (SELECT count(*) FROM wanted)
    ORDER BY round(score, 9) DESC, h.doc DESC LIMIT most)
{_TOLD.format(found="scored", score="score", digits=3, order="round(s.score, 9) DESC, s.doc DESC")};

CREATE MACRO like_this(article, most := 20, days := 90) AS TABLE
WITH this AS (
    SELECT article_id, model, published, norm, {_bits()} FROM search_docs
    WHERE article_id = article AND norm > 0),
near AS (
    SELECT doc FROM search_docs
    WHERE model = (SELECT model FROM this) AND article_id <> (SELECT article_id FROM this)
      AND norm > 0
      AND published BETWEEN (SELECT published FROM this) - to_days(days)
                        AND (SELECT published FROM this) + to_days(days)
    ORDER BY bit_count(xor(bits7::BIT, (SELECT b7 FROM this))), doc DESC
    LIMIT greatest({NEAR}, 10 * most)),
coded AS (SELECT doc, article_id, norm, {_bits()} FROM search_docs JOIN near USING (doc)),
nearer AS (
    SELECT n.* FROM coded n, this t
    ORDER BY ({_product(range(4, 8))}) / sqrt(n.norm) DESC, n.doc DESC
    LIMIT greatest({NEAR // 10}, 2 * most)),
best AS (
    SELECT n.doc, n.article_id,
           ({_product()}) / sqrt(n.norm::DOUBLE * t.norm) AS likeness
    FROM nearer n, this t ORDER BY likeness DESC, n.doc DESC LIMIT most)
{_TOLD.format(found="best", score="likeness", digits=4, order="s.likeness DESC, s.doc DESC")};
"""
