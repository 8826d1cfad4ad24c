"""Channels that have got another name: what is known of them goes with them.

Threads, waiting messages and mutes belong to a channel by the name that the rules give it.  Where a
channel was renamed in Slack and in the rules, or is now written by its id, it is still the same
one; without this every story would get a second message there.
"""

import logging

import duckdb

from newsbeam.alerts.settings import AlertsSettings
from sinks.channels.dispatch import Transports
from sinks.slack.bot import SlackBot
from sinks.store.transaction import transaction

log = logging.getLogger(__name__)

_TABLES = {
    "alert_threads": "story_id", "alert_channels": None, "alert_mutes": "kind || ':' || value",
    "alert_outbox": "alert_id",
}  # fmt: skip
"""Tables with a channel, and what makes a row unique within it."""


def follow_renames(
    db: duckdb.DuckDBPyConnection, settings: AlertsSettings, transports: Transports
) -> dict[str, str]:
    """Hand on what is known of renamed channels; return old names with the new ones.

    Only names that the rules did not have before are asked for, among places that no rule names
    any more: usually there is none, and Slack is not called.
    """
    named = {*(rule.channel for rule in settings.rules), settings.operations_channel} - {""}
    named = {channel for channel in named if ":" not in channel}
    known = dict(
        db.execute("SELECT channel, place FROM alert_channels WHERE place IS NOT NULL").fetchall()
    )
    left = {place: channel for channel, place in known.items() if channel not in named}
    moved: dict[str, str] = {}
    for channel in sorted(named - known.keys()):
        place = _same(channel, list(left), transports)
        if place:
            moved[left.pop(place)] = channel
    for old, new in moved.items():
        _hand_on(db, old, new)
        log.info("channel %s is now called %s", old, new)
    return moved


def _same(channel: str, places: list[str], transports: Transports) -> str | None:
    """Return which of the places the channel is; None: none of them, or it cannot be told."""
    if not channel.startswith("#"):
        return channel if channel in places else None
    bot = transports(channel) if places else None
    if not isinstance(bot, SlackBot):
        return None
    return next((place for place in places if bot.name_of(place) == channel[1:]), None)


def _hand_on(db: duckdb.DuckDBPyConnection, old: str, new: str) -> None:
    """Write the new name where the old one stands; what the new name has already is kept."""
    for table, unique in _TABLES.items():
        mine = f"SELECT {unique or 1} FROM {table} WHERE channel = $2"  # noqa: S608
        rest = "" if unique == "alert_id" else f" AND {unique or 1} NOT IN ({mine})"
        with transaction(db):
            db.execute(
                f"UPDATE {table} SET channel = $2 WHERE channel = $1{rest}",  # noqa: S608
                [old, new],
            )
