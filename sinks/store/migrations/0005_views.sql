-- What the publisher needs, and the views that people read.

-- Commits in order, for the publisher: a run with a higher number than the last published is new.
CREATE TABLE run_order (
    run_id VARCHAR PRIMARY KEY, -- the run
    number BIGINT NOT NULL -- 1, 2, …
);

-- Rows that were changed or removed outside a run, until the next publication.
CREATE TABLE publish_journal (
    number BIGINT NOT NULL, -- 1, 2, …
    table_name VARCHAR NOT NULL, -- table of the row
    key VARCHAR -- its key; NULL: everything in the table may have changed
);

-- Articles as they read now: one row per article, with its text.
--   article_id: stable id
--   title: headline, without the outlet's name
--   outlet: registrable domain of who published it
--   url: that answered
--   published: publication time by vote; when we first had it, where no date was found (UTC)
--   published_known: false: no date was found, `published` is when we first had it
--   published_confidence: of the date, 0 to 1
--   first_seen: first run that had it (UTC)
--   updated: run of the current revision (UTC)
--   language: ISO 639-1
--   authors: names
--   section: of the outlet
--   keywords: of the outlet
--   lead: first 400 characters of the text
--   text: full text, paragraphs one a line; NULL where retention emptied it
--   words: words in the text
--   verdict: article, live_blog, discussion, teaser_or_paywall …
--   partial: the text is a teaser or the feed's summary only
--   revision: 1: never changed
--   feed_url: the feed that led to it first
--   feed_tags: tags of that feed
--   image: URL of the lead picture
--   canonical_url: without tracking, mobile and AMP variants
CREATE VIEW articles AS
SELECT a.article_id, a.title, a.outlet, a.url,
       coalesce(a.published, a.first_fetched) AS published,
       a.published IS NOT NULL AS published_known, a.published_confidence,
       a.first_fetched AS first_seen, a.fetched AS updated, a.language, a.authors, a.section,
       a.keywords, a.lead, t.text, a.words, a.verdict, a.partial, a.revision, a.feed_url,
       a.feed_tags, a.image, a.canonical_url
FROM article_rows a
LEFT JOIN article_texts t ON t.article_id = a.article_id AND t.revision = a.revision;

-- Articles on a topic: one row per article and topic, with why.
--   topic: name of the topic
--   score: calibrated probability that the article is about the topic
--   matched_by: query, meaning or both
--   title: headline of the article
--   outlet: who published it
--   published: as in `articles` (UTC)
--   day: `published` by day (UTC)
--   url: of the article
--   language: of the article, ISO 639-1
--   evidence: JSON list: kind, zone, start, end, text, sentence, term, score
--   sentence: the first piece of evidence, as the article says it
--   partial: decided on a teaser or summary
--   decided: first run that decided so (UTC)
--   topic_version: version of the topic that decided
--   lead: first 400 characters of the article
--   mention_id: stable id
--   article_id: the article
CREATE VIEW mentions AS
SELECT m.topic, m.score, m.matched_by, a.title, a.outlet,
       coalesce(a.published, a.first_fetched) AS published,
       coalesce(a.published, a.first_fetched)::DATE AS day, a.url, a.language, m.evidence,
       json_extract_string(m.evidence, '$[0].sentence') AS sentence, m.partial, m.decided,
       m.topic_version, a.lead, m.mention_id, m.article_id
FROM mention_rows m JOIN article_rows a USING (article_id);

-- Mentions and outlets per topic and day, days without any included.
--   topic: name of the topic
--   day: publication day (UTC)
--   mentions: articles on the topic
--   outlets: outlets with one
--   complete: false on the last day of the data, which is not over
CREATE VIEW coverage_by_day AS
WITH counts AS (
    SELECT topic, day, count(*) AS mentions, count(DISTINCT outlet) AS outlets
    FROM mentions GROUP BY topic, day),
span AS (SELECT min(day) AS first, max(day) AS last FROM counts),
ends AS (SELECT max(started)::DATE AS today FROM runs),
days AS (
    SELECT topic, unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE AS day
    FROM (SELECT DISTINCT topic FROM counts), span)
SELECT d.topic, d.day, coalesce(c.mentions, 0) AS mentions, coalesce(c.outlets, 0) AS outlets,
       d.day < e.today AS complete
FROM days d LEFT JOIN counts c USING (topic, day), ends e;

-- Each outlet's share of the articles on a topic, by month.
--   topic: name of the topic
--   month: first day of the month (UTC)
--   outlet: who published
--   mentions: its articles on the topic
--   share: of all articles on the topic in that month, 0 to 1
--   rank: 1: the outlet with the most
CREATE VIEW share_of_voice AS
WITH counts AS (
    SELECT topic, date_trunc('month', day)::DATE AS month, outlet, count(*) AS mentions
    FROM mentions GROUP BY ALL)
