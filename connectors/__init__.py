"""From the world to records: feeds, pages, archives.  I/O, no Beam, no store."""
