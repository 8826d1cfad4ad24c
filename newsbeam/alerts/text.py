"""Messages as plain text: for notifications, e-mail, terminals and `alerts preview`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from newsbeam.alerts.messages import Card, Message


def headline(message: Message) -> str:
    """Return the message in one line: what a phone shows."""
    if message.kind == "story" and message.cards:
        card = message.cards[0]
        return " · ".join([f"{card.headline} ({card.outlet})", *topics_of(card), *coverage(card)])
    if message.kind == "reply":
        about = f" — {message.cards[0].headline}" if message.cards else ""
        return "; ".join(message.lines) + about
    if message.kind == "operations":
        return f"{message.title}: {'; '.join(message.lines)}"[:500]
    if not message.title and message.cards:  # an item, before its digest is made
        return message.cards[0].headline or "(no headline)"
    first = f": {message.cards[0].headline}" if message.cards else ""
    count = len(message.cards) + message.more
    rest = f" and {count - 1} more" if count > 1 else ""
    return f"{message.title}{first}{rest}"


def body(message: Message, zone: str = "UTC") -> str:
    """Return the whole message as lines.

    Args:
        message: any.
        zone: name of the zone of its times.
    """
    lines = [message.title] if message.title else []
    if message.kind in ("reply", "operations"):
        lines += [f"• {line}" for line in message.lines]
    for number, card in enumerate(message.cards, 1):
        if message.kind == "digest":
            lines += ["", f"{number}. {card.headline}", f"   {meta(card, zone)}"]
            lines += [f"   {card.url}"] if card.url else []
        else:
            lines += [card.headline, meta(card, zone)]
            lines += [f"“{_marked(card)}”"] if card.quote and message.kind == "story" else []
            lines += [" · ".join(first_report(card, zone))] if first_report(card, zone) else []
            lines += [card.url] if card.url else []
    if message.more:
        lines += ["", f"and {message.more} more"]
    return "\n".join(lines)


def meta(card: Card, zone: str) -> str:
    """Return who, when, what about, how widely, and what to mind."""
    parts = [outlet_of(card), clock(card.published or card.seen, zone)]
    parts += [card.language] if card.language else []
    flags = [f"[{flag}]" for flag in card.flags]
    note = [card.note] if card.note else []
    return " · ".join([*parts, *topics_of(card), *coverage(card), *note, *flags])


def outlet_of(card: Card) -> str:
    """Return the outlet's name with its domain; the domain alone where the name adds nothing."""
    name = card.site_name
    if not name or name.casefold().replace(" ", "") in card.outlet.casefold():
        return domain_of(card.outlet)
    return f"{name} ({domain_of(card.outlet)})"


def domain_of(outlet: str) -> str:
    """Return a domain as it is safe to show: names that are not plain ASCII in punycode."""
    if outlet.isascii():
        return outlet
    try:
        return outlet.encode("idna").decode("ascii")
    except UnicodeError:
        return outlet.encode("ascii", "backslashreplace").decode("ascii")


def topics_of(card: Card) -> list[str]:
    """Return each topic with its probability."""
    return [f"{topic} {percent(score)}" for topic, score in card.topics]


def percent(score: float) -> str:
    """Return a probability in whole per cent; never 100 %, which would claim certainty."""
    return f"{min(99, max(1, round(score * 100)))} %"


def coverage(card: Card) -> list[str]:
    """Return how widely the story is covered, beyond the article that is shown."""
    said = []
    if (others := card.newsrooms - 1) > 0:
        said.append(f"also covered by {others} newsroom{'s' if others > 1 else ''}")
    if card.copies:
        said.append(f"{card.copies} reprint{'s' if card.copies > 1 else ''}")
    return said


def first_report(card: Card, zone: str) -> list[str]:
    """Return who had it first, where that is another than the one shown."""
    if card.newsrooms < 2 or not card.first_outlet or card.first_outlet == card.outlet:
        return []
    at = f", {clock(card.first_at, zone)}" if card.first_at else ""
    return [f"first: {domain_of(card.first_outlet)}{at}"]


def clock(time: datetime, zone: str) -> str:
    """Return a time in words, with its zone."""
    return time.astimezone(ZoneInfo(zone or "UTC")).strftime("%d %b %Y %H:%M %Z")


def _marked(card: Card) -> str:
    text, last, parts = card.quote or "", 0, []
    for start, end in card.marks:
        parts += [text[last:start], "*", text[start:end], "*"]
        last = end
    return "".join([*parts, text[last:]])
