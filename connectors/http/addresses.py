"""Which addresses may be asked at all.

The check sits where the socket is made, on the address really connected to: redirects, odd
spellings of an address and a name that changes its answer between two look-ups (DNS rebinding)
all end there.  What is refused before is refused only to say it more clearly.
"""

import errno
import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from newsbeam.errors import ConfigError

REFUSED = "address refused"
"""Begins the message of every refusal: aiohttp passes on only the text of an OSError."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?", re.IGNORECASE)
_PLAIN_IPV4 = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")


class AddressGuard:
    """Refuse private, loopback, link-local, multicast and wrapped addresses, and odd ports.

    Args:
        allow_networks: ranges in CIDR that may be asked after all, on every port.
        allow_ports: ports that may be asked elsewhere.

    Raises:
        ConfigError: a range is not CIDR.
    """

    def __init__(self, allow_networks: Iterable[str] = (), allow_ports: Iterable[int] = ()) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        for text in allow_networks:
            try:
                self._networks.append(ip_network(text))
            except ValueError as error:
                cure = 'write a range like "10.0.0.0/8"'
                raise ConfigError("fetch.allow_networks", f"{error}; {cure}") from error
        self._ports = frozenset(allow_ports)
        self._judge = lru_cache(maxsize=50_000)(self._look)

    def refusal(self, address: str, port: int) -> str | None:
        """Return why an address and port must not be asked; None where they may."""
        return self._judge(address, port)

    def refusal_of_host(self, host: str, port: int) -> str | None:
        """Return why a URL's host must not be asked, where its spelling alone says so.

        Names are not looked up here: the socket knows better what they mean.
        """
        if ":" in host:
            return self.refusal(host, port)
        if not _NUMERIC_HOST.fullmatch(host):
            return None
        if not _PLAIN_IPV4.fullmatch(host):
            return f"{REFUSED}: {host} is an IP address in disguise"
        return self.refusal(host, port)

    def make_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for one address, or refuse; aiohttp's ``socket_factory``.

        Raises:
            OSError: the address must not be asked; the message begins with REFUSED.
        """
        family, kind, protocol, _, place = address_info
        if reason := self.refusal(str(place[0]), int(place[1])):
            raise OSError(errno.EACCES, reason)  # with a number: else aiohttp drops the text
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    def _look(self, address: str, port: int) -> str | None:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return f"{REFUSED}: {address} is no IP address"
        real = unwrap(found)
        if any(n.version == a.version and a in n for n in self._networks for a in {found, real}):
            return None
        if not real.is_global or real.is_multicast or real.is_reserved or real.is_unspecified:
            named = f" (as {found})" if found != real else ""
            return f"{REFUSED}: {real}{named} is not on the public Internet"
        if port not in self._ports:
            return f"{REFUSED}: port {port} is not in fetch.allow_ports"
        return None


def unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for (mapped, NAT64, 6to4, Teredo), if any."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _COMPATIBLE and int(address) > 0xFFFF:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
