"""From records to the world: DuckDB, the published database, Slack.  Idempotent, no Beam."""
