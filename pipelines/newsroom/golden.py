"""The golden table: what each address of the sample newsroom must become.

Written by hand in ``golden.toml``; this module fills in dates and defaults.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.newsroom.content import at_tick, outlets


@dataclass(frozen=True)
class Expected:
    """What one page must become."""

    url: str
    """As the feed links it, without the feed's tracking parameters."""
    canonical_url: str
    outlet: str
    language: str
    title: str
    verdict: str = "article"
    phrase: str = ""
    without: tuple[str, ...] = ()
    once: str = ""
    """Words that the page repeats and the text must have once."""
    published: date | None = None
    topics: frozenset[str] = frozenset()
    story: str | None = None
    near: str | None = None
    """Label of pages that may be one story, or not."""
    copy_of: str | None = None
    """Canonical URL of the page whose text it repeats."""
    partial: bool = False
    tick: int = 0
    revision: int = 1
    correction: bool = False


def expected_pages(edition: date, tick: int = 0) -> dict[str, Expected]:
    """Return what each page must have become at a tick, by URL."""
    table = _table()
    rows = [*table["page"], *(row for row in table["later"] if row["tick"] <= tick)]
    paths = _dated_paths(edition)
    pages = [_expected(row, table["outlet"], paths, edition) for row in rows]
    return {page.url: page for page in pages}  # a later state replaces the earlier one


def expected_feeds() -> Mapping[str, str]:
    """Return the verdict of each feed that gives no entries; all others are ``feed_ok``."""
    verdicts: Mapping[str, str] = _table()["feed"]
    return verdicts


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("golden.toml").read_text(encoding="utf-8"))


def _dated_paths(edition: date) -> dict[str, tuple[str, date | None]]:
    """Return, for ``host/path`` as in the table, the dated one and the page's local day."""
    paths: dict[str, tuple[str, date | None]] = {}
    for outlet in outlets():
        now = at_tick(outlet, edition, 99)
        for written, dated in zip(outlet.pieces, now.pieces, strict=True):
            day = dated.published.date() if dated.published else None
            paths[f"{outlet.host}{written.path}"] = (f"{outlet.host}{dated.path}", day)
            if written.amp:
                amp = (f"{outlet.host}{dated.path}/amp", day)
                paths[f"{outlet.host}{written.path}/amp"] = amp
    return paths


def _expected(
    row: Mapping[str, Any],
    per_outlet: Mapping[str, Any],
    paths: Mapping[str, tuple[str, date | None]],
    edition: date,
) -> Expected:
    values = dict(row)
    place, local = paths[values.pop("page")]
    outlet = place.split("/")[0].removeprefix("www.")
    parts = {} if local is None else _parts(local)
    canonical = values.pop("canonical", "").format(**parts)
    day = values.pop("day", None)
    common = per_outlet[outlet]
    original = values.pop("copy_of", None)
    if original:
        original = f"https://{paths[original][0].removeprefix('www.')}"
    return Expected(
        url=f"http://{place}",
        canonical_url=canonical or f"https://{place.removeprefix('www.')}",
        outlet=outlet,
        language=common["language"],
        without=(*common["without"], *values.pop("without", ())),
        published=None if day is None else edition + timedelta(days=day),
        topics=frozenset(values.pop("topics", ())),
        copy_of=original,
        **values,
    )


def _parts(day: date) -> dict[str, str]:
    return {"y": f"{day:%Y}", "m": f"{day:%m}", "d": f"{day:%d}", "ymd": f"{day:%Y%m%d}"}
