-- One row per story, as it stands now.  A story keeps its id for life; a merged one points on.
CREATE TABLE story_rows (
    story_id VARCHAR PRIMARY KEY, -- stable id: of the first article
    title VARCHAR, -- headline of the most central article
    title_article VARCHAR, -- the article that the headline is from
    first_article VARCHAR NOT NULL, -- the article that began the story
    first_seen TIMESTAMP NOT NULL, -- when its first article came (publication date, never after we had it)
    last_seen TIMESTAMP NOT NULL, -- when its last article came
    articles INTEGER NOT NULL, -- articles in the story, copies included
    copies INTEGER NOT NULL, -- of these, copies of another article
    outlets INTEGER NOT NULL, -- distinct outlets
    newsrooms INTEGER NOT NULL, -- independent newsrooms: reprints, same-owner outlets and aggregators counted apart
    merged_into VARCHAR, -- the story that it became part of; NULL while it lives
    run_id VARCHAR NOT NULL -- last run that changed it
);

-- One row per article that was grouped: its story, and whose text it repeats.
CREATE TABLE story_articles (
    article_id VARCHAR PRIMARY KEY, -- the article
    story_id VARCHAR NOT NULL, -- its story now
    arrival BIGINT NOT NULL, -- 1, 2, …: the order in which articles were grouped
    arrived TIMESTAMP NOT NULL, -- publication date, or when we had it where that is earlier; never goes back
    published TIMESTAMP, -- as the article says
    outlet VARCHAR, -- registrable domain
    newsroom VARCHAR, -- who reported: the owner of the outlet, or the agency that the text names
    newsroom_kind VARCHAR NOT NULL, -- newsroom, agency, aggregator, release
    copy_of VARCHAR, -- earliest known article with (nearly) the same text; NULL: an original
    wire_origin VARCHAR, -- agency or release service that the text names as its origin
    resemblance DOUBLE, -- shared runs of four words of all, against copy_of; 0 to 1
    containment DOUBLE, -- shared runs of the shorter text's, against copy_of; 0 to 1
    similarity DOUBLE NOT NULL, -- probability of belonging to the story when it came
    reasons VARCHAR[] NOT NULL, -- why, in words
    run_id VARCHAR NOT NULL -- the run that grouped it
);

-- Which story an article was in, from when until when: stories as of any time.
CREATE TABLE story_history (
    article_id VARCHAR NOT NULL, -- the article
    story_id VARCHAR NOT NULL, -- the story
    valid_from TIMESTAMP NOT NULL, -- from this time (included)
    valid_to TIMESTAMP, -- until this time (excluded); NULL: still
    change VARCHAR NOT NULL, -- grouped, merge or split
    run_id VARCHAR -- the run; NULL where a person did it
);

-- Merges and splits, each with its reason.
CREATE TABLE story_lineage (
    lineage_id VARCHAR PRIMARY KEY, -- stable id
    kind VARCHAR NOT NULL, -- merge or split
    from_story VARCHAR NOT NULL, -- the story that lost articles
    to_story VARCHAR NOT NULL, -- the story that got them
    articles INTEGER NOT NULL, -- how many moved
    reason VARCHAR NOT NULL, -- why, in words
    similarity DOUBLE, -- probability that both are one event, where the machine decided
    decided_by VARCHAR NOT NULL, -- newsbeam or a person's name
    at_time TIMESTAMP NOT NULL, -- when
    run_id VARCHAR -- the run; NULL where a person did it
);

-- What the grouper remembers of each article of its window.
CREATE TABLE story_features (
    article_id VARCHAR NOT NULL, -- the article
    arrival BIGINT NOT NULL, -- as in story_articles
    arrived TIMESTAMP NOT NULL, -- as in story_articles
    published TIMESTAMP, -- as in story_articles
    features BLOB NOT NULL -- packed terms and sketch (newsbeam/stories/pack.py)
);

-- What happened in stories and topics, with the evidence: new stories, new facts, bursts.
CREATE TABLE story_events (
    event_id VARCHAR PRIMARY KEY, -- stable id
    kind VARCHAR NOT NULL, -- new_story, new_fact, burst, no_baseline
    story_id VARCHAR, -- the story; NULL for a burst of a topic
    topic VARCHAR, -- the topic
    article_id VARCHAR, -- the article that brought it
    at_time TIMESTAMP NOT NULL, -- when
    score DOUBLE, -- how new (new_fact: 1 - nearest earlier likeness) or how unusual (burst: times the baseline)
    evidence VARCHAR NOT NULL, -- JSON: what anyone needs to check it
    run_id VARCHAR NOT NULL -- the run
);
