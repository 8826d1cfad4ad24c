"""The sample newsroom over real sockets."""

from datetime import date
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

from pipelines.newsroom.server import Newsroom

EDITION = date(2026, 11, 18)


def ask(newsroom: Newsroom, url: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(newsroom.hosts[parts.netloc], timeout=10)
    connection.request("GET", parts.path, headers={"Host": parts.netloc, **headers})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_each_outlet_answers_at_an_address_of_its_own() -> None:
    with Newsroom(EDITION) as newsroom:
        assert len(set(newsroom.hosts.values())) == len(newsroom.hosts) >= 11
        for url in newsroom.feeds:
            response, body = ask(newsroom, url)
            lost = "lost-herald" in url
            assert response.status == (404 if lost else 200), url
            assert body, url


def test_an_unchanged_feed_answers_304_and_a_changed_one_200() -> None:
    url = "http://daybreak.example/rss"
    with Newsroom(EDITION) as newsroom:
        first, body = ask(newsroom, url)
        etag = str(first.headers["ETag"])
        again, nothing = ask(newsroom, url, **{"If-None-Match": etag})
        assert (again.status, nothing) == (304, b"")
        newsroom.at(1)
        later, changed = ask(newsroom, url, **{"If-None-Match": etag})
        assert later.status == 200
        assert changed != body


def test_dead_ends_are_what_they_claim() -> None:
    with Newsroom(EDITION) as newsroom:
        gone, _ = ask(newsroom, "http://daybreak.example/weather/storm-damage-gallery")
        broken, _ = ask(newsroom, "http://daybreak.example/sport/cup-draw")
        loop, _ = ask(newsroom, "http://daybreak.example/go/round-and-round")
        moved, _ = ask(newsroom, "http://daybreak.example/go/4471")
        _, robots = ask(newsroom, "http://daybreak.example/robots.txt")
    assert (gone.status, broken.status, loop.status, moved.status) == (404, 500, 301, 301)
    assert loop.headers["Location"] == "/go/round-and-round/again"
    assert moved.headers["Location"].endswith("/travel/night-train-returns")
    assert b"Disallow: /members/" in robots
