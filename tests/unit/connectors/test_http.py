"""Addresses, headers, robots.txt and names: the parts of the client that need no network."""

import pickle
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.client import user_agent
from connectors.http.addresses import AddressGuard, unwrap
from connectors.http.answers import AnswerError, max_age, retry_after
from connectors.http.decoding import DamagedError, Decoder, TooLargeError
from connectors.http.names import Names
from connectors.http.robots import read_robots
from newsbeam.errors import ConfigError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "::",
        "::1", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2002:c0a8:101::", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "::7f00:1",
        "2001:db8::1", "fe80::1%eth0", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_are_not_on_the_public_internet_are_refused(address: str) -> None:
    assert AddressGuard((), (80, 443)).refusal(address, 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "64:ff9b::5db8:d70e"])
def test_public_addresses_may_be_asked_on_allowed_ports(address: str) -> None:
    guard = AddressGuard((), (80, 443))
    assert guard.refusal(address, 443) is None
    assert guard.refusal(address, 22)


def test_an_allowed_network_may_be_asked_on_every_port() -> None:
    guard = AddressGuard(("127.0.0.0/8",), (80,))
    assert guard.refusal("127.3.2.1", 9999) is None
    assert guard.refusal("::ffff:127.0.0.1", 80) is None
    assert guard.refusal("10.0.0.1", 80)


def test_a_range_that_is_none_names_the_setting() -> None:
    with pytest.raises(ConfigError, match=r"fetch\.allow_networks"):
        AddressGuard(("localhost",))


@pytest.mark.parametrize(
    "host", ["0x7f.1", "2130706433", "127.1", "0177.0.0.1", "127.0.0.01", "1.2.3"]
)
def test_addresses_in_disguise_are_refused_by_their_spelling(host: str) -> None:
    assert AddressGuard((), (80,)).refusal_of_host(host, 80)


def test_names_are_left_to_the_socket() -> None:
    assert AddressGuard((), (80,)).refusal_of_host("1and1.example", 80) is None


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_judged_as_what_it_stands_for(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    for wrapped in (f"::ffff:{address}", f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"):
        assert unwrap(ip_address(wrapped)) == address


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "Fri, 20 Nov 2026 12:10:00 GMT"}, 600),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, None),
        ({"retry-after": "999999999"}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "30"}, 30),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "no-cache"}, None),
        ({"expires": "Fri, 20 Nov 2026 12:30:00 GMT"}, 1800),
        ({"expires": "0"}, None),
        ({"cache-control": "max-age=banana"}, None),
    ],
)
def test_freshness_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert max_age(headers, NOW) == seconds


def test_errors_survive_pickling() -> None:
    error = AnswerError("https://a.example/", "HTTP 429", "rate_limited", 429, 60.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.url, copy.message, copy.verdict, copy.status, copy.retry_after_s) == (
        error.url, error.message, error.verdict, error.status, error.retry_after_s,
    )  # fmt: skip


def test_robots_rules_are_read() -> None:
    rules = read_robots(
        200, b"User-agent: newsbeam\nDisallow: /no\nAllow: /no/yes\nCrawl-delay: 3\n"
    )
    assert rules.refusal("https://a.example/no/x")
    assert rules.refusal("https://a.example/no/yes") is None
    assert rules.crawl_delay_s == 3
    assert read_robots(404, b"").refusal("https://a.example/") is None
    assert read_robots(503, b"").refusal("https://a.example/")
    assert read_robots(200, b"<!doctype html><p>Oops").refusal("https://a.example/") is None


def test_shutting_out_everybody_is_no_opt_out_from_training() -> None:
    assert read_robots(200, b"User-agent: *\nDisallow: /\n").ai_optout == ()
    assert read_robots(200, b"User-agent: CCBot\nDisallow: /\n").ai_optout == ("robots:CCBot",)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_robots_txt_is_read(body: bytes) -> None:
    read_robots(200, body).refusal("https://a.example/x?y")


@settings(deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x-gzip"]),
)
def test_any_bytes_are_decoded_or_damaged(body: bytes, coding: str) -> None:
    try:
        out = b"".join(Decoder(coding, 100_000).decode(body))
    except (DamagedError, TooLargeError):
        return
    assert len(out) <= 100_000


def test_too_many_wrappings_are_damaged() -> None:
    with pytest.raises(DamagedError):
        Decoder("gzip, gzip, gzip, gzip", 100)


@pytest.mark.parametrize("text", ["nowhere", "1.2.3.4:port", "[::1", "1.2.3"])
def test_a_hosts_entry_that_is_no_address_names_the_setting(text: str) -> None:
    with pytest.raises(ConfigError, match=r"fetch\.hosts\.a\.example"):
        Names({"a.example": text})


def test_the_user_agent_cannot_be_split_into_headers() -> None:
    assert "\n" not in user_agent("me@a.example\r\nX-Evil: 1")
