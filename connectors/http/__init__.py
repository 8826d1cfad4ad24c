"""How we ask other people's servers: safely, politely, cheaply.  Used by connectors.client only."""
