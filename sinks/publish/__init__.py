"""The publication: a read-only database that any DuckDB client can open at any time."""
