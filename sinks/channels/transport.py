"""What a channel's transport must do, and how a call can end.

The difference that matters is between *not sent* and *unknown*: only the first may be sent again
without looking.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from newsbeam.alerts.messages import Message

End = Literal["sent", "wait", "not_sent", "unknown", "refused", "paused", "gone", "fixed"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of the outbox on its way."""

    alert_id: str
    kind: str
    """``story``, ``reply``, ``update``, ``digest`` or ``operations``."""
    channel: str
    message: Message
    decided: datetime
    story_id: str | None = None
    place: str | None = None
    """Slack's id of the channel, where it is known."""
    thread_ts: str | None = None
    """Slack's id of the parent message, for replies and updates."""
    attempts: int = 0
    claimed: datetime | None = None
    """When the call began whose outcome is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended."""

    end: End
    """``sent``; ``wait``: not accepted, come back in ``seconds``; ``not_sent``: it never arrived;
    ``unknown``: no answer, it may have arrived; ``refused``: never will be; ``paused``: nothing
    goes to this account for now (a token that is wrong); ``gone``: a person deleted the parent;
    ``fixed``: the message cannot be edited any more."""
    error: str | None = None
    seconds: float = 0.0
    ts: str | None = None
    place: str | None = None


class Transport(Protocol):
    """A way to a kind of channel."""

    account: str
    """What is paused together: ``slack``, ``webhook:desk`` …"""
    threads: bool
    """Whether messages can be edited and answered."""
    gap_s: float
    """Least time between two messages to one channel, seconds."""

    def send(self, delivery: Delivery) -> Answer:
        """Send or edit a message; never raises for what the other side does."""

    def find(self, delivery: Delivery) -> Answer:
        """Look whether a message arrived: ``sent``, ``not_sent``, or why that cannot be told
        (``wait``, ``refused``).
        """
