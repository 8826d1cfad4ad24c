"""Find the way to a channel by its name."""

import logging
from collections.abc import Mapping

from newsbeam.alerts.settings import AlertsSettings
from newsbeam.errors import ConfigError
from newsbeam.settings import Settings
from sinks.channels.transport import Transport

log = logging.getLogger(__name__)


class Registry:
    """Gives each channel's transport, made on first use.

    Args:
        settings: of the operator.
        secrets: the environment, or a part of it.
    """

    def __init__(self, settings: Settings, secrets: Mapping[str, str]) -> None:
        self._settings, self._secrets = settings, secrets
        self._made: dict[str, Transport | None] = {}

    def __call__(self, channel: str) -> Transport | None:
        """Return the transport of a channel; None where its token or its settings are missing.

        Something may wait for a channel that the settings had once: that is no reason to stop.
        """
        kind, colon, name = channel.partition(":")
        key = channel if colon else "slack"
        if key not in self._made:
            try:
                self._made[key] = self._make(kind, name) if colon else self._slack()
            except ConfigError as error:
                log.error("%s", error)
                self._made[key] = None
        return self._made[key]

    def check(self) -> None:
        """Make the transports of all channels that the settings name.

        Raises:
            ConfigError: no such kind of channel, no such name, or it cannot work.
        """
        alerts = self._settings.alerts
        for channel in sorted({*(r.channel for r in alerts.rules), alerts.operations_channel}):
            kind, colon, name = channel.partition(":")
            if colon:
                self._made[channel] = self._make(kind, name)

    def _slack(self) -> Transport | None:
        from sinks.slack.bot import SlackBot
        from sinks.slack.webhook import SlackWebhook

        alerts = self._settings.alerts
        if token := self._secrets.get("SLACK_BOT_TOKEN"):
            return SlackBot(
                token,
                base_url=alerts.slack_base_url,
                timeout_s=alerts.timeout_s,
                gap_s=alerts.slack_gap_s,
                zone=alerts.timezone,
                buttons=alerts.feedback and bool(self._secrets.get("SLACK_APP_TOKEN")),
            )
        if url := self._secrets.get("SLACK_WEBHOOK_URL"):
            return SlackWebhook(
                url, timeout_s=alerts.timeout_s, gap_s=alerts.slack_gap_s, zone=alerts.timezone
            )
        return None

    def _make(self, kind: str, name: str) -> Transport | None:
        alerts: AlertsSettings = self._settings.alerts
        if kind == "webhook":
            from sinks.channels.webhook import SignedWebhook

            if name not in alerts.webhooks:
                raise ConfigError(f"webhook:{name}", "`[alerts.webhooks]` has no such name")
            return SignedWebhook(
                name,
                alerts.webhooks[name],
                self._secrets.get("NEWSBEAM_WEBHOOK_SECRET", ""),
                timeout_s=alerts.timeout_s,
                zone=alerts.timezone,
            )
        if kind == "apprise":
            from sinks.channels.apprise import AppriseChannel, urls_of

            urls = urls_of(self._secrets.get("NEWSBEAM_APPRISE_URLS", ""))
            return AppriseChannel(name, urls[name], alerts.timezone) if name in urls else None
        if kind == "feed":
            from sinks.channels.feeds import FeedFolder

            return FeedFolder(name, self._settings.path(alerts.feeds_folder), alerts.timezone)
        raise ConfigError(
            "alerts.rules: channel",
            f"{kind}:{name} is no kind of channel; known: #name, webhook:, apprise:, feed:",
        )
