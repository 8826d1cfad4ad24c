import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsbeam.urls import canonical_url, is_web_url, outlet_of, trusted_canonical

ARTICLE = "https://herald.example/2026/11/rates-rise-again"


@pytest.mark.parametrize(
    "variant",
    [
        "http://herald.example/2026/11/rates-rise-again",
        "https://www.herald.example/2026/11/rates-rise-again/",
        "https://m.herald.example/2026/11/rates-rise-again",
        "https://amp.herald.example/2026/11/rates-rise-again",
        "https://herald.example/2026/11/rates-rise-again/amp/",
        "https://herald.example/amp/2026/11/rates-rise-again",
        "https://herald.example/2026/11/rates-rise-again.amp",
        "https://herald.example/2026/11/rates-rise-again?amp=1",
        "https://herald.example/2026/11/rates-rise-again?utm_source=x&utm_medium=rss&fbclid=1",
        "https://herald.example/2026/11/rates-rise-again?source=rss&ref=hn#comments",
        "HTTPS://Reader:secret@HERALD.example:443/2026/11/rates-rise-again",
        "https://www.google.com/amp/s/herald.example/2026/11/rates-rise-again",
        "https://herald-example.cdn.ampproject.org/c/s/herald.example/2026/11/rates-rise-again",
        "https://www.google.com/url?q=https%3A%2F%2Fherald.example%2F2026%2F11%2Frates-rise-again&sa=D",
        "  https://herald.example/2026/11/rates-%72ise-again\n",
        "\ufeffhttps://herald.example/2026/11/rates-rise-again\u200b",
        "https://herald.example/2026/x/../11/./rates-rise-again",
        "https://herald.example/2026/x/%2e%2E/11/rates-rise-again",
        "https:///herald.example/2026/11/rates-rise-again",
        r"https:\\herald.example\2026\11\rates-rise-again",
        "https://www.google.com/url?"
        + "".join(f"x{n}=1&" for n in range(300))
        + "url=https://herald.example/2026/11/rates-rise-again",
    ],
)
def test_variants_of_one_article_have_one_canonical_url(variant: str) -> None:
    assert canonical_url(variant) == ARTICLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/?p=1", "https://a.example/?p=2"),
        ("https://a.example/story?id=1", "https://a.example/story?id=2"),
        ("https://a.example/Story", "https://a.example/story"),
        ("https://blog.a.example/x", "https://a.example/x"),
        ("https://a.github.io/x", "https://b.github.io/x"),
        ("https://a.example/x?page=2", "https://a.example/x"),
        ("https://a.example/list?source=17", "https://a.example/list?source=18"),
        ("https://a.example/tag/amp", "https://a.example/tag"),
        ("https://a.example/a?m=202610", "https://a.example/a?m=202611"),
        ("http://127.0.0.2:8000/x", "http://127.0.0.3:8000/x"),
        ("http://127.0.0.2:8000/x", "http://127.0.0.2:8001/x"),
        ("https://straße.example/x", "https://strasse.example/x"),
        ("https://a.example/x\ud800y", "https://a.example/x"),
    ],
)
def test_what_distinguishes_articles_stays(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@settings(deadline=None)
@given(
    st.text(st.characters(), max_size=80)
    | st.text("htps:/?&=#%amp.w123[]@\\ ä\ud800", max_size=60).map("https://".__add__)
    | st.text("&=a1", min_size=200, max_size=900).map("https://www.google.com/url?".__add__)
)
def test_canonical_url_is_idempotent_and_never_fails(text: str) -> None:
    once = canonical_url(text)
    assert canonical_url(once) == once
    assert outlet_of(once)


@settings(deadline=None)
@given(
    st.from_regex(
        r"https?://(www\.|m\.|amp\.)?[a-c]{1,3}\.(com|co\.uk|github\.io)(:80)?(/amp|/[a-z%0-9-]{1,8}){0,3}"
        r"(\.amp|/)?(\?[a-z_]{1,4}=[a-z0-9%]{0,4}(&utm_x=1)?)?",
        fullmatch=True,
    )
)
def test_canonical_url_keeps_the_outlet(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert outlet_of(once) == outlet_of(url)


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.bbc.co.uk/news", "bbc.co.uk"),
        ("https://deep.news.herald.example/x", "herald.example"),
        ("https://someone.github.io/x", "someone.github.io"),
        ("https://www.gov.uk/x", "www.gov.uk"),
        ("http://127.0.0.2:8080/x", "127.0.0.2"),
        ("http://[::1]:8080/x", "::1"),
        ("http://localhost:8080/x", "localhost"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://www.straße.example/", "xn--strae-oqa.example"),
        ("https://BÜCHER。example/", "xn--bcher-kva.example"),
        ("https://www.食狮.公司.cn/", "xn--85x722f.xn--55qx5d.cn"),
        ("https://www.bücher.co.uk/", "xn--bcher-kva.co.uk"),
        ("urn:newsbeam:text:00ff", "unknown"),
        ("http://[broken", "unknown"),
    ],
)
def test_outlet_is_the_registrable_domain(url: str, outlet: str) -> None:
    assert outlet_of(url) == outlet


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("/2026/11/rates-rise-again", ARTICLE),
        (
            "https://www.herald.example/money/rates-rise-again-1",
            "https://herald.example/money/rates-rise-again-1",
        ),
        ("https://other.example/2026/11/rates-rise-again", ARTICLE + "?x=1"),
        ("https://herald.example/", ARTICLE + "?x=1"),
        ("https://herald.example/2026", ARTICLE + "?x=1"),
        ("https://herald.example/{{slug}}", ARTICLE + "?x=1"),
        ("http://[broken", ARTICLE + "?x=1"),
        (None, ARTICLE + "?x=1"),
    ],
)
def test_a_declared_canonical_is_used_only_when_trustworthy(
    declared: str | None, expected: str
) -> None:
    assert (
        trusted_canonical("https://m.herald.example/2026/11/rates-rise-again?x=1", declared)
        == expected
    )


def test_a_canonical_that_loses_the_identifying_query_is_not_believed() -> None:
    page = "https://herald.example/story.php?id=7"
    assert trusted_canonical(page, "/story.php") == page


def test_only_absolute_http_urls_are_web_urls() -> None:
    assert is_web_url("https://a.example/x")
    for other in (
        None,
        "",
        "javascript:alert(1)",
        "mailto:a@b.example",
        "/x",
        "file:///etc/passwd",
        "http://",
        "https://a b.example/x",
        "https://a%2Fb.example/x",
        "https://a.example]/x",
        "https://[not-an-address]/x",
        "https://" + "ü" * 70 + ".example/",
    ):
        assert not is_web_url(other)
