-- Paragraphs of the short pages of an outlet, to know those that answer at every address: at most 1000 per outlet.
CREATE TABLE outlet_blocks (
    outlet VARCHAR NOT NULL, -- registrable domain
    block VARCHAR NOT NULL, -- fingerprint of the paragraph
    article_id VARCHAR NOT NULL, -- page that had it first
    headline VARCHAR NOT NULL, -- headline of that page
    pages INTEGER NOT NULL, -- pages that had it
    last_seen TIMESTAMP NOT NULL, -- run that saw it last
    PRIMARY KEY (outlet, block)
);
