"""Teams, Discord, e-mail, ntfy and a hundred more, through apprise (extra ``channels``).

``NEWSBEAM_APPRISE_URLS`` holds the channels, one per line or separated by spaces:
``teams=msteams://… mail=mailtos://user:pass@example.org``.  Title and body only: no threads, no
edits, no looking back.  Source: https://github.com/caronc/apprise/wiki.
"""

from newsbeam.alerts import text
from newsbeam.errors import ConfigError
from sinks.channels.transport import Answer, Delivery


def urls_of(value: str) -> dict[str, str]:
    """Read ``name=url`` pairs.

    Raises:
        ConfigError: a pair has no name.
    """
    found = {}
    for pair in value.split():
        name, equals, url = pair.partition("=")
        if not equals or "://" in name:
            raise ConfigError("NEWSBEAM_APPRISE_URLS", "write it as `name=url name=url`")
        found[name] = url
    return found


class AppriseChannel:
    """Sends to one apprise URL.

    Args:
        name: as the settings call it.
        url: apprise's; a secret.
        zone: zone of times.

    Raises:
        ConfigError: apprise is not installed, or does not know the URL.
    """

    threads = False
    gap_s = 1.0

    def __init__(self, name: str, url: str, zone: str = "UTC") -> None:
        try:
            import apprise
        except ImportError:
            raise ConfigError(
                f"apprise:{name}", "apprise is not installed: pip install 'newsbeam[channels]'"
            ) from None
        self.account = f"apprise:{name}"
        self._zone = zone
        self._client = apprise.Apprise()
        if not self._client.add(url):
            raise ConfigError(f"NEWSBEAM_APPRISE_URLS: {name}", "apprise does not know this URL")

    def send(self, delivery: Delivery) -> Answer:
        """Send title and body; an edit is skipped."""
        if delivery.kind == "update":
            return Answer("sent")
        title = text.headline(delivery.message)[:200]
        ok = self._client.notify(title=title, body=text.body(delivery.message, self._zone))
        return (
            Answer("sent", ts=delivery.alert_id)
            if ok
            else Answer("unknown", "apprise could not deliver it")
        )

    def find(self, delivery: Delivery) -> Answer:
        """Nobody can tell; send it again."""
        return Answer("not_sent", "this channel cannot be asked")
