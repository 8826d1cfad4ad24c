"""The store: one DuckDB file, one writer, one transaction per batch."""
