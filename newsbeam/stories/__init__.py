"""Stories: copies, events with stable ids, newsrooms counted once."""
