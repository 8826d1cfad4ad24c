-- How a comment becomes COMMENT ON: the lines right above a CREATE describe the table or view, the
-- end of a column's line describes the column (sinks/store/schema.py).  All times are UTC.

-- One row per run, backfill or cycle of `watch` that was committed.
CREATE TABLE runs (
    run_id VARCHAR PRIMARY KEY, -- stable id of the run: of its kind, start and configuration
    kind VARCHAR NOT NULL, -- run, backfill, watch or demo
    started TIMESTAMP NOT NULL, -- when it began; the `fetched` and `at_time` of all its rows
    finished TIMESTAMP NOT NULL, -- when it was committed
    config_hash VARCHAR NOT NULL, -- 12 hex digits that change with any setting
    newsbeam VARCHAR NOT NULL, -- version of newsbeam that ran
    model VARCHAR, -- identity of the embedding model; NULL where nothing was embedded
    feeds INTEGER NOT NULL, -- feeds polled
    feeds_failed INTEGER NOT NULL, -- feeds that gave no entries because something was wrong
    entries INTEGER NOT NULL, -- entries seen, known ones included
    known INTEGER NOT NULL, -- entries that had been decided in an earlier run and are unchanged
    articles INTEGER NOT NULL, -- articles that are new in the store
    revised INTEGER NOT NULL, -- articles that got a new revision
    mentions INTEGER NOT NULL, -- mentions written
    stages VARCHAR NOT NULL -- seconds per stage, JSON
);

-- Feeds of the settings and OPML files, as last read.
CREATE TABLE feeds (
    feed_id VARCHAR PRIMARY KEY, -- stable id: of the URL
    url VARCHAR NOT NULL, -- what is polled
    outlet VARCHAR, -- registrable domain of who publishes, where the settings or feed tell
    title VARCHAR, -- as the feed or the OPML file calls it
    tags VARCHAR[] NOT NULL, -- folders of the OPML file
    language VARCHAR, -- as the OPML file or the feed declares it
    kind VARCHAR NOT NULL, -- which connector reads it: feed, sitemap, gdelt
    added TIMESTAMP NOT NULL, -- first run that knew it
    active BOOLEAN NOT NULL -- false: no longer in the settings
);

-- What is remembered of a feed between two polls.
CREATE TABLE feed_cursors (
    url VARCHAR PRIMARY KEY, -- the feed
    etag VARCHAR, -- validator of the last good answer
    last_modified VARCHAR, -- validator of the last good answer
    body_hash VARCHAR, -- hash of the last body that was read
    next_poll TIMESTAMP, -- not before this time; NULL: as soon as possible
    interval_s DOUBLE, -- current interval, seconds
    last_poll TIMESTAMP, -- last request
    last_success TIMESTAMP, -- last answer that could be used (304 included)
    last_new TIMESTAMP, -- when an entry was last new
    failures DOUBLE NOT NULL, -- weighted failures in a row
    verdict VARCHAR, -- how the last poll ended
    reason VARCHAR, -- why
    unchanged INTEGER NOT NULL, -- 304 answers, or equal bodies, in a row
    polls INTEGER NOT NULL, -- polls in all
    hub VARCHAR, -- WebSub hub that the feed offers
    history VARCHAR -- the connector's own memory, JSON
);

-- One row per feed and run: how the poll ended.  entries = known + the run's ledger rows of the feed.
CREATE TABLE polls (
    run_id VARCHAR NOT NULL, -- the run
    url VARCHAR NOT NULL, -- the feed
    at_time TIMESTAMP NOT NULL, -- when
    verdict VARCHAR NOT NULL, -- feed_ok, unchanged, or what was wrong
    reason VARCHAR, -- in words
    status INTEGER, -- HTTP status
    bytes BIGINT, -- size of the answer after decompression
    seconds DOUBLE, -- time of the answer
    entries INTEGER NOT NULL, -- entries in the answer
    known INTEGER NOT NULL, -- of these, decided in an earlier run and unchanged
    fresh INTEGER NOT NULL, -- of these, new or changed
    PRIMARY KEY (run_id, url)
);

-- Items as feeds and archives announced them; one row per entry, as last seen changed.
CREATE TABLE entries (
    entry_id VARCHAR PRIMARY KEY, -- stable id
    key UBIGINT NOT NULL, -- 64-bit hash of the id, for the set of known entries
    print UBIGINT NOT NULL, -- 64-bit hash of what the feed said: a change means look again
    feed_url VARCHAR NOT NULL, -- the feed or archive that announced it
    guid VARCHAR NOT NULL, -- as the feed calls it
    url VARCHAR, -- link, absolute
    outlet VARCHAR, -- registrable domain
    title VARCHAR, -- as announced
    summary VARCHAR USING COMPRESSION zstd, -- plain text, as announced
    published TIMESTAMP, -- as announced
    updated TIMESTAMP, -- as announced
    authors VARCHAR[] NOT NULL, -- as announced
    language VARCHAR, -- as announced
    tags VARCHAR[] NOT NULL, -- as announced
    kind VARCHAR NOT NULL, -- article or discussion
    first_seen TIMESTAMP NOT NULL, -- first run that saw it
    last_seen TIMESTAMP NOT NULL, -- last run in which it was new or changed
    article_id VARCHAR, -- the article that it led to
    verdict VARCHAR NOT NULL -- how it ended last
);

