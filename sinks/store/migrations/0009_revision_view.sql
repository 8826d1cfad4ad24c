-- Both headlines of a revision in one, for people.
ALTER TABLE revision_rows ADD COLUMN headline_diff VARCHAR -- both headlines in one, [-old-] and {+new+} words marked, where it changed
;

-- Revisions: what an article said before and after each change, and what changed.
--   article_id: the article
--   revision: 2, 3, … : the revision that replaced the one before
--   changed: when we saw it (UTC)
--   outlet: who published
--   url: of the article
--   kind: edit, correction, retraction: the last two by the outlet's own notice; NULL: nothing but noise changed
--   title_before: headline before
--   title: headline after
--   title_changed: the headline is another
--   headline_diff: both headlines in one, [-old-] and {+new+} words marked, where it changed
--   added: sentences that came, in order
--   removed: sentences that went, in order
--   notice: the outlet's own words on a correction or retraction
--   text_before: text before
--   text: text after
CREATE OR REPLACE VIEW revisions AS
SELECT n.article_id, n.revision, n.at_time AS changed, a.outlet, a.url, r.kind,
       o.title AS title_before, n.title, n.title IS DISTINCT FROM o.title AS title_changed,
       r.headline_diff, r.added, r.removed, r.notice, o.text AS text_before, n.text
FROM article_texts n
JOIN article_texts o ON o.article_id = n.article_id AND o.revision = n.revision - 1
JOIN article_rows a ON a.article_id = n.article_id
LEFT JOIN revision_rows r ON r.article_id = n.article_id AND r.revision = n.revision
WHERE n.revision > 1;
