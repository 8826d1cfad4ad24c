"""The tables ``[alerts]``, ``[[alerts.rules]]`` and ``[watch]`` of the settings file.

Standard library only; :mod:`newsbeam.settings` reads them like every other table.
"""

import re
import zoneinfo
from dataclasses import dataclass, field
from typing import Literal

from newsbeam.bounds import Amount, AtLeastOne, Count, Positive

CHANNEL_KINDS = ("webhook", "apprise", "feed")
"""What stands before the colon of a channel that is not Slack's."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """Which stories go to which channel, and how: one ``[[alerts.rules]]`` each."""

    name: str
    """Your name for the rule; it appears in `alerts explain`."""
    channel: str
    """``#channel`` or id of a Slack channel, ``webhook:NAME``, ``apprise:NAME``, ``feed:NAME``."""
    topics: tuple[str, ...] = ("*",)
    """Names of topics; ``*`` stands for any characters."""
    mode: Literal["instant", "digest", "burst"] = "instant"
    """``instant``: at once; ``digest``: at ``digest_times``; ``burst``: when coverage jumps."""
    min_score: float = 0.0
    """Least probability of the mention; 0: as the topic's own threshold says."""
    min_newsrooms: Count = 1
    """Least number of independent newsrooms that cover the story."""
    outlets: tuple[str, ...] = ()
    """Only articles of these outlets (``bbc.co.uk``, ``*.example``); empty: all."""
    not_outlets: tuple[str, ...] = ()
    """No articles of these outlets."""
    languages: tuple[str, ...] = ()
    """Only articles in these languages (``en``); empty: all."""
    not_languages: tuple[str, ...] = ()
    """No articles in these languages."""
    digest_times: tuple[str, ...] = ("08:00",)
    """When digests are sent, as HH:MM in ``timezone``."""
    timezone: str = ""
    """Zone of this rule (``Europe/Berlin``); empty: that of ``[alerts]``."""
    quiet_hours: str = ""
    """``22:00-07:00``: alerts wait until the end, then come as one digest; empty: none."""
    quiet_unless_newsrooms: Count = 0
    """A story that this many newsrooms cover breaks the quiet; 0: none does."""
    quiet_unless_score: float = 0.0
    """A mention of at least this probability breaks the quiet; 0: none does."""
    quiet_unless_burst: bool = True
    """A burst breaks the quiet."""
    cooldown_minutes: Amount = 30.0
    """Least time between two notices in the thread of one story."""
    max_per_hour: Count = 12
    """New stories an hour in the channel; the rest come together as one digest message.  0: any."""
    replies: bool = True
    """Write meaningful steps of a story into its thread."""
    steps: tuple[AtLeastOne, ...] = (2, 5, 10)
    """Numbers of newsrooms that are worth a reply."""

    def __post_init__(self) -> None:
        check_hours(self.quiet_hours, self.digest_times)
        check_zone(self.timezone)
        if not self.channel.strip() or not self.name.strip():
            raise ValueError("`name` and `channel` must not be empty")
        if self.mode == "digest" and not self.digest_times:
            raise ValueError("mode `digest` needs at least one of `digest_times`")
        if not 0 <= self.min_score <= 1 or not 0 <= self.quiet_unless_score <= 1:
            raise ValueError("`min_score` and `quiet_unless_score` are probabilities, 0 to 1")


def check_zone(name: str) -> None:
    """Refuse a zone that this machine does not know; empty is allowed.

    Raises:
        ValueError: with the cure.
    """
    try:
        zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown timezone {name!r}; write it like `Europe/Berlin`") from None


