"""Whatever a page says, the dashboard shows text, and links that open pages."""

from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import parts
from newsbeam.headlines import headline

ALLOWED = {"li", "div", "a", "span", "p", "mark", "details", "summary", "ul", "ol", "time"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def mention(**changes: object) -> dict[str, object]:
    return {
        "mention_id": "m1", "title": "A headline", "url": "https://a.example/1", "score": 0.7,
        "outlet": "a.example", "published": datetime(2026, 11, 20, 8, tzinfo=UTC), "language": "en",
        "matched_by": "both", "topic_version": "v1", "parts": '{"query": 0.5}', "lead": "Lead.",
        "evidence": '[{"kind": "query", "zone": "body", "text": "fair use", "term": "fair use", '
        '"sentence": "It was fair use, or unfair use.", "score": null}]',
        "story_id": "s1", "newsrooms": 3, "partial": False, **changes,
    }  # fmt: skip


hostile = st.text(alphabet=st.sampled_from("<>&\"'/=javascript:onerror()img \n"), max_size=60)


@given(title=hostile, outlet=hostile, sentence=hostile, url=hostile)
def test_nothing_from_outside_becomes_markup(
    title: str, outlet: str, sentence: str, url: str
) -> None:
    import json

    evidence = json.dumps([{"kind": "query", "text": sentence[:5], "sentence": sentence}])
    page = parts.mention_item(mention(title=title, outlet=outlet, url=url, evidence=evidence))
    tags = Tags()
    tags.feed(page)
    assert {tag for tag, _ in tags.seen} <= ALLOWED
    for tag, attributes in tags.seen:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a":
            assert (attributes["href"] or "").startswith(("http://", "https://", "story?"))


def test_a_headline_is_one_line_that_turns_nothing_around() -> None:
    assert headline("Safe \u202egpj.exe\u202c\x1b[31m\nend") == "Safe gpj.exe [31m end"
    assert headline("ع" * 5_000) == "ع" * 238 + " …"
    assert headline(" \u2066") == headline(None) == "(no headline)"


def test_data_is_called_old_after_a_day_without_a_run() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert parts.age(now - timedelta(hours=25), now) == ""
    assert "30 hours old" in parts.age(now - timedelta(hours=30), now)
    assert "9 days old" in parts.age(now - timedelta(days=9), now)
    assert parts.age(now + timedelta(days=1), now) == ""  # clocks differ


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//a.example", "", None, "file:///etc"]
)
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert parts.link(url, "title") == "title"


def test_matched_words_are_marked_whole() -> None:
    assert parts.marked("To train AI & aim.", ["ai"]) == "To train <mark>AI</mark> &amp; aim."


def test_a_mention_says_who_else_covers_it_and_why() -> None:
    page = parts.mention_item(mention())
    assert "also covered by 2 newsrooms" in page
    assert "It was <mark>fair use</mark>, or unfair use." in page
    assert "query 0.50" in page


def test_a_diff_shows_words_not_whole_paragraphs() -> None:
    shown = parts.diff("Same.\nThe fine is 3 million.", "Same.\nThe fine is 5 million.")
    assert "<del>3</del><ins>5</ins>" in shown
    assert "1 paragraph unchanged" in shown


def test_tables_escape_and_align() -> None:
    page = parts.table([{"a": "<b>", "n": 1234, "d": date(2026, 1, 2)}],
                       {"a": "A", "n": "N", "d": "D"}, "Cap")  # fmt: skip
    assert "&lt;b&gt;" in page
    assert '<td class="num">1,234</td>' in page
    assert 'aria-label="Cap"' in page


def test_markdown_in_headlines_is_disarmed() -> None:
    assert parts.plain("[x](y) *b*") == r"\[x\]\(y\) \*b\*"
