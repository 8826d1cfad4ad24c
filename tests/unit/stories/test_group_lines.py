import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from newsbeam.settings import ModelSettings
from newsbeam.stories.grouper import StoryInput
from newsbeam.stories.page import story_page
from pipelines.cli.stories_group import group_lines, read_line


def test_a_line_becomes_an_article() -> None:
    line = '{"id": 7, "title": "A", "text": "", "published": "2026-03-01T08:00:00+01:00"}'
    item = read_line(1, line)
    assert isinstance(item, StoryInput)
    assert (item.id, item.title, item.text) == ("7", "A", None)
    assert item.published == datetime(2026, 3, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nope", "line 3: "),
        ("[1]", "not an object"),
        ('{"title": "A"}', "no id"),
        ('{"id": true, "title": "A"}', "no id: 'True' is neither text nor a whole number"),
        ('{"id": 1.0, "title": "A"}', "no id: '1.0' is neither text nor a whole number"),
        ('{"id": "x"}', "neither title nor text"),
        ('{"id": "x", "titel": "A"}', "neither title nor text, but titel"),
        ('{"id": "x", "title": "A", "published": 1700000000}', "write 2026-03-01T10:00:00Z"),
        ('{"id": "x", "title": "A", "published": "2026-03-01T10:00+99:00"}', "published is no"),
        ('{"id": "x", "title": 5}', "title is not text"),
        ('{"id": "x", "title": "A", "published": "yesterday"}', "published is no time"),
        ('{"id": "x", "title": "A", "published": " 32 Jan 2026, noon "}', "published is no time"),
        ('{"id": "\\ud800", "title": "A"}', "id is not valid text"),
        ("[" * 100_000, "line 3: "),
    ],
)
def test_a_bad_line_says_what_is_wrong(line: str, why: str) -> None:
    answer = read_line(3, line)
    assert isinstance(answer, dict)
    assert why in answer["error"]


def test_a_date_in_the_future_counts_as_missing() -> None:
    item = read_line(1, '{"id": "x", "title": "A", "published": "2999-01-01"}')
    assert isinstance(item, StoryInput)
    assert item.published is None


@pytest.mark.parametrize(
    "published",
    ["Thu, 01 Jan 2026 10:00:00 +0100", "1 Jan 2026 10:00:00 +0100", "2026-01-01 10:00:00 +0100"],
)
def test_the_date_of_a_feed_is_read_as_well(published: str) -> None:
    item = read_line(1, json.dumps({"id": "x", "title": "A", "published": published}))
    assert isinstance(item, StoryInput)
    assert item.published == datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.mark.slow
def test_each_line_gets_an_answer_in_order() -> None:
    lines = [
        "\ufeff" + json.dumps({"id": "a", "title": "Ferry Norrsund runs aground off Port Halden"}),
        "",
        "nope",
        json.dumps({"id": "b", "title": "212 rescued as ferry Norrsund hits Port Halden rocks"}),
        json.dumps({"id": "c", "title": "Ferry Norrsund runs aground off Port Halden", "text": ""}),
        json.dumps({"id": "d", "title": "Central bank of Arvenia raises rates"}),
    ]
    seen = Counter[str]()
    answers = list(group_lines([*lines, lines[0]], ModelSettings(), seen))
    assert seen == {"broken": 1, "again": 1}
    assert answers.pop()["story"] == answers[0]["story"]
    assert [a["id"] for a in answers] == ["a", None, "b", "c", "d"]
    by_id = {a["id"]: a for a in answers}
    assert by_id["a"]["story"] == by_id["b"]["story"] == by_id["c"]["story"]
    assert by_id["d"]["story"] != by_id["a"]["story"]
    assert by_id["c"]["copy_of"] == "a"
    assert "error" in by_id[None]


