"""Who really reported: outlets of one owner, aggregators and agencies counted apart.

``owners.toml`` beside this module is a starter list; your own file (same form) is read after it
and wins.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from newsbeam.errors import ConfigError, reason_of
from newsbeam.stories.wires import RELEASES

NEWSROOM, AGENCY, AGGREGATOR, RELEASE = "newsroom", "agency", "aggregator", "release"


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
    kind_of: Mapping[str, str]

    def newsroom(self, outlet: str | None, wire_origin: str | None = None) -> Newsroom:
        """Return whose report an article is.

        A text that names an agency is the agency's, whoever prints it; an aggregator and a press
        release are nobody's independent report.
        """
        if wire_origin in RELEASES:
            return Newsroom(wire_origin, RELEASE)
        if wire_origin:
            return Newsroom(wire_origin, AGENCY)
        if outlet is None:
            return Newsroom(None, NEWSROOM)
        domain = _known(outlet.lower(), self.kind_of) or _known(outlet.lower(), self.owner_of)
        if domain is None:
            return Newsroom(_VARIANT.sub("", outlet.lower()), NEWSROOM)
        return Newsroom(self.owner_of.get(domain, domain), self.kind_of.get(domain, NEWSROOM))


def _known(outlet: str, table: Mapping[str, str]) -> str | None:
    """Return the outlet, or the domain above it, as the table has it."""
    parts = outlet.split(".")
    for i in range(len(parts) - 1):
        domain = ".".join(parts[i:])
        if domain in table:
            return domain
    return None


@lru_cache(maxsize=4)
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
            _read(path.read_text(encoding="utf-8"), str(path), owner_of, kind_of)
        except OSError as error:
            raise ConfigError(str(path), f"cannot be read: {reason_of(error)}") from error
    return Owners(owner_of, kind_of)


def _read(text: str, file: str, owner_of: dict[str, str], kind_of: dict[str, str]) -> None:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file, f"not valid TOML: {error}") from error
    for table in raw:
        if table not in ("owners", "aggregators", "agencies", "releases"):
            raise ConfigError(
                f"{file}: {table}", "unknown table; known: owners, aggregators, agencies, releases"
            )
    for owner, outlets in raw.get("owners", {}).items():
        for outlet in _domains(outlets, f"{file}: owners.{owner}"):
            owner_of[outlet] = owner
            kind_of.pop(outlet, None)
    for table, kind in (("aggregators", AGGREGATOR), ("releases", RELEASE), ("agencies", AGENCY)):
        for name, outlets in raw.get(table, {}).items():
            for outlet in _domains(outlets, f"{file}: {table}.{name}"):
                owner_of[outlet], kind_of[outlet] = name, kind


def _domains(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ConfigError(where, 'must be a list of domains, like ["example.org"]')
    return [str(v).lower() for v in value]
