-- What outlets say on the use of their texts by machines, as seen when a page was fetched: one row per outlet and signal.
CREATE TABLE outlet_signals (
    outlet VARCHAR NOT NULL, -- registrable domain
    signal VARCHAR NOT NULL, -- robots:GPTBot, content-signal:ai-train=no, header:noai … : an opt-out from AI training
    url VARCHAR NOT NULL, -- a page with which it was seen first
    first_seen TIMESTAMP NOT NULL, -- run that saw it first
    last_seen TIMESTAMP NOT NULL, -- run that saw it last
    PRIMARY KEY (outlet, signal)
);
