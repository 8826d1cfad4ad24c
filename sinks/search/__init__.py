"""Full-text search over the publication: the index, the query language on it, more like this."""
