"""Slack: Block Kit layouts, and the bot and webhook transports."""
