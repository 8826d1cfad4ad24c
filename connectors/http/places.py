"""Where a URL leads: its scheme, host and port, taken apart once for all who ask.

Source: RFC 3986; Python's ``urlsplit`` reads what is not of the usual form.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

_USUAL = re.compile(r"((https?)://([a-z0-9.-]*[a-z0-9])(?::(\d{1,5}))?)(?:[/?#]|$)")


class Place(NamedTuple):
    """The part of a URL before its path."""

    scheme: str
    host: str
    """In lower case, without brackets and last dot; "" where there is none."""
    port: int
    """The named one, else that of the scheme."""
    name: str
    """``host:port``: what is asked in turn, and which queue waits for it; "" without a host."""
    origin: str
    """``scheme://authority``, without a user."""
    plain: bool
    """Nothing about it needs a second look: no user, no odd letters."""


@lru_cache(maxsize=16_384)
def place_of(url: str) -> Place | None:
    """Return where a URL leads; None where it cannot be read as one."""
    found = _USUAL.match(url)
    if found:
        origin, scheme, host, named = found.groups()
        port = int(named) if named else (443 if scheme == "https" else 80)
        if 0 < port < 65_536:
            return Place(scheme, host, port, f"{host}:{port}", origin, True)
    try:
        parts = urlsplit(url)
        host, number = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    port = number or (443 if parts.scheme == "https" else 80)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return Place(parts.scheme, host, port, f"{host}:{port}" if host else "", origin, False)
