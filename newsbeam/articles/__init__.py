"""Pages to articles: text with zones, a verdict, dates, people, revisions."""
