"""Topics: the query language, meaning, and the evidence of every match."""
