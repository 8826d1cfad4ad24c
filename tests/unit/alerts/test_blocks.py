"""Messages stay within Slack's limits and mean what they say, whatever outlets write."""

from dataclasses import replace
from datetime import UTC, datetime

import slackblocks
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.alerts.messages import Card, Message, clean, from_json, marks_of, safe_url, to_json
from newsbeam.alerts.text import body, domain_of, headline, percent
from sinks.slack.blocks import escape, render
from tests.slack_limits import problems

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = Card(
    story_id="s1", article_id="a1", headline="Port closed", url="https://a.example/x",
    outlet="a.example", site_name="The A", published=NOW, seen=NOW, language="en",
    topics=(("ports", 0.93),), quote="The port stays closed.", marks=((4, 8),),
)  # fmt: skip
words = st.text(max_size=700)
cards = st.builds(
    Card,
    story_id=st.just("s1"), article_id=st.just("a1"), headline=words.map(lambda t: clean(t, 250)),
    url=st.one_of(st.none(), st.text(max_size=300).map(lambda t: safe_url(f"https://a.example/{t}"))),
    outlet=st.sampled_from(["a.example", "пример.example", "日本.example"]),
    site_name=st.one_of(st.none(), words.map(lambda t: clean(t, 60))),
    published=st.one_of(st.none(), st.just(NOW)), seen=st.just(NOW),
    language=st.one_of(st.none(), st.just("en")),
    topics=st.lists(st.tuples(words, st.floats(0, 1)), max_size=9).map(tuple),
    quote=st.one_of(st.none(), words.map(lambda t: clean(t, 300) or None)),
    newsrooms=st.integers(1, 500), articles=st.integers(1, 900), copies=st.integers(0, 99),
    first_outlet=st.one_of(st.none(), st.just("b.example")), first_at=st.just(NOW),
    flags=st.lists(st.sampled_from(["partial text", "correction"]), unique=True).map(tuple),
    note=st.one_of(st.none(), words),
)  # fmt: skip
messages = st.builds(
    Message,
    kind=st.sampled_from(["story", "reply", "digest", "operations"]),
    title=words, cards=st.lists(cards, min_size=1, max_size=20).map(tuple),
    lines=st.lists(words, min_size=1, max_size=9).map(tuple), more=st.integers(0, 400),
    dashboard_url=st.one_of(st.none(), st.just("https://desk.example/")),
)  # fmt: skip


@given(messages, st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_message_fits_into_slack(message: Message, buttons: bool) -> None:
    text, blocks = render(message, "Europe/Berlin", buttons=buttons)
    assert problems(text, blocks) == []


@given(messages)
@settings(max_examples=100, deadline=None)
def test_a_message_survives_the_outbox(message: Message) -> None:
    assert from_json(to_json(message)) == message


def test_the_layout_is_what_a_library_builds_from_it() -> None:
    _, blocks = render(Message("story", cards=(CARD,)), buttons=True)
    rich, context, actions = blocks
    link = rich["elements"][0]["elements"][0]
    built = slackblocks.RichTextLink(url=link["url"], text=link["text"], bold=True)
    assert built._resolve() == link
    texts = [slackblocks.Text(e["text"], verbatim=True) for e in context["elements"]]
    assert slackblocks.ContextBlock(texts)._resolve()["elements"] == context["elements"]
    for made in actions["elements"]:
        button = slackblocks.Button(made["text"]["text"], made["action_id"], value=made["value"])
        assert button._resolve()["value"] == made["value"]


def test_a_story_says_what_a_reader_must_know() -> None:
    card = replace(
        CARD, newsrooms=4, copies=2, first_outlet="b.example", first_at=NOW, flags=("partial text",)
    )
    text, blocks = render(Message("story", cards=(card,)))
    assert text == "Port closed (a.example) · ports 93 % · also covered by 3 newsrooms · 2 reprints"
    said = str(blocks)
    for part in ("a.example", "*ports* 93 %", "also covered by 3 newsrooms", "first: b.example",
                 ":warning: partial text", f"<!date^{int(NOW.timestamp())}^"):  # fmt: skip
        assert part in said
    quote = blocks[0]["elements"][1]["elements"]
    assert [(e["text"], "style" in e) for e in quote] == [
        ("The ", False), ("port", True), (" stays closed.", False),
    ]  # fmt: skip


def test_a_story_that_was_seen_before_says_why_it_comes_now() -> None:
    card = replace(CARD, note="a.example changed figures: 8 → 10")
    _, blocks = render(Message("story", cards=(card,)))
    assert blocks[0]["elements"][1]["elements"] == [
        {"type": "text", "text": card.note, "style": {"italic": True}}
    ]
    assert "changed figures: 8 → 10" in body(Message("story", cards=(card,)))


def test_nothing_that_an_outlet_writes_is_markup() -> None:
    card = replace(CARD, headline="<!channel> *bold* <https://evil.example|x>", site_name="<b>&")
    text, blocks = render(Message("story", cards=(card,)))
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text
    literal = blocks[0]["elements"][0]["elements"][0]
    assert literal["type"] == "link"  # text in a rich text link is taken literally
    assert all("<b>" not in e["text"] for e in blocks[1]["elements"])
    assert escape("a < b & c > d") == "a &lt; b &amp; c &gt; d"


def test_only_http_links_are_links() -> None:
    assert safe_url("javascript:alert(1)") is None
    assert safe_url("https://a.example/" + "x" * 3000) is None
    assert safe_url("https://a.example/a b") is None
    assert safe_url("https://a.example/?a=1&b=2") == "https://a.example/?a=1&b=2"


def test_characters_that_reorder_or_hide_text_are_removed() -> None:
    assert clean("pay\u202epal\u2066 \x00now\u200b!") == "pay pal now !"
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert domain_of("аpple.example") == "xn--pple-43d.example"


def test_matched_words_are_marked_as_whole_words_and_apart() -> None:
    assert marks_of("Port and report at the port", ["port"]) == ((0, 4), (23, 27))
    assert marks_of("open source model", ["open source", "source model"]) == ((0, 17),)
    assert marks_of("人工智能的港口", ["港口"]) == ((5, 7),)


def test_a_probability_never_claims_certainty() -> None:
    assert (percent(1.0), percent(0.0), percent(0.505)) == ("99 %", "1 %", "50 %")


def test_a_digest_keeps_its_first_stories_when_all_do_not_fit() -> None:
    long = replace(CARD, headline="word " * 49, url="https://a.example/" + "x" * 900)
    message = Message("digest", title="20 stories", cards=(long,) * 20, more=5)
    text, blocks = render(message)
    assert problems(text, blocks) == []
    shown = len(blocks[0]["elements"][1]["elements"])
    assert 5 <= shown < 20
    assert f"and {25 - shown} more" in str(blocks[1])


def test_plain_text_says_the_same() -> None:
    message = Message("digest", title="2 stories", cards=(CARD, CARD), more=3)
    assert headline(message) == "2 stories: Port closed and 4 more"
    assert body(message, "Europe/Berlin").splitlines()[2:4] == [
        "1. Port closed",
        "   The A (a.example) · 02 Mar 2026 13:00 CET · en · ports 93 %",
    ]
