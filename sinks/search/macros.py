"""SQL macros for search, for any DuckDB client: ``FROM search('copyright lawsuit')``.

They know words, not the query language; `newsbeam search` and the dashboard know all of it.  Where
the file is attached under another name, ``USE`` it first: macros look in the current database.

BM25 with k1 = 1.2 and b = 0.75, a word in the title counting as four more.
Source: Robertson and Zaragoza, The probabilistic relevance framework: BM25 and beyond, 2009.
"""

MACROS = r"""
CREATE MACRO words_of(query) AS
    list_distinct(regexp_extract_all(strip_accents(lower(query)), '[\p{L}\p{M}\p{N}]+'));

CREATE MACRO search(query, most := 20) AS TABLE
WITH wanted AS (SELECT unnest(words_of(query)) AS term),
hits AS (SELECT p.term, p.doc, p.times, p.in_title, d.article_id, d.words
         FROM search_postings p JOIN wanted USING (term) JOIN search_docs d USING (doc)),
common AS (SELECT term, count(*) AS articles FROM hits GROUP BY term),
size AS (SELECT count(*) AS articles, avg(words) AS words FROM search_docs),
scored AS (
    SELECT h.article_id, count(*) AS found,
           sum(ln(1 + (s.articles - c.articles + 0.5) / (c.articles + 0.5))
               * (h.times + 3 * h.in_title) * 2.2
               / (h.times + 3 * h.in_title + 1.2 * (0.25 + 0.75 * h.words / s.words))) AS score
    FROM hits h JOIN common c USING (term), size s GROUP BY h.article_id
    HAVING count(*) = (SELECT count(*) FROM wanted)
    ORDER BY score DESC, h.article_id LIMIT most)
SELECT round(s.score, 3) AS score, a.title, a.outlet, coalesce(a.published, a.first_fetched)
       AS published, a.url, a.lead, s.article_id
FROM scored s JOIN article_rows a USING (article_id) ORDER BY s.score DESC, s.article_id;

CREATE MACRO like_this(article, most := 20, days := 90) AS TABLE
WITH this AS (
    SELECT v.model, v.vector, coalesce(a.published, a.first_fetched) AS at
    FROM article_vectors v JOIN article_rows a USING (article_id) WHERE v.article_id = article),
near AS (
    SELECT a.article_id, a.title, a.outlet, coalesce(a.published, a.first_fetched) AS published,
           a.url, a.lead
    FROM article_rows a, this
    WHERE coalesce(a.published, a.first_fetched)
          BETWEEN this.at - to_days(days) AND this.at + to_days(days)
      AND a.article_id <> article)
SELECT round(list_cosine_similarity(v.vector, this.vector), 4) AS likeness, near.title,
       near.outlet, near.published, near.url, near.lead, near.article_id
FROM near JOIN article_vectors v USING (article_id), this
WHERE v.model = this.model ORDER BY likeness DESC, near.article_id LIMIT most;
"""
