-- What changed when an article was fetched again: one row per revision from the second on. Counters, dates and advertisements make no revision.
CREATE TABLE revision_rows (
    article_id VARCHAR NOT NULL, -- the article
    revision INTEGER NOT NULL, -- number of the new revision: 2, 3, …
    at_time TIMESTAMP NOT NULL, -- run that saw the change (UTC)
    kind VARCHAR NOT NULL, -- edit, correction, retraction
    title_before VARCHAR, -- old headline, where it changed
    title_after VARCHAR, -- new headline, where it changed
    added VARCHAR[] NOT NULL, -- sentences that came, in order
    removed VARCHAR[] NOT NULL, -- sentences that went, in order
    notice VARCHAR, -- the outlet's own words on a correction or retraction
    run_id VARCHAR NOT NULL, -- the run
    PRIMARY KEY (article_id, revision)
);
