-- the window is then read from one table, not by a look at the vectors of the whole history
ALTER TABLE story_features ADD COLUMN vector FLOAT[]; -- vector with which it was grouped; NULL: not embedded
UPDATE story_features SET vector = v.vector FROM article_vectors v WHERE v.article_id = story_features.article_id;
