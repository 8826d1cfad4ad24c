"""Bytes to entries: pure, no network, no clock of its own."""