def check_hours(span: str, times: tuple[str, ...]) -> None:
    """Refuse times that are not HH:MM, and a span that is not HH:MM-HH:MM.

    Raises:
        ValueError: with the cure.
    """
    clock = r"([01]\d|2[0-3]):[0-5]\d"
    if span and not re.fullmatch(f"{clock}-{clock}", span):
        raise ValueError(f"`quiet_hours` must be like `22:00-07:00`; it is {span!r}")
    for time in times:
        if not re.fullmatch(clock, time):
            raise ValueError(f"`digest_times` must be like `08:00`; one is {time!r}")


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """Who is told of what.

    Tokens come from the environment: ``SLACK_BOT_TOKEN`` (all features) or ``SLACK_WEBHOOK_URL``
    (one channel, no threads), ``NEWSBEAM_APPRISE_URLS``, ``NEWSBEAM_WEBHOOK_SECRET``.
    """

    rules: tuple[AlertRule, ...] = ()
    """The rules; without one nothing is sent."""
    timezone: str = "UTC"
    """Zone of quiet hours and digests, and of times in plain text."""
    first_run: Literal["seed", "alert"] = "seed"
    """``seed``: what the first run, or the first poll of a new feed, finds counts as seen."""
    max_age_hours: Amount = 48.0
    """Articles published longer ago do not alert."""
    stale_hours: Amount = 6.0
    """Alerts that could not be sent for this long come together as one digest message."""
    operations_channel: str = ""
    """Channel for trouble: silent feeds, failures, dead letters.  Empty: only `status` says it."""
    silent_feed_hours: Amount = 48.0
    """A feed without a new entry for this long, and four times its usual gap, is silent."""
    dashboard_url: str = ""
    """Address of the dashboard, for links to a story; empty: no link."""
    webhooks: dict[str, str] = field(default_factory=dict)
    """URLs of the channels ``webhook:NAME``; bodies are signed with ``NEWSBEAM_WEBHOOK_SECRET``."""
    feeds_folder: str = "newsroom/feeds"
    """Folder for the channels ``feed:NAME``: NAME.rss, NAME.atom, NAME.json."""
    feedback: bool = False
    """Buttons *relevant / not relevant / mute* under alerts (Socket Mode: ``SLACK_APP_TOKEN``)."""
    slack_base_url: str = "https://slack.com/api/"
    """Where Slack's Web API is; another address is for tests."""
    slack_gap_s: Amount = 1.1
    """Least time between two messages to one channel, seconds; Slack allows one a second."""
    slack_workspace_gap_s: Amount = 0.1
    """Least time between any two calls, seconds."""
    timeout_s: Positive = 10.0
    """Time for one call, seconds."""
    settle_s: Amount = 15.0
    """After a call without an answer: wait so long before looking whether it arrived."""

    def __post_init__(self) -> None:
        check_zone(self.timezone)
        names = [rule.name for rule in self.rules]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"two rules have the name {twice[0]!r}; give each its own")
        named = [(f"rule {rule.name!r}", rule.channel) for rule in self.rules]
        for who, channel in [*named, ("`operations_channel`", self.operations_channel)]:
            kind, colon, name = channel.partition(":")
            if colon and kind not in CHANNEL_KINDS:
                raise ValueError(
                    f"{who} names the channel {channel!r}; write `#name` or "
                    + ", ".join(f"`{k}:NAME`" for k in CHANNEL_KINDS)
                )
            if kind == "webhook" and name not in self.webhooks:
                raise ValueError(
                    f"{who} names the channel {channel!r}, but `[alerts.webhooks]` has no {name!r}"
                )
        for name, url in self.webhooks.items():
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"the webhook {name!r} has no http(s) address")


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How ``newsbeam watch`` runs."""

    cycle_s: Positive = 30.0
    """Feeds that come due within this time are polled together, seconds."""
    listen: str = ""
    """``127.0.0.1:9464``: address for ``/metrics``, ``/healthz`` and ``/feeds``; empty: none."""
    log: Literal["auto", "text", "json"] = "auto"
    """Format of the log on stderr; ``auto``: text on a terminal, JSON elsewhere."""
    stalled_s: Positive = 900.0
    """``/healthz`` answers 503 when no cycle has ended for this long, seconds."""
