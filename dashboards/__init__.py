"""The dashboard over the published database."""
