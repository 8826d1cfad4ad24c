-- Stories: articles on one event, as they stand now.
--   story_id: stable id
--   title: headline of the most central article
--   first_seen: when its first article came (UTC)
--   last_seen: when its last article came (UTC)
--   articles: articles in it, copies included
--   copies: of these, copies of another article
--   outlets: distinct outlets
--   newsrooms: independent newsrooms: reprints and outlets of one owner count once
--   topics: topics that its articles are on
--   first_article: the article that began it
--   first_outlet: outlet of that article, aggregators and releases too (first_reports: newsrooms)
CREATE OR REPLACE VIEW stories AS
WITH told AS (
    SELECT s.story_id, list_sort(list_distinct(list(m.topic))) AS topics
    FROM story_articles s JOIN mention_rows m USING (article_id) GROUP BY s.story_id)
SELECT r.story_id, r.title, r.first_seen, r.last_seen, r.articles, r.copies, r.outlets,
       r.newsrooms, coalesce(told.topics, []) AS topics, r.first_article,
       a.outlet AS first_outlet
FROM story_rows r LEFT JOIN told USING (story_id)
LEFT JOIN article_rows a ON a.article_id = r.first_article
WHERE r.merged_into IS NULL;
