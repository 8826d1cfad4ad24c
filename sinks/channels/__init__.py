"""Channels: the dispatcher, and every way out that is not Slack's."""