-- How every feed and every new or changed entry ended, once per run: nothing disappears.
CREATE TABLE ledger_rows (
    run_id VARCHAR NOT NULL, -- the run
    subject VARCHAR NOT NULL, -- id of the feed or entry
    kind VARCHAR NOT NULL, -- feed or entry
    url VARCHAR, -- of the feed or entry
    feed_url VARCHAR, -- the feed that announced the entry
    stage VARCHAR NOT NULL, -- last stage reached: poll, fetch, extract, match, commit
    verdict VARCHAR NOT NULL, -- how it ended
    reason VARCHAR, -- why, in words
    at_time TIMESTAMP NOT NULL, -- when
    article_id VARCHAR, -- the article that came of it
    seconds DOUBLE, -- network and extraction time
    config_hash VARCHAR NOT NULL -- configuration that decided
);

-- What broke, by stage; one row per record that could not go on.
CREATE TABLE failures (
    run_id VARCHAR NOT NULL, -- the run
    stage VARCHAR NOT NULL, -- where
    url VARCHAR NOT NULL, -- what
    error VARCHAR NOT NULL, -- class of the error, or the verdict
    message VARCHAR NOT NULL, -- what happened
    at_time TIMESTAMP NOT NULL -- when
);

-- One row per article, current revision; the texts are in article_texts.
CREATE TABLE article_rows (
    article_id VARCHAR PRIMARY KEY, -- stable id: of the canonical URL
    key UBIGINT NOT NULL, -- 64-bit hash of the id, for the set of known articles
    url VARCHAR NOT NULL, -- that answered
    canonical_url VARCHAR NOT NULL, -- without tracking, mobile and AMP variants
    outlet VARCHAR NOT NULL, -- registrable domain
    title VARCHAR, -- headline, without the outlet's name
    lead VARCHAR, -- first 400 characters of the text
    published TIMESTAMP, -- publication date, by vote
    published_confidence DOUBLE, -- 0 to 1
    modified TIMESTAMP, -- last change that the outlet states
    first_fetched TIMESTAMP NOT NULL, -- first run that had it
    fetched TIMESTAMP NOT NULL, -- run of the current revision
    authors VARCHAR[] NOT NULL, -- names
    language VARCHAR, -- ISO 639-1
    site_name VARCHAR, -- as the outlet calls itself
    image VARCHAR, -- URL of the lead picture
    section VARCHAR, -- of the outlet
    keywords VARCHAR[] NOT NULL, -- of the outlet
    verdict VARCHAR NOT NULL, -- article, live_blog, discussion, teaser_or_paywall …
    reasons VARCHAR[] NOT NULL, -- why this verdict
    partial BOOLEAN NOT NULL, -- the text is a teaser or the feed's summary only
    source VARCHAR NOT NULL, -- page, feed or archive
    words INTEGER NOT NULL, -- words in the text
    text_hash VARCHAR NOT NULL, -- hash of the text
    revision INTEGER NOT NULL, -- 1, 2, …
    entry_id VARCHAR, -- the entry that led to it first
    feed_url VARCHAR, -- the feed that led to it first
    feed_tags VARCHAR[] NOT NULL, -- tags of that feed
    run_id VARCHAR NOT NULL -- run of the current revision
);

-- Texts, one row per revision.  Retention may empty `text` and keep the row.
CREATE TABLE article_texts (
    article_id VARCHAR NOT NULL, -- the article
    revision INTEGER NOT NULL, -- 1, 2, …
    at_time TIMESTAMP NOT NULL, -- when this revision was fetched
    title VARCHAR, -- headline of this revision
    text VARCHAR USING COMPRESSION zstd, -- paragraphs, one a line
    zones VARCHAR USING COMPRESSION zstd, -- JSON list of [kind, start, end]: offsets into text
    run_id VARCHAR NOT NULL, -- the run
    PRIMARY KEY (article_id, revision)
);

-- One vector per article, of title and lead; never mix models.
CREATE TABLE article_vectors (
    article_id VARCHAR PRIMARY KEY, -- the article
    model VARCHAR NOT NULL, -- identity: name, revision, precision, backend
    vector FLOAT[] NOT NULL -- L2-normalised
);

-- One row per article and topic: current.
CREATE TABLE mention_rows (
    mention_id VARCHAR PRIMARY KEY, -- stable id: of article and topic
    article_id VARCHAR NOT NULL, -- the article
    topic VARCHAR NOT NULL, -- name of the topic
    score DOUBLE NOT NULL, -- calibrated probability that the article is about the topic
    matched_by VARCHAR NOT NULL, -- query, meaning or both
    topic_version VARCHAR NOT NULL, -- version of the topic that decided
    evidence VARCHAR USING COMPRESSION zstd, -- JSON list: kind, zone, start, end, text, sentence, term, score
    parts VARCHAR, -- JSON object: the named parts of the score
    partial BOOLEAN NOT NULL, -- decided on a partial text
    revision INTEGER NOT NULL, -- revision of the article that it was decided on
    decided TIMESTAMP NOT NULL, -- first run that decided so
    run_id VARCHAR NOT NULL -- last run that changed it
);

-- Small facts about the store itself.
CREATE TABLE meta (
    name VARCHAR PRIMARY KEY, -- what
    value VARCHAR NOT NULL -- its value
);
