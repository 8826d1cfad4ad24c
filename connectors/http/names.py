"""Look host names up: first in the settings' own hosts file, then in DNS."""

import socket
from collections.abc import Mapping
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from newsbeam.errors import ConfigError


class Names(AbstractResolver):
    """A resolver with a hosts file that also knows ports.

    Args:
        hosts: name -> ``address`` or ``address:port`` (IPv6 in brackets).
        dns: who is asked for all other names; None: the system.

    Raises:
        ConfigError: an address of the hosts file is none.
    """

    def __init__(self, hosts: Mapping[str, str], dns: AbstractResolver | None = None) -> None:
        self._hosts = {name.lower(): _address(name, text) for name, text in hosts.items()}
        self._dns = dns

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses to connect to.

        Raises:
            OSError: no such name.
        """
        found = self._hosts.get(host.lower().rstrip("."))
        if found is None:
            if self._dns is None:
                self._dns = ThreadedResolver()
            return await self._dns.resolve(host, port, family)
        address, named_port = found
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=named_port or port,
                family=kind,
                proto=0,
                flags=flags,
            )
        ]

    async def close(self) -> None:
        """Close the resolver for DNS."""
        if self._dns is not None:
            await self._dns.close()


def _address(name: str, text: str) -> tuple[str, int]:
    address, port = text, ""
    if text.startswith("["):
        address, closed, port = text[1:].partition("]")
        address = address if closed else text
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        ip_address(address)
        return address, int(port or 0)
    except ValueError as error:
        cure = 'write "address" or "address:port", with an IP address'
        raise ConfigError(f"fetch.hosts.{name}", f"{text!r}: {cure}") from error
