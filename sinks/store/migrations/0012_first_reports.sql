-- Who was first: the first report of each story with more than one newsroom.  Aggregators and press
-- releases report nothing.
--   story_id: the story
--   title: headline of the first report
--   outlet: who had it first
--   newsroom: who reported
--   first: when (UTC)
--   hours_ahead: hours before the second newsroom
--   newsrooms: independent newsrooms that had it in the end
--   url: of the first report
--   topics: topics of the story
--   article_id: the first report
CREATE OR REPLACE VIEW first_reports AS
WITH came AS (
    SELECT s.*, o.newsroom_kind AS original_kind,
           row_number() OVER (PARTITION BY s.story_id, coalesce(s.copy_of, s.article_id)
                              ORDER BY s.newsroom_kind <> 'newsroom', s.arrival) AS version
    FROM story_articles s LEFT JOIN story_articles o ON o.article_id = s.copy_of),
firsts AS (
    SELECT story_id, newsroom, min(arrived) AS arrived, arg_min(article_id, (arrived, arrival))
           AS article_id
    FROM came
    WHERE newsroom IS NOT NULL AND (
        newsroom_kind = 'agency' OR newsroom_kind = 'newsroom'
        -- what an aggregator showed first is the report of the first newsroom that has it
        AND (copy_of IS NULL OR original_kind = 'aggregator' AND version = 1))
    GROUP BY story_id, newsroom),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY story_id ORDER BY arrived, article_id) AS place,
           lead(arrived) OVER (PARTITION BY story_id ORDER BY arrived, article_id) AS next
    FROM firsts)
SELECT f.story_id, a.title, a.outlet, f.newsroom, f.arrived AS first,
       round(epoch(f.next - f.arrived) / 3600, 2) AS hours_ahead, s.newsrooms, a.url, s.topics,
       f.article_id
FROM ranked f JOIN stories s USING (story_id) JOIN article_rows a USING (article_id)
WHERE f.place = 1 AND f.next IS NOT NULL;
