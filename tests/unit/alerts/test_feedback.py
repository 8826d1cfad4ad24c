"""What presses of our buttons ask for."""

import json
from typing import Any

from newsbeam.alerts.messages import Message
from sinks.slack.blocks import render
from sinks.slack.feedback import requests_of
from tests.unit.alerts.test_blocks import CARD


def press(action: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "kim"},
        "channel": {"id": "C1"},
        "actions": [action],
    }


def test_each_button_asks_for_what_it_says() -> None:
    _, blocks = render(Message("story", cards=(CARD,)), buttons=True)
    asked = [requests_of(press(button))[0] for button in blocks[-1]["elements"]]
    who = "slack:kim"
    assert asked == [
        {"what": "label", "article": "a1", "topic": "ports", "about": True, "who": who},
        {"what": "label", "article": "a1", "topic": "ports", "about": False, "who": who},
        {"what": "mute", "kind": "story", "value": "s1", "place": "C1", "who": who},
    ]


def test_presses_that_are_not_ours_are_nothing() -> None:
    assert requests_of({"type": "view_submission"}) == []
    assert requests_of(press({"action_id": "other", "value": "{}"})) == []
    assert requests_of(press({"action_id": "newsbeam_mute", "value": "no json"})) == []
    assert requests_of(press({"action_id": "newsbeam_mute", "value": json.dumps([1])})) == []
