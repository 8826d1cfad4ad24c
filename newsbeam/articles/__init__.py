"""Pages to articles: text with zones, verdict, dates, people, revisions."""