def test_a_story_is_told_in_words() -> None:
    first, later = datetime(2026, 3, 1, 8, 0), datetime(2026, 3, 1, 11, 0)  # noqa: DTZ001
    story = {
        "story_id": "5" * 20,
        "title": "Ferry runs aground",
        "topics": ["ferries"],
        "articles": 3,
        "copies": 1,
        "newsrooms": 2,
        "first_seen": first,
        "last_seen": later,
    }
    rows = [
        ("a", "coast.example", "coast.example", None, first),
        ("b", "inland.example", "inland.example", "a", first),
        ("c", "harbour.example", "harbour.example", None, later),
    ]
    timeline = [
        {
            "article_id": id,
            "outlet": outlet,
            "newsroom": room,
            "newsroom_kind": "newsroom",
            "copy_of": copy_of,
            "independent": copy_of is None,
            "arrived": at,
            "title": f"headline {id}",
            "revision": 1,
        }
        for id, outlet, room, copy_of, at in rows
    ]
    facts = [
        {"kind": "new_fact", "article_id": id, "at_time": later, "evidence": {"sentence": text}}
        for id, text in (("c", "Nine are hurt."), ("a", "Two hundred were on board."))
    ]
    page = story_page(story, timeline, facts, [])
    assert "Covered by 2 independent newsrooms in 3 articles (1 is a copy), over 3 hours." in page
    assert "First: coast.example, 2026-03-01 08:00; harbour.example followed 3 hours later." in page
    assert "inland.example: headline b  [copy of coast.example's]" in page
    assert "Only reprinted by inland.example." in page
    told = page[page.index("What changed") :].splitlines()[1:3]  # by article, not by the run's time
    assert told == [
        "  2026-03-01 08:00  coast.example: “Two hundred were on board.”",
        "  2026-03-01 11:00  harbour.example: “Nine are hurt.”",
    ]


def page_of(rows: list[tuple[str, str, str, str | None]]) -> str:
    at = datetime(2026, 3, 1, 8, 0)  # noqa: DTZ001
    story = {
        "story_id": "5" * 20,
        "title": "Ferry runs aground",
        "articles": len(rows),
        "copies": sum(copy_of is not None for *_, copy_of in rows),
        "newsrooms": 2,
        "first_seen": at,
        "last_seen": at,
    }
    timeline = [
        {
            "article_id": id,
            "outlet": outlet,
            "newsroom": outlet,
            "newsroom_kind": kind,
            "copy_of": copy_of,
            "independent": copy_of is None,
            "arrived": at + timedelta(minutes=10 * place),
            "title": None,
            "revision": 1,
        }
        for place, (id, outlet, kind, copy_of) in enumerate(rows)
    ]
    return story_page(story, timeline, [], [])


def test_what_an_aggregator_showed_first_is_the_report_of_the_newsroom_that_has_it() -> None:
    page = page_of(
        [
            ("a", "links.example", "aggregator", None),
            ("r", "wire.example", "release", None),
            ("b", "coast.example", "newsroom", "a"),
            ("c", "inland.example", "newsroom", "a"),
            ("d", "harbour.example", "newsroom", None),
        ]
    )
    assert "(2 are copies, 1 from an aggregator, 1 press release)" in page
    assert "First: coast.example, 2026-03-01 08:20; harbour.example followed 20 minutes" in page
    assert "Only reprinted by inland.example." in page


def test_an_agencys_print_of_what_an_aggregator_showed_counts_beside_the_newsrooms() -> None:
    page = page_of(
        [
            ("a", "links.example", "aggregator", None),
            ("b", "wire.example", "agency", "a"),
            ("c", "coast.example", "newsroom", "a"),
        ]
    )
    assert "First: wire.example, 2026-03-01 08:10; coast.example followed 10 minutes" in page


def test_what_an_outlet_writes_does_no_harm_on_a_terminal() -> None:
    at = datetime(2026, 3, 1, 8, 0)  # noqa: DTZ001
    bad = "Ferry\x1b[31m runs\r\naground \u202eoff"
    story = {
        **{"story_id": "5" * 20, "title": bad, "articles": 1, "copies": 0, "newsrooms": 1},
        "first_seen": at,
        "last_seen": at,
    }
    row = {
        **{"article_id": "a", "outlet": "x.example", "newsroom": "x", "newsroom_kind": "newsroom"},
        **{"independent": True, "copy_of": None, "arrived": at, "title": bad, "revision": 1},
    }
    fact = {"kind": "new_fact", "article_id": "a", "at_time": at, "evidence": {"sentence": bad}}
    page = story_page(story, [row], [fact], [])
    assert not set("\x1b\r\u202e") & set(page)
    assert page.count("Ferry [31m runs aground off") == 3
