"""Slack's published limits on messages, as a check: what Slack would answer ``invalid_blocks`` to.

Source: https://docs.slack.dev/reference/block-kit/blocks/ and …/block-elements/; the total of
13,000 characters is not documented (slackapi/bolt-js#2509).
"""

import json
from typing import Any

TOTAL = 13_000


def problems(text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Return what is wrong with a message; empty: Slack takes it."""
    found = []
    if not text.strip():
        found.append("no plain text for notifications")
    if len(text) > 4000:
        found.append(f"text of {len(text)} characters")
    if len(blocks) > 50:
        found.append(f"{len(blocks)} blocks")
    if (size := len(json.dumps(blocks, ensure_ascii=False))) > TOTAL:
        found.append(f"blocks of {size} characters in all")
    for block in blocks:
        found += _CHECKS.get(block.get("type", ""), _unknown)(block)
    return found


def _unknown(block: dict[str, Any]) -> list[str]:
    return [f"unknown block {block.get('type')!r}"]


def _text(text: dict[str, Any], limit: int, what: str) -> list[str]:
    said = text.get("text", "")
    if text.get("type") not in ("mrkdwn", "plain_text"):
        return [f"{what}: type {text.get('type')!r}"]
    if text["type"] == "plain_text" and "verbatim" in text:
        return [f"{what}: verbatim in plain_text"]
    return [] if 1 <= len(said) <= limit else [f"{what}: {len(said)} characters"]


def _section(block: dict[str, Any]) -> list[str]:
    return _text(block.get("text", {}), 3000, "section")


def _header(block: dict[str, Any]) -> list[str]:
    return _text(block.get("text", {}), 150, "header")


def _context(block: dict[str, Any]) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 1 <= len(elements) <= 10 else [f"context: {len(elements)} elements"]
    for element in elements:
        found += _text(element, 2000, "context")
    return found


def _actions(block: dict[str, Any]) -> list[str]:
    elements = block.get("elements", [])
    found = [] if 1 <= len(elements) <= 25 else [f"actions: {len(elements)} elements"]
    if len({e.get("action_id") for e in elements}) != len(elements):
        found.append("actions: an action_id twice")
    for element in elements:
        found += _text(element.get("text", {}), 75, "button")
        if len(element.get("value", "")) > 2000 or len(element.get("action_id", "")) > 255:
            found.append("button: value or action_id too long")
    return found


def _rich(block: dict[str, Any]) -> list[str]:
    found = [] if block.get("elements") else ["rich_text: empty"]
    for element in block.get("elements", []):
        kind = element.get("type")
        if kind == "rich_text_list":
            if element.get("style") not in ("bullet", "ordered"):
                found.append("rich_text_list: style")
            for item in element.get("elements", []):
                found += _rich_leaves(item)
        elif kind in ("rich_text_section", "rich_text_quote"):
            found += _rich_leaves(element)
        else:
            found.append(f"rich_text: {kind!r}")
    return found


def _rich_leaves(section: dict[str, Any]) -> list[str]:
    found = [] if section.get("elements") else [f"{section.get('type')}: empty"]
    for leaf in section.get("elements", []):
        kind = leaf.get("type")
        if kind not in ("text", "link", "emoji"):
            found.append(f"rich text element {kind!r}")
        if kind == "text" and not leaf.get("text"):
            found.append("rich text: empty text")
        if kind == "link" and not str(leaf.get("url", "")).startswith(("https://", "http://")):
            found.append("link: not http")
        if kind == "link" and len(leaf["url"]) > 3000:
            found.append("link: too long")
    return found


_CHECKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "rich_text": _rich,
    "divider": lambda block: [],
}
