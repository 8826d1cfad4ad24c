"""Exports: tables, feeds and reports made from the publication."""
