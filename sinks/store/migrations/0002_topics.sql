-- Versions of topics as they were in force: what a mention's `topic_version` points to.
CREATE TABLE topic_versions (
    topic VARCHAR NOT NULL, -- name of the topic
    version VARCHAR NOT NULL, -- definition and calibration, as mentions name it
    definition VARCHAR NOT NULL, -- the topic as JSON: description, query, macros, examples
    calibration VARCHAR, -- the calibration as JSON: weights, threshold, model, labels' hash; NULL: generic
    threshold DOUBLE NOT NULL, -- least score of a mention
    model VARCHAR, -- identity of the sentence model that it was calibrated for
    first_used TIMESTAMP NOT NULL, -- first run or command that used it
    PRIMARY KEY (topic, version)
);

-- What people say: is this article about this topic?  One answer per person, the last one counts.
CREATE TABLE topic_labels (
    article_id VARCHAR NOT NULL, -- the article
    topic VARCHAR NOT NULL, -- name of the topic
    about BOOLEAN NOT NULL, -- the answer
    who VARCHAR NOT NULL, -- who answered
    at_time TIMESTAMP NOT NULL, -- when
    source VARCHAR NOT NULL, -- where it was answered: cli, dashboard, slack
    note VARCHAR, -- why, in their words
    mentioned BOOLEAN NOT NULL, -- the article was a mention of the topic at that time
    score DOUBLE, -- score of that mention
    topic_version VARCHAR, -- version of the topic that had decided
    PRIMARY KEY (article_id, topic, who)
);

-- One answer per article and topic: the majority; a draw is left out.
--   article_id: the article
--   topic: name of the topic
--   about: what most people say
--   answers: how many people answered
--   mentioned: the article was a mention when the last of them answered
--   at_time: time of the last answer
CREATE VIEW topic_answers AS
SELECT article_id, topic, count_if(about) * 2 > count(*) AS about, count(*) AS answers,
       arg_max(mentioned, at_time) AS mentioned, max(at_time) AS at_time
FROM topic_labels
GROUP BY article_id, topic
HAVING count_if(about) * 2 <> count(*);

-- Precision of each topic by week, from the labels of its mentions.
--   topic: name of the topic
--   week: Monday of the week in which the answers were given
--   labelled: mentions with an answer
--   correct: of these, about the topic
--   precision: share of correct ones
--   missed: articles labelled as about the topic that were no mention
CREATE VIEW topic_precision AS
SELECT topic, date_trunc('week', at_time)::DATE AS week,
       count_if(mentioned) AS labelled, count_if(mentioned AND about) AS correct,
       count_if(mentioned AND about) / nullif(count_if(mentioned), 0) AS precision,
       count_if(about AND NOT mentioned) AS missed
FROM topic_answers
GROUP BY ALL;
