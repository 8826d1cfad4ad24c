"""Who really reported: outlets of one owner, aggregators and agencies counted apart.

``owners.toml`` beside this module is a starter list; your own file (same form) is read after it
and wins.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from newsbeam.errors import ConfigError, reason_of
from newsbeam.settings import Settings
from newsbeam.stories.wires import RELEASES
from newsbeam.urls import ascii_host, host_of

NEWSROOM, AGENCY, AGGREGATOR, RELEASE = "newsroom", "agency", "aggregator", "release"
_KINDS = {"owners": NEWSROOM, "aggregators": AGGREGATOR, "releases": RELEASE, "agencies": AGENCY}
"""Tables of the file, and what their outlets are."""
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")


_VARIANT = re.compile(r"^(?:www\d?|m|mobile|amp|edition|rss|feeds?)\.(?=[^.]+\.)")
"""Hosts on which an outlet shows the same pages otherwise."""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """Who stands behind an article."""

    name: str | None
    kind: str
    """``newsroom``, ``agency``, ``aggregator`` or ``release``."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Outlets by owner."""

    owner_of: Mapping[str, str]
    """Domain -> the name that it counts under."""
    kind_of: Mapping[str, str]
    """The same domains -> ``newsroom``, ``agency``, ``aggregator`` or ``release``."""

    def newsroom(
        self, outlet: str | None, wire_origin: str | None = None, url: str | None = None
    ) -> Newsroom:
        """Return whose report an article is.

        A text that names an agency is the agency's, whoever prints it; an aggregator and a press
        release are nobody's independent report.

        Args:
            outlet: of the article.
            wire_origin: agency or release service that its text names.
            url: its address: a line of the table may be for a host below the outlet's domain.
        """
        if wire_origin in RELEASES:
            return Newsroom(wire_origin, RELEASE)
        if wire_origin:
            return Newsroom(wire_origin, AGENCY)
        if outlet is None:
            return Newsroom(None, NEWSROOM)
        host = host_of(url) if url else ""
        below = host.endswith(f".{outlet.lower()}")
        domain = _known(host if below else outlet.lower(), self.owner_of)
        if domain is None:
            return Newsroom(_VARIANT.sub("", outlet.lower()), NEWSROOM)
        return Newsroom(self.owner_of[domain], self.kind_of[domain])


def _known(outlet: str, table: Mapping[str, str]) -> str | None:
    """Return the outlet, or the domain above it, as the table has it."""
    parts = outlet.split(".")
    for i in range(len(parts) - 1):
        domain = ".".join(parts[i:])
        if domain in table:
            return domain
    return None


_READ: dict[Path | None, Owners] = {}
"""Tables that have been read, by the user's own file."""


def configured_owners(settings: Settings, fresh: bool = False) -> Owners:
    """Return the starter list and the table that the settings name.

    Args:
        settings: name the user's own file.
        fresh: read the file again; where it is wrong, what was read before stays in use.

    Raises:
        ConfigError: the file is not what it should be.
    """
    own = settings.stories.owners
    path = settings.path(own) if own else None
    if fresh or path not in _READ:
        _READ[path] = load_owners(path)
    return _READ[path]


def load_owners(path: Path | None = None) -> Owners:
    """Read the starter list and, after it, the user's own.

    Raises:
        ConfigError: the file is not what it should be.
    """
    owner_of: dict[str, str] = {}
    kind_of: dict[str, str] = {}
    starter = resources.files("newsbeam.stories").joinpath("owners.toml")
    _read(starter.read_text(encoding="utf-8"), "owners.toml", owner_of, kind_of)
    if path is not None:
        try:
            _read(path.read_text(encoding="utf-8-sig"), str(path), owner_of, kind_of)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    return Owners(owner_of, kind_of)


def _read(text: str, file: str, owner_of: dict[str, str], kind_of: dict[str, str]) -> None:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, f"not valid TOML: {error}") from error
    for table in raw:
        if table not in _KINDS:
            raise ConfigError(f"{file}: {table}", f"unknown table; known: {', '.join(_KINDS)}")
        if not isinstance(raw[table], dict):
            raise ConfigError(f"{file}: {table}", f'must be a table [{table}]: "Name" = ["x.org"]')
    said: dict[str, str] = {}
    for table, kind in _KINDS.items():
        for name, outlets in raw.get(table, {}).items():
            where = f"{file}: {table}.{name}"
            if not name.strip():
                raise ConfigError(where, "the name is empty: it stands for the newsroom")
            for outlet in _domains(outlets, where):
                before = said.setdefault(outlet, f"{table}.{name}")
                if before != f"{table}.{name}":
                    raise ConfigError(where, f"{outlet} is in {before} already: keep it in one")
                owner_of[outlet], kind_of[outlet] = name, kind


def _domains(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ConfigError(where, 'must be a list of domains, like ["example.org"]')
    return [_domain(v, where) for v in value]


def _domain(value: str, where: str) -> str:
    """Return a domain as outlets have it: in ASCII, without ``www.`` and the like."""
    host = ascii_host(value.strip().lower())
    if host is None or not _DOMAIN.fullmatch(host):
        raise ConfigError(where, f"{value!r} is no domain: write example.org, without path and //")
    return _VARIANT.sub("", host)