SELECT topic, month, outlet, mentions,
       mentions / sum(mentions) OVER (PARTITION BY topic, month) AS share,
       rank() OVER (PARTITION BY topic, month ORDER BY mentions DESC) AS rank
FROM counts;

-- Outlets: what we have of them.
--   outlet: registrable domain
--   name: as the outlet calls itself most often
--   articles: articles in all
--   mentions: of these, on some topic
--   partial: of these, teasers and summaries only
--   revised: of these, changed after publication
--   first_article: earliest publication (UTC)
--   last_article: latest publication (UTC)
--   languages: of its articles
--   median_words: median length
CREATE VIEW outlets AS
WITH told AS (SELECT DISTINCT article_id FROM mention_rows)
SELECT outlet, mode(site_name) AS name, count(*) AS articles,
       count(told.article_id) AS mentions, count(*) FILTER (partial) AS partial,
       count(*) FILTER (revision > 1) AS revised,
       min(coalesce(published, first_fetched)) AS first_article,
       max(coalesce(published, first_fetched)) AS last_article,
       list_sort(list_distinct(list(language))) AS languages, median(words) AS median_words
FROM article_rows LEFT JOIN told USING (article_id) GROUP BY outlet;

-- Revisions: what an article said before and after each change.
--   article_id: the article
--   revision: 2, 3, … : the revision that replaced the one before
--   changed: when we saw it (UTC)
--   outlet: who published
--   url: of the article
--   title_before: headline before
--   title: headline after
--   text_before: text before
--   text: text after
--   title_changed: the headline is another
CREATE VIEW revisions AS
SELECT n.article_id, n.revision, n.at_time AS changed, a.outlet, a.url, o.title AS title_before,
       n.title, o.text AS text_before, n.text, n.title IS DISTINCT FROM o.title AS title_changed
FROM article_texts n
JOIN article_texts o ON o.article_id = n.article_id AND o.revision = n.revision - 1
JOIN article_rows a ON a.article_id = n.article_id
WHERE n.revision > 1;

-- Feeds: whether each is alive, and what it brings.
--   feed_url: the feed
--   outlet: who publishes it
--   title: as the feed calls itself
--   state: ok, quiet (no new entry for 7 days), failing (the last poll failed), new (never polled), off
--   verdict: how the last poll ended
--   reason: why, in words
--   last_poll: last request (UTC)
--   last_success: last answer that could be used (UTC)
--   last_new: when an entry was last new (UTC)
--   next_poll: not before (UTC)
--   interval_s: seconds between polls now
--   failures: weighted failures in a row
--   polls: polls in all
--   tags: folders of the OPML file
CREATE VIEW feed_health AS
SELECT f.url AS feed_url, f.outlet, f.title,
       CASE WHEN NOT f.active THEN 'off' WHEN c.last_poll IS NULL THEN 'new'
            WHEN c.failures > 0 THEN 'failing'
            WHEN coalesce(c.last_new, f.added) < r.latest - INTERVAL 7 DAYS THEN 'quiet'
            ELSE 'ok' END AS state,
       c.verdict, c.reason, c.last_poll, c.last_success, c.last_new, c.next_poll, c.interval_s,
       c.failures, c.polls, f.tags
FROM feeds f LEFT JOIN feed_cursors c USING (url), (SELECT max(started) AS latest FROM runs) r;

-- How every feed and entry ended, run by run: nothing disappears.
--   at_time: start of the run (UTC)
--   kind: feed or entry
--   verdict: how it ended
--   stage: last stage reached: poll, fetch, extract, match, commit
--   reason: why, in words
--   title: of the entry, as announced
--   url: of the feed or entry
--   outlet: of the entry
--   feed_url: the feed that announced it
--   article_id: the article that came of it
--   seconds: network and extraction time
--   run_id: the run
--   subject: id of the feed or entry
CREATE VIEW ledger AS
SELECT l.at_time, l.kind, l.verdict, l.stage, l.reason, e.title, l.url, e.outlet, l.feed_url,
       l.article_id, l.seconds, l.run_id, l.subject
FROM ledger_rows l LEFT JOIN entries e ON e.entry_id = l.subject;

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
--   first_outlet: who had it first
CREATE VIEW stories AS
WITH told AS (
    SELECT s.story_id, list_sort(list_distinct(list(m.topic))) AS topics
    FROM story_articles s JOIN mention_rows m USING (article_id) GROUP BY s.story_id)
SELECT r.story_id, r.title, r.first_seen, r.last_seen, r.articles, r.copies, r.outlets,
       r.newsrooms, coalesce(told.topics, []) AS topics, r.first_article,
       a.outlet AS first_outlet
FROM story_rows r LEFT JOIN told USING (story_id)
LEFT JOIN article_rows a ON a.article_id = r.first_article
WHERE r.merged_into IS NULL;

