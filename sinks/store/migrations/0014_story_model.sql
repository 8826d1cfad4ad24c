-- vectors of two models cannot be compared: after a change the window's older ones are left aside
ALTER TABLE story_features ADD COLUMN model VARCHAR; -- identity of the vector's model; NULL: not embedded
UPDATE story_features SET model = v.model FROM article_vectors v WHERE v.article_id = story_features.article_id AND story_features.vector IS NOT NULL;
