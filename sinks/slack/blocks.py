"""Messages as Slack's Block Kit.

Untrusted words go into ``rich_text`` blocks, whose text elements are taken literally: no escaping
can be forgotten there.  The context line is mrkdwn (it shows times in each reader's zone) and is
escaped.  Everything stays within Slack's limits, the undocumented total included.

Source: https://docs.slack.dev/reference/block-kit/blocks/ (limits per block),
https://github.com/slackapi/bolt-js/issues/2509 (``msg_blocks_too_long`` at about 13,200 characters
in all), https://docs.slack.dev/messaging/formatting-message-text (escaping, dates).
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsbeam.alerts import text
from newsbeam.alerts.messages import Card, Message, clean

TOTAL_CHARS = 11_500
"""All blocks of a message as JSON; Slack refuses somewhat above 13,000."""
TEXT_CHARS = 3_000
"""The plain text for notifications; Slack advises to stay below 4,000."""
CONTEXT_CHARS = 1_900
"""A context element; Slack's limit is 2,000."""
LINE_CHARS = 600
"""A new fact in a reply."""
NOTE_CHARS = 300
"""Why a story that was seen before is told now."""

Block = dict[str, Any]


def render(
    message: Message, zone: str = "UTC", *, buttons: bool = False
) -> tuple[str, list[Block]]:
    """Return the plain text and the blocks of a message.

    Args:
        message: any.
        zone: zone of times in the plain text; blocks show each reader's own.
        buttons: add *relevant / not relevant / mute* (only where somebody listens to them).
    """
    while True:
        blocks = _blocks(message, zone, buttons)
        if len(json.dumps(blocks, ensure_ascii=False)) <= TOTAL_CHARS or len(message.cards) < 2:
            break
        kept = message.cards[: max(1, len(message.cards) * 4 // 5)]
        message = replace(message, cards=kept, more=message.more + len(message.cards) - len(kept))
    return escape(text.headline(message))[:TEXT_CHARS], blocks


def _blocks(message: Message, zone: str, buttons: bool) -> list[Block]:
    if message.kind == "digest":
        return _digest(message)
    if message.kind == "operations":
        lines = [_section([_say(clean(line, LINE_CHARS))]) for line in message.lines]
        title = _section([_emoji("warning"), _say(f" {message.title}", bold=True)])
        return [_rich(title, {"type": "rich_text_list", "style": "bullet", "elements": lines})]
    card = message.cards[0]
    if message.kind == "reply":
        parts = [_section([_say(clean(line, LINE_CHARS), bold=n == 0)])
                 for n, line in enumerate(message.lines[:5])]  # fmt: skip
        shown = [_link(card)]
        if message.goes_on:
            shown += [_say(" "), {"type": "link", "url": message.goes_on, "text": "(its thread)"}]
        return [_rich(*parts, _section(shown)), _context(_times(card, zone))]
    return _story(card, message, zone, buttons)


def _story(card: Card, message: Message, zone: str, buttons: bool) -> list[Block]:
    head = [_section([_link(card)])]
    if card.note:
        head.append(_section([{**_say(clean(card.note, NOTE_CHARS)), "style": {"italic": True}}]))
    if card.quote:
        head.append({"type": "rich_text_quote", "elements": _quote(card)})
    about = [_times(card, zone), _bold_topics(card)]
    spread = [*text.coverage(card), *_first(card, zone)]
    flags = [f":warning: {escape(flag)}" for flag in card.flags]
    lines = " · ".join([*spread, *flags])
    blocks = [_rich(*head), _context(" · ".join(filter(None, about)), lines)]
    if message.dashboard_url:
        url = escape(f"{message.dashboard_url}?story={card.story_id}").replace("|", "%7C")
        blocks[-1]["elements"].append({"type": "mrkdwn", "text": f"<{url}|Story>"})
    return [*blocks, _buttons(card)] if buttons else blocks


def _digest(message: Message) -> list[Block]:
    items = []
    for card in message.cards:
        rest = [text.outlet_of(card), *text.topics_of(card), *text.coverage(card)]
        rest += [card.note] if card.note else []
        rest += [f"[{flag}]" for flag in card.flags]
        items.append(_section([_link(card), _say(" — " + clean(" · ".join(rest), 300))]))
    listed = {"type": "rich_text_list", "style": "bullet", "elements": items}
    blocks = [_rich(_section([_say(clean(message.title, 150), bold=True)]), listed)]
    if message.more:
        blocks.append(_context(f"and {message.more} more"))
    return blocks


def _buttons(card: Card) -> Block:
    """Return the feedback buttons; their value says what was judged (at most 2,000 characters)."""
    topic = card.topics[0][0] if card.topics else ""
    value = json.dumps({"article": card.article_id, "topic": topic, "story": card.story_id})
    labels = (("relevant", "Relevant"), ("not_relevant", "Not relevant"), ("mute", "Mute story"))
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": f"newsbeam_{name}",
                "text": {"type": "plain_text", "text": label},
                "value": value,
            }
            for name, label in labels
        ],
    }


def _link(card: Card) -> Block:
    if not card.url:
        return _say(card.headline, bold=True)
    return {"type": "link", "url": card.url, "text": card.headline, "style": {"bold": True}}


def _quote(card: Card) -> list[Block]:
    whole, last, parts = card.quote or "", 0, []
    for start, end in card.marks:
        parts += [_say(whole[last:start]), _say(whole[start:end], bold=True)]
        last = end
    return [p for p in [*parts, _say(whole[last:])] if p["text"]]


def _times(card: Card, zone: str) -> str:
    known = card.published or card.seen
    said = [escape(text.outlet_of(card)), date_token(known, zone)]
    if card.published is None:
        said[-1] = f"seen {said[-1]}"
    return " · ".join([*said, *([escape(card.language)] if card.language else [])])


def _bold_topics(card: Card) -> str:
    return " · ".join(f"*{escape(topic)}* {text.percent(p)}" for topic, p in card.topics[:5])


def _first(card: Card, zone: str) -> list[str]:
    if not text.first_report(card, zone):
        return []
    at = f", {date_token(card.first_at, zone)}" if card.first_at else ""
    return [f"first: {escape(text.domain_of(card.first_outlet or ''))}{at}"]


def date_token(time: datetime, zone: str) -> str:
    """Return Slack's date, shown in each reader's zone, with a fallback in ours."""
    fallback = escape(text.clock(time, zone)).replace("|", " ")
    return f"<!date^{int(time.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def escape(words: str) -> str:
    """Escape the three characters that mrkdwn gives a meaning; `&` first."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _section(elements: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": elements}


def _say(words: str, *, bold: bool = False) -> Block:
    said: Block = {"type": "text", "text": words or " "}
    return {**said, "style": {"bold": True}} if bold else said


def _emoji(name: str) -> Block:
    return {"type": "emoji", "name": name}


def _context(*lines: str) -> Block:
    texts = [line[:CONTEXT_CHARS] for line in lines if line]
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": t, "verbatim": True} for t in texts],
    }