-- What came when in each story: one row per article, in order.
--   story_id: the story
--   position: 1: the first
--   arrived: publication time, or when we had it where that is earlier (UTC)
--   outlet: who published
--   newsroom: who reported: the owner of the outlet, or the agency that the text names
--   newsroom_kind: newsroom, agency, aggregator, release
--   title: headline
--   url: of the article
--   independent: false: a copy of another article
--   copy_of: the article whose text it repeats
--   revision: of the article now; above 1: it was changed
--   hours_after_first: hours after the story's first article
--   article_id: the article
CREATE VIEW story_timeline AS
SELECT s.story_id, row_number() OVER (PARTITION BY s.story_id ORDER BY s.arrived, s.arrival)
       AS position, s.arrived, a.outlet, s.newsroom, s.newsroom_kind, a.title, a.url,
       s.copy_of IS NULL AS independent, s.copy_of, a.revision,
       round(epoch(s.arrived - r.first_seen) / 3600, 2) AS hours_after_first, s.article_id
FROM story_articles s JOIN story_rows r USING (story_id) JOIN article_rows a USING (article_id);

-- Who was first: the first report of each story with more than one newsroom.
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
CREATE VIEW first_reports AS
WITH firsts AS (
    SELECT story_id, newsroom, min(arrived) AS arrived, arg_min(article_id, (arrived, arrival))
           AS article_id
    FROM story_articles WHERE copy_of IS NULL AND newsroom IS NOT NULL
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

-- What was decided to tell, where, and what came of it.
--   decided: when it was decided (UTC)
--   channel: as the rules name it
--   topic: the surest topic
--   kind: story, reply, update, item, digest, operations
--   state: new, update, newsrooms:5, fact:…, correction:…, burst:…
--   title: headline of the article that is shown
--   outlet: who published it
--   status: pending, sending, unknown, sent, dead, cancelled, rolled (went into a digest)
--   sent: when the channel had it (UTC)
--   minutes_after_publication: from the article's publication to the channel
--   reason: why it was decided, in words
--   error: what the channel answered last
--   url: of the article
--   rule: rule that decided it
--   story_id: the story
--   article_id: the article that is shown
--   alert_id: stable id
CREATE VIEW alerts AS
SELECT o.decided, o.channel, o.topic, o.kind, o.state, coalesce(a.title, s.title) AS title,
       a.outlet, o.status, o.sent,
       round(epoch(o.sent - coalesce(a.published, a.first_fetched)) / 60, 1)
       AS minutes_after_publication,
       o.reason, o.error, a.url, o.rule, o.story_id, o.article_id, o.alert_id
FROM alert_outbox o LEFT JOIN article_rows a USING (article_id)
LEFT JOIN story_rows s ON s.story_id = o.story_id;

-- What people said: is this article about this topic?
--   topic: name of the topic
--   about: the answer
--   who: who answered
--   at_time: when (UTC)
--   source: where it was answered: cli, dashboard, slack
--   note: why, in their words
--   title: headline of the article
--   outlet: who published it
--   url: of the article
--   mentioned: the article was a mention of the topic at that time
--   score: score of that mention
--   topic_version: version of the topic that had decided
--   article_id: the article
CREATE VIEW labels AS
SELECT l.topic, l.about, l.who, l.at_time, l.source, l.note, a.title, a.outlet, a.url, l.mentioned,
       l.score, l.topic_version, l.article_id
FROM topic_labels l LEFT JOIN article_rows a USING (article_id);

-- How precise each topic is, by people's answers.
--   topic: name of the topic
--   mentions: articles on it
--   labelled: mentions with an answer
--   correct: of these, about the topic
--   precision: share of correct ones; NULL without an answer
--   precision_low: lower end of the 95 % interval (Wilson)
--   precision_high: upper end of it
--   missed: articles that people call about the topic and that are no mention
--   last_label: time of the last answer (UTC)
CREATE VIEW topic_quality AS
WITH counted AS (SELECT topic, count(*) AS mentions FROM mention_rows GROUP BY topic),
answered AS (
    SELECT topic, count_if(mentioned) AS n, count_if(mentioned AND about) AS k,
           count_if(about AND NOT mentioned) AS missed, max(at_time) AS last_label
    FROM topic_answers GROUP BY topic),
joined AS (
    SELECT topic, coalesce(mentions, 0) AS mentions, coalesce(n, 0) AS n, coalesce(k, 0) AS k,
           coalesce(missed, 0) AS missed, last_label, 1.96 AS z
    FROM counted FULL JOIN answered USING (topic))
SELECT topic, mentions, n AS labelled, k AS correct, k / nullif(n, 0) AS precision,
       (k + z * z / 2 - z * sqrt(k * (n - k) / nullif(n, 0) + z * z / 4)) / nullif(n + z * z, z * z)
       AS precision_low,
       (k + z * z / 2 + z * sqrt(k * (n - k) / nullif(n, 0) + z * z / 4)) / nullif(n + z * z, z * z)
       AS precision_high,
       missed, last_label
FROM joined;
