"""The sample newsroom holds what it promises, and the golden table speaks of all of it."""

from datetime import UTC, date

import feedparser
import pytest

from pipelines.newsroom.content import LAST_TICK, at_tick, broken_feeds, dispatches, outlets
from pipelines.newsroom.golden import expected_feeds, expected_pages
from pipelines.newsroom.server import build_site

EDITION = date(2026, 11, 18)
TOPICS = {"llama-monetization", "ai-copyright", "open-source-ai", "ai-regulation", "ai-capex"}


def announced(tick: int) -> set[str]:
    """URLs of all pieces that feeds announce at a tick."""
    urls = set()
    for outlet in (at_tick(o, EDITION, tick) for o in outlets()):
        for piece in outlet.pieces:
            urls.add(f"http://{outlet.host}{piece.path}")
            if piece.amp:
                urls.add(f"http://{outlet.host}{piece.path}/amp")
    return urls


def test_the_newsroom_is_large_and_varied_enough() -> None:
    assert len(outlets()) >= 8
    assert sum(len(o.pieces) for o in outlets()) >= 44
    assert {o.feed["format"] for o in outlets()} == {"rss2", "rdf", "atom", "json"}
    assert {o.language for o in outlets()} == {"en", "de", "fr", "es", "pl"}
    kinds = {p.kind for o in outlets() for p in o.pieces}
    assert kinds >= {"paywall", "consent", "bot", "soft404", "listing", "live", "thread"}


def test_every_outlet_lives_below_example() -> None:
    hosts = [o.host for o in outlets()] + [b.host for b in broken_feeds()]
    assert all(host.endswith(".example") for host in hosts)
    assert len(set(hosts)) == len(hosts)


@pytest.mark.parametrize("tick", range(LAST_TICK + 1))
def test_the_golden_table_names_exactly_what_the_feeds_announce(tick: int) -> None:
    assert set(expected_pages(EDITION, tick)) == announced(tick)


def test_each_required_phrase_is_in_the_text_and_no_forbidden_one() -> None:
    for tick in range(LAST_TICK + 1):
        pages = expected_pages(EDITION, tick)
        for outlet in (at_tick(o, EDITION, tick) for o in outlets()):
            for piece in outlet.pieces:
                said = " ".join(
                    [*piece.paragraphs, *(u[2] for u in piece.updates)]
                    + [text for _, text in piece.comments]
                )
                page = pages[f"http://{outlet.host}{piece.path}"]
                assert page.phrase in said, page.url
                assert not [w for w in page.without if w in said], page.url
                assert said.count(page.once) > 1 or not page.once, page.url
                assert page.title == piece.title, page.url


def test_golden_days_are_the_days_on_which_the_pieces_appeared() -> None:
    days = {
        f"http://{o.host}{p.path}": p.published and p.published.astimezone(UTC).date()
        for o in (at_tick(o, EDITION, LAST_TICK) for o in outlets())
        for p in o.pieces
    }
    for url, page in expected_pages(EDITION, LAST_TICK).items():
        if page.published and url in days:
            assert page.published == days[url], url


def test_golden_topics_and_feeds_are_known_ones() -> None:
    pages = expected_pages(EDITION).values()
    assert {t for p in pages for t in p.topics} == TOPICS
    assert set(expected_feeds()) == {b.feed_url for b in broken_feeds()}


def test_each_topic_has_pages_in_at_least_two_languages_or_from_three_outlets() -> None:
    pages = expected_pages(EDITION).values()
    for topic in TOPICS:
        about = [p for p in pages if topic in p.topics]
        assert len({p.outlet for p in about}) >= 2, topic
        assert len(about) >= 4, topic


def test_each_dispatch_runs_under_different_headlines_and_the_earliest_is_the_original() -> None:
    pages = expected_pages(EDITION, LAST_TICK)
    for name in dispatches():
        runs = [
            (piece.published, f"https://{o.host.removeprefix('www.')}{piece.path}", piece.title)
            for o in (at_tick(o, EDITION, LAST_TICK) for o in outlets())
            for piece in o.pieces
            if piece.dispatch == name
        ]
        assert len(runs) >= 2, name
        assert len({title for _, _, title in runs}) == len(runs), name
        original = min(runs)[1]
        said = {p.canonical_url: p.copy_of for p in pages.values() if p.verdict == "article"}
        assert {url: said[url] for _, url, _ in runs} == {
            url: None if url == original else original for _, url, _ in runs
        }


def test_every_feed_parses_and_links_its_pages() -> None:
    site = build_site(EDITION, 0)
    for outlet in outlets():
        answer = site[outlet.host, outlet.feed["path"]]
        if outlet.feed["format"] == "json":
            continue
        parsed = feedparser.parse(answer.body)
        assert not parsed.bozo, outlet.host
        assert len(parsed.entries) >= len([p for p in outlet.pieces if p.tick == 0]), outlet.host


def test_some_pages_lie_about_their_charset_or_say_nothing() -> None:
    site = build_site(EDITION, 0)
    lying = site["www.morgenblatt-nord.example", "/wirtschaft/rechenzentrum-elbe-20261117.html"]
    assert "utf-8" in lying.content_type
    with pytest.raises(UnicodeDecodeError):
        lying.body.decode("utf-8")
    silent = site["le-quai.example", "/culture/romanciers-ia-20261111"]
    assert silent.content_type == "text/html"
    assert b"charset" not in silent.body


def test_time_brings_edits_reprints_and_new_reports() -> None:
    sites = [build_site(EDITION, tick) for tick in range(LAST_TICK + 1)]
    assert len(sites[1]) == len(sites[0]) + 1
    assert len(sites[2]) == len(sites[1]) + 1
    place = ("harbour-courier.example", "/2026/11/rope-works-computing-centre")
    pages = [site[place].body.decode() for site in sites]
    assert "40 million" in pages[1]
    assert "55 million" in pages[2]
    assert "Correction:" in pages[3]


def test_nothing_is_dated_after_the_day_that_follows_the_edition() -> None:
    for outlet in (at_tick(o, EDITION, LAST_TICK) for o in outlets()):
        for piece in outlet.pieces:
            assert not piece.published or piece.published.date() <= EDITION
