"""URLs: one canonical form per article, and the outlet that a URL belongs to.

Pure text work: no network, no clock.  Three questions::

    canonical_url(url)                  what identifies the article behind this URL?
    outlet_of(url)                      which registrable domain publishes it?
    trusted_canonical(page, declared)   may the page's own <link rel=canonical> be believed?

The canonical form is an identity, not an address to fetch: tracking, AMP and mobile variants,
``www.`` and the scheme are gone, what tells two articles apart stays.  Sites are never merged.

Source: https://url.spec.whatwg.org/ (what browsers do), https://publicsuffix.org/,
https://developers.google.com/amp/cache/overview (AMP cache addresses).
"""

import re
import unicodedata
from base64 import urlsafe_b64decode
from functools import cache, lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit, urlunsplit

from newsbeam.tracking import is_tracking

UNKNOWN_OUTLET = "unknown"
"""The outlet of what has no host: a text file, a ``urn:``."""

MAX_URL_CHARS = 8_000
"""Longer URLs are left as they are: no article has one, and every pass over them costs."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_VARIANT_LABELS = frozenset({"www", "m", "mobile", "amp", "wap"})
_USUAL = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+)"
    r"(/[^?#\s]*)?(?:\?([^#\s]*))?(?:#(\S*))?"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LONE_HALF = re.compile(r"[\ud800-\udfff]")
_UNSEEN = "\u200b\u200e\u200f\u2060\ufeff"
"""Marks without width that come along when an address is copied."""
_NO_HOST = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
"""What the URL standard forbids in a host (https://url.spec.whatwg.org/#forbidden-domain-code-point)."""
_DEVIATIONS = re.compile("[ßς]")
"""Letters that IDNA 2003, which Python's codec speaks, spells away: another domain since 2010."""
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")
_SLASHES = re.compile(r"(?i)https?:(?:[/\\]{3}|/?\\|//[^?#]*\\)")
"""An address that has backslashes, or too many slashes before its host."""
_TAIL = re.compile(r"[?#]")
_DOTS = re.compile(r"/\.{1,2}(?:/|$)")
_UNSAFE = re.compile(r"[ \"<>`{}^|\\]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_AMP_CACHE = re.compile(r"^/(?:c|v|i|a|wp)/(s/)?(.+)$")
_GOOGLE_AMP = re.compile(r"^/amp/(s/)?(.+)$")
_GOOGLE_NEWS = re.compile(r"^/(?:rss/|__i/rss/rd/)?(?:articles|read)/([\w-]{20,})=*$")
_AMP_SUFFIX = re.compile(r"\.amp(\.html?)?$", re.IGNORECASE)
_INDEX = re.compile(r"/index\.html?$", re.IGNORECASE)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;?]*", re.IGNORECASE)
_SLUG = re.compile(r"\d{4,}|[^/-]+-[^/-]+-[^/-]+|\.html?$")
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\$\{|%7B%7B|undefined|\[object|/null(?:/|$)", re.IGNORECASE)

_REDIRECTORS = {
    "google.com/url": ("url", "q"),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "l.instagram.com/": ("u",),
    "out.reddit.com/": ("url",),
    "bing.com/news/apiclick.aspx": ("url",),
    "t.umblr.com/redirect": ("z",),
    "youtube.com/redirect": ("q",),
    "linkedin.com/redir/redirect": ("url",),
    "slack-redir.net/link": ("url",),
    "news.google.com/news/url": ("url",),
}
"""Redirect pages that name their target in the query: host/path (without ``www.``) -> keys."""

URLS_KEPT = 2_048
"""Addresses remembered by each cache: a feed's entries are asked for several times while it is
read.  A million addresses are new each month, and one that is not there costs 20 microseconds."""

_REDIRECTING = (
    *{place.partition("/")[0] for place in _REDIRECTORS},
    *(
        f"google.{end}"
        for end in ("de", "fr", "es", "it", "co.uk", "ca", "com.au", "co.in", "com.br")
    ),
    ".cdn.ampproject.org",
)
"""Ends of the hosts that may redirect: all others are not looked at."""


@lru_cache(maxsize=URLS_KEPT)
def canonical_url(url: str) -> str:
    """Return the form of a URL that is equal for all addresses of one article.

    Idempotent.  What is not an http(s) URL comes back trimmed, otherwise untouched.
    """
    url = tidy_url(url)
    if len(url) > MAX_URL_CHARS:
        return url
    for _ in range(8):  # each rule may uncover work for another: AMP cache, then ``m.``, …
        done = _canonical_once(url)
        if done == url:
            break
        url = done
    return url


def outlet_of(url: str) -> str:
    """Return who publishes at a URL: its registrable domain, private suffixes included.

    ``a.github.io`` and ``b.github.io`` are two outlets.  An IP address or a single-label host
    (``localhost``) is its own outlet.  Without a host: :data:`UNKNOWN_OUTLET`.
    """
    parts = _split(unwrap_redirect(tidy_url(url)[:MAX_URL_CHARS]))
    return _outlet(parts.host) if parts else UNKNOWN_OUTLET


def host_of(url: str) -> str:
    """Return the host of a URL, in ASCII; "" where it has none."""
    parts = _split(tidy_url(url)[:MAX_URL_CHARS])
    return parts.host if parts else ""


def _outlet(host: str) -> str:
    return _registrable(host) or host


def trusted_canonical(page_url: str, declared: str | None) -> str:
    """Return the canonical form of what a page declares, or of its own URL where that is safer.

    A declaration (``rel=canonical``, ``og:url``) is believed when it stays within the outlet, is
    not the home page or a section above the page, keeps the query that identifies the page, and
    is no unfilled template.
    """
    own = canonical_url(page_url)
    text = tidy_url(declared or "")
    if not text or _PLACEHOLDER.search(text):
        return own
    try:
        target = canonical_url(urljoin(page_url, text))
    except ValueError:
        return own
    mine, other = _split(own), _split(target)
    if not mine or not other or not _may_stand_for(mine, other):
        return own
    return target


def unwrap_redirect(url: str) -> str:
    """Return the target that a known redirector or AMP cache names in its URL, else the URL.

    Google News links are read where they still carry the address (they did until 2024).
    """
    for _ in range(4):
        parts = _split(url)
        target = _redirect_target(parts) if parts else None
        if target is None:
            return url
        url = target
    return url


def tidy_url(text: str) -> str:
    r"""Mend what browsers mend before they take an address apart.

    Control characters, surrounding space and marks without width go; ``http:\\a\b`` and
    ``http:///a/b`` become ``http://a/b``.
    """
    if not text.isprintable():
        text = _LONE_HALF.sub("\ufffd", _CONTROL.sub("", text)).strip().strip(_UNSEEN)
    text = text.strip()
    if _SLASHES.match(text):
        address = text[: found.start()] if (found := _TAIL.search(text)) else text
        scheme, _, place = address.replace("\\", "/").partition(":")
        text = f"{scheme}://{place.lstrip('/')}{text[len(address) :]}"
    return text


def is_web_url(url: str | None) -> bool:
    """Say whether a text is an absolute http(s) URL with a host."""
    return bool(url) and _split(url or "") is not None


class _Parts(NamedTuple):
    """A web URL, taken apart; ``host`` in lower-case ASCII without brackets or its last dot."""

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str


@lru_cache(maxsize=URLS_KEPT)
def _split(url: str) -> _Parts | None:
    """Take a URL apart; None where it is no http(s) URL with a host."""
    found = _USUAL.fullmatch(url)
    if found:  # nine of ten URLs, at a fifth of the cost
        scheme, host, path, query, fragment = found.groups("")
        return _Parts(scheme, host.lower(), None, path, query, fragment)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or port == 0:
        return None
    name = ascii_host(parts.hostname.rstrip("."))
    if name is None or (_NO_HOST.search(name) and not (":" in name and _is_ip(name))):
        return None
    return _Parts(parts.scheme, name, port, parts.path, parts.query, parts.fragment)


def ascii_host(host: str) -> str | None:
    """Return a host in ASCII (``xn--`` for other scripts); None where none can have this name."""
    if host.isascii():
        return host or None
    if len(host) > 253:
        return None
    try:
        return ".".join(map(_ascii_label, _FULL_STOPS.sub(".", host).split("."))) or None
    except UnicodeError:
        return None


def _ascii_label(label: str) -> str:
    if not _DEVIATIONS.search(label):
        return label.encode("idna").decode("ascii").lower()
    code = unicodedata.normalize("NFKC", label).lower().encode("punycode").decode("ascii")
    return f"xn--{code}"


@cache
def _suffixes(encoded: bool) -> Any:
    """Return the public suffixes: those that a host may end with, which is in ASCII here.

    The library encodes each name, also the nine of ten that are in ASCII: three times the time.

    Args:
        encoded: with the names in other scripts, which only a host with ``xn--`` can have.
    """
    from publicsuffixlist import PSLFILE, PublicSuffixList  # only where a URL is looked at

    source = Path(PSLFILE).read_bytes()
    if encoded:
        return PublicSuffixList(source)
    plain = [line for line in source.splitlines() if line.isascii()]
    return PublicSuffixList(plain, accept_encoded_idn=False)


@lru_cache(maxsize=50_000)
def _registrable(host: str) -> str | None:
    if _is_ip(host) or "." not in host:
        return None
    found = _suffixes("xn--" in host).privatesuffix(host)
    return str(found) if found else None


def _is_ip(host: str) -> bool:
    if not (host[-1:].isdigit() or ":" in host):
        return False
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=50_000)
def _plain_host(host: str) -> str:
    """Drop ``www.``, ``m.``, ``mobile.``, ``amp.`` labels below the registrable domain."""
    domain = _registrable(host)
    if not domain or host == domain:
        return host
    labels = host[: -len(domain) - 1].split(".")
    while labels and labels[0] in _VARIANT_LABELS:
        labels.pop(0)
    labels = [label for label in labels if label not in {"m", "amp"}]  # en.m.wikipedia.org
    return ".".join([*labels, domain])


def _canonical_once(url: str) -> str:
    url = unwrap_redirect(url)
    parts = _split(url)
    if parts is None:
        return url
    host, port, scheme = parts.host, parts.port, parts.scheme
    if port == _DEFAULT_PORTS[scheme]:
        port = None
    if port is None and _registrable(host):
        scheme = "https"
    host = _plain_host(host)
    place = f"[{host}]" if ":" in host else host
    path = _canonical_path(parts.path)
    query = _canonical_query(parts.query)
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    netloc = place if port is None else f"{place}:{port}"
    return urlunsplit((scheme, netloc, path or "/", query, _normal_escapes(fragment)))


def _canonical_path(path: str) -> str:
    path = _normal_escapes(path)
    if ";" in path:
        path = _SESSION.sub("", path)
    if ".amp" in path.lower():
        path = _AMP_SUFFIX.sub(lambda m: m.group(1) or "", path)
    if "/index.htm" in path.lower():
        path = _INDEX.sub("/", path)
    if "/." in path and _DOTS.search(path):
        path = _without_dots(path)
    path = path.rstrip("/") or "/"
    segments = path.split("/")[1:]
    if "amp" in segments and len(segments) > 1:
        rest = [segment for segment in segments if segment != "amp"]
        if rest and _SLUG.search(rest[-1]):  # /tag/amp is a page about amplifiers, perhaps
            segments = rest
    return "/" + "/".join(segments)


def _without_dots(path: str) -> str:
    """Take the steps ``.`` and ``..`` of a path, as a browser does before it asks."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    kept = []
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if pair and not is_tracking(unquote(key).lower(), unquote(value).lower()):
            kept.append(_normal_escapes(pair))
    return "&".join(sorted(kept, key=lambda pair: pair.partition("=")[0]))


def _normal_escapes(text: str) -> str:
    """Upper-case escapes, undo those of plain letters, escape what must be (WHATWG path set)."""
    if "%" in text:
        text = _ESCAPE.sub(_normal_escape, text)
    if text.isascii() and not _UNSAFE.search(text):
        return text
    return quote(text, safe="%/:@!$&'()*+,;=~-._?[]#", errors="replace")


def _normal_escape(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code in _UNRESERVED else f"%{match.group(1).upper()}"


def _redirect_target(parts: _Parts) -> str | None:
    host = parts.host
    if not host.endswith(_REDIRECTING):
        return None
    target: str | None = None
    if host.endswith(".cdn.ampproject.org"):
        target = _embedded(_AMP_CACHE.match(parts.path), parts.query)
    elif host.startswith("www.google.") and parts.path.startswith("/amp/"):
        target = _embedded(_GOOGLE_AMP.match(parts.path), parts.query)
    elif host == "news.google.com" and (found := _GOOGLE_NEWS.match(parts.path)):
        target = _google_news_target(found.group(1))
    if target is None and parts.query:
        keys = _REDIRECTORS.get(host.removeprefix("www.") + (parts.path or "/"), ())
        values = parse_qs(parts.query) if keys else {}
        target = next((values[key][0] for key in keys if key in values), None)
    return target if target and _split(target) else None


def _embedded(found: re.Match[str] | None, query: str) -> str | None:
    if not found:
        return None
    target = f"{'https' if found.group(1) else 'http'}://{found.group(2)}"
    return f"{target}?{query}" if query else target


def _google_news_target(code: str) -> str | None:
    """Read the URL from an old-style Google News id (base64 of a small protobuf)."""
    try:
        raw = urlsafe_b64decode(code + "=" * (-len(code) % 4))
    except ValueError:
        return None
    found = re.search(rb"https?://[\x21-\x7e]+", raw)
    return found.group().decode("ascii") if found else None


def _may_stand_for(page: _Parts, declared: _Parts) -> bool:
    """Say whether, of two canonical URLs, ``declared`` may name the article at ``page``."""
    if _outlet(page.host) != _outlet(declared.host):
        return False
    if declared.path == "/" and not declared.query and (page.path != "/" or page.query):
        return False
    if page.path.startswith(declared.path.rstrip("/") + "/"):
        return False  # a section above the page
    generic = not _SLUG.search(page.path.rpartition("/")[2].removesuffix(".html"))
    return not (generic and page.query and page.path == declared.path and not declared.query)
