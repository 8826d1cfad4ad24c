"""The vocabulary of newsbeam: records, errors, settings, and what topics and stories mean."""

__version__ = "0.1.0"
