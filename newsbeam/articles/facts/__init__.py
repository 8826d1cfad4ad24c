"""The facts about an article: title, date, authors, language."""
