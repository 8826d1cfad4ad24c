"""Send what the outbox holds: paced, one message at a time per channel, nothing twice.

::

    pending ─ claim ─► sending ─┬─ sent
       ▲                        ├─ not accepted (429, unreachable): pending, the channel rests
       │                        ├─ refused: dead letter
       └── not there ◄─ look ◄──┴─ no answer, or we died: unknown ── there ──► sent

Single-threaded on purpose: the caller owns the store and calls :meth:`Dispatcher.step` between its
cycles.
"""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import duckdb

from newsbeam.alerts.settings import AlertsSettings
from sinks.channels.transport import Delivery, Transport
from sinks.store import digests, outbox

log = logging.getLogger(__name__)

Transports = Callable[[str], Transport | None]
"""Gives the transport of a channel; None: there is none (a token is missing)."""


class Dispatcher:
    """Sends the outbox of one store.

    Args:
        db: the open store; only the caller's thread uses it.
        settings: pace and patience.
        transports: the way to each channel.
        clock: aware UTC.
    """

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        settings: AlertsSettings,
        transports: Transports,
        clock: Callable[[], datetime],
    ) -> None:
        self.db, self.settings, self.transports, self.clock = db, settings, transports, clock
        self.counts: Counter[str] = Counter()
        """Calls by how they ended, since the start."""
        self.no_way: set[str] = set()
        """Channels that something waits for and that have no transport."""
        self._ready: dict[str, datetime] = {}
        self._last = clock()
        if interrupted := outbox.recover(db, self._last):
            log.warning("%d calls were interrupted; looking whether they arrived", interrupted)

    def step(self, stop: Callable[[], bool] = bool) -> datetime | None:
        """Send at most one message to each channel; return when to come back, None: nothing waits.

        Args:
            stop: asked before each call; true ends the step.
        """
        now = self.clock()
        if now < self._last:
            self._ready.clear()
            outbox.set_back(self.db, now)
        self._last = now
        digests.compose_digests(self.db, now, self.settings.stale_hours, self.settings.timezone)
        for delivery in outbox.due(self.db, now, self.settings.settle_s):
            if stop():
                return None
            transport = self._transport(delivery.channel)
            if transport and self._may_call(delivery.channel, transport):
                self._call(delivery, transport)
        times = outbox.next_times(self.db, self.settings.settle_s)
        waits = [
            max(at, self._ready.get(channel, at), self._ready.get(transport.account, at))
            for channel, at in times.items()
            if (transport := self._transport(channel))
        ]
        return min(waits, default=None)

    def _call(self, delivery: Delivery, transport: Transport) -> None:
        if delivery.claimed is not None and delivery.kind != "update":
            answer = transport.find(delivery)
            status = outbox.record_search(self.db, delivery, answer, self.clock())
            self.counts[f"looked_{answer.end}"] += 1
        else:
            outbox.claim(self.db, delivery, self.clock())
            answer = transport.send(delivery)
            status = outbox.record(self.db, delivery, answer, self.clock())
            self.counts[answer.end] += 1
        now = self.clock()
        self._ready[delivery.channel] = now + timedelta(seconds=transport.gap_s)
        self._ready[transport.account] = now + timedelta(
            seconds=self.settings.slack_workspace_gap_s
        )
        log.log(
            logging.INFO if status == "sent" else logging.WARNING,
            "alert %s to %s: %s%s",
            delivery.alert_id,
            delivery.channel,
            status,
            f" ({answer.error})" if answer.error else "",
            extra={"channel": delivery.channel, "alert": delivery.alert_id, "status": status},
        )

    def _may_call(self, channel: str, transport: Transport) -> bool:
        now = self.clock()
        return all(self._ready.get(name, now) <= now for name in (channel, transport.account))

    def _transport(self, channel: str) -> Transport | None:
        found = self.transports(channel)
        if found is None and channel not in self.no_way:
            self.no_way.add(channel)
            log.warning("nothing can be sent to %s: its token or its settings are missing", channel)
        return found
