-- What each channel knows of each story: one parent message per story and channel.
CREATE TABLE alert_threads (
    channel VARCHAR NOT NULL, -- as the rules name it
    story_id VARCHAR NOT NULL, -- the story
    status VARCHAR NOT NULL, -- seeded (seen before we began), waiting (decided), item (waits for a digest), listed (was in a digest), open (posted), gone (deleted by a person), merged (its story is part of another)
    newsrooms INTEGER NOT NULL, -- the number of newsrooms that the channel was told last
    parent_id VARCHAR, -- alert that is the parent message, or the digest it was listed in
    ts VARCHAR, -- Slack's id of the parent message
    place VARCHAR, -- Slack's id of the channel
    shown VARCHAR, -- the parent message as last decided, JSON
    last_told TIMESTAMP, -- when the channel was, or will be, notified last
    rule VARCHAR, -- rule that decided the parent
    began TIMESTAMP NOT NULL, -- first decision
    PRIMARY KEY (channel, story_id)
);

-- Messages to send: decided in the commit of a batch, sent after it.
CREATE TABLE alert_outbox (
    alert_id VARCHAR PRIMARY KEY, -- stable id: of channel, story and state; it travels in the message's metadata
    kind VARCHAR NOT NULL, -- story, reply, update, item (a line of a digest to come), digest, operations
    channel VARCHAR NOT NULL, -- as the rules name it
    rule VARCHAR NOT NULL, -- rule that decided it
    topic VARCHAR, -- the surest topic
    story_id VARCHAR, -- the story
    state VARCHAR NOT NULL, -- new, update, newsrooms:5, fact:…, correction:…, burst:…, merged:…
    article_id VARCHAR, -- the article that is shown
    run_id VARCHAR, -- run that decided it
    decided TIMESTAMP NOT NULL, -- when it was decided
    not_before TIMESTAMP NOT NULL, -- held until then: quiet hours, cooldown, digest
    status VARCHAR NOT NULL, -- pending, sending, unknown (no answer came), sent, dead, cancelled, rolled (went into a digest)
    attempts INTEGER NOT NULL, -- calls so far
    next_try TIMESTAMP NOT NULL, -- not before this time
    claimed TIMESTAMP, -- when the last call began
    sent TIMESTAMP, -- when the channel had it
    ts VARCHAR, -- Slack's id of the message
    place VARCHAR, -- Slack's id of the channel
    error VARCHAR, -- what the channel answered last
    message VARCHAR NOT NULL, -- what it says, JSON; independent of the kind of channel
    digest_id VARCHAR, -- digest that an item went into
    reason VARCHAR NOT NULL -- why it was decided, in words
);

-- Why each article with a mention did or did not alert, rule by rule.
CREATE TABLE alert_decisions (
    run_id VARCHAR NOT NULL, -- run that decided
    article_id VARCHAR NOT NULL, -- the article
    story_id VARCHAR NOT NULL, -- its story
    channel VARCHAR NOT NULL, -- channel of the rule
    rule VARCHAR NOT NULL, -- the rule
    topic VARCHAR, -- topic of the mention
    outcome VARCHAR NOT NULL, -- alerted, held, replied, seeded, known_story, same_message, below_score, too_few_newsrooms, outlet_left_out, language_left_out, muted, too_old, not_new, no_burst
    detail VARCHAR NOT NULL, -- in words
    decided TIMESTAMP NOT NULL -- when
);

-- What somebody does not want to hear of.
CREATE TABLE alert_mutes (
    kind VARCHAR NOT NULL, -- story, topic or outlet
    value VARCHAR NOT NULL, -- which
    channel VARCHAR NOT NULL, -- in which channel; * means all
    until_time TIMESTAMP, -- until when; NULL: for good
    who VARCHAR NOT NULL, -- who muted it
    at_time TIMESTAMP NOT NULL, -- when
    PRIMARY KEY (kind, value, channel)
);

-- How each channel is doing.
CREATE TABLE alert_channels (
    channel VARCHAR PRIMARY KEY, -- as the rules name it; * is the whole workspace
    place VARCHAR, -- Slack's id of it
    last_call TIMESTAMP, -- last message to it
    paused_until TIMESTAMP, -- no call before this time
    failures INTEGER NOT NULL, -- calls in a row that failed
    error VARCHAR -- the last error
);

-- Trouble that the operations channel was told of, so that it is told once.
CREATE TABLE alert_troubles (
    trouble_id VARCHAR PRIMARY KEY, -- stable id: of kind and subject
    kind VARCHAR NOT NULL, -- silent_feed, failing_feed, quiet_topic, dead_letter
    subject VARCHAR NOT NULL, -- feed, topic or channel
    detail VARCHAR NOT NULL, -- in words
    since TIMESTAMP NOT NULL, -- first seen
    told TIMESTAMP, -- when the operations channel was told
    over TIMESTAMP -- when it was over; NULL: it lasts
);
