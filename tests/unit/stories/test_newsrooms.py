import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from newsbeam.errors import ConfigError
from newsbeam.stories.newsrooms import load_owners


def test_outlets_of_one_owner_are_one_newsroom() -> None:
    owners = load_owners()
    assert owners.newsroom("mirror.co.uk") == owners.newsroom("express.co.uk")
    assert owners.newsroom("unknown.example").name == "unknown.example"


def test_a_subdomain_is_found_under_its_domain() -> None:
    assert load_owners().newsroom("news.sky.com").name == "Comcast Sky"


def test_a_text_that_names_its_agency_is_the_agencys_report() -> None:
    room = load_owners().newsroom("mirror.co.uk", "AP")
    assert (room.name, room.kind) == ("AP", "agency")
    assert load_owners().newsroom("mirror.co.uk", "PR Newswire").kind == "release"


def test_aggregators_are_told_from_newsrooms() -> None:
    assert load_owners().newsroom("news.google.com").kind == "aggregator"


def test_the_users_table_wins(tmp_path: Path) -> None:
    file = tmp_path / "owners.toml"
    file.write_text('[owners]\n"My House" = ["mirror.co.uk", "daily.example", "reddit.com"]\n')
    owners = load_owners(file)
    for outlet in ("mirror.co.uk", "daily.example", "reddit.com"):
        assert (owners.newsroom(outlet).name, owners.newsroom(outlet).kind) == (
            "My House",
            "newsroom",
        )


@pytest.mark.parametrize("text", ["[owner]\n", "[owners]\nx = 3\n", "[owners\n"])
def test_a_wrong_table_is_named_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"wrong\.toml"):
        load_owners(file)


def test_the_starter_list_names_every_domain_once() -> None:
    text = resources.files("newsbeam.stories").joinpath("owners.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text).values()
    domains = [d for table in tables for outlets in table.values() for d in outlets]
    assert len(domains) > 700
    assert sorted(domains) == sorted(set(domains))
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", d) for d in domains)


def test_agencies_of_texts_and_of_domains_have_one_name() -> None:
    owners = load_owners()
    for domain, agency in (("reuters.com", "Reuters"), ("dpa.com", "dpa"), ("apa.at", "APA")):
        assert owners.newsroom(domain) == owners.newsroom("daily.example", agency)
    assert owners.newsroom("prnewswire.com") == owners.newsroom("daily.example", "PR Newswire")


@pytest.mark.parametrize("variant", ["www.daily.example", "m.daily.example", "amp.daily.example"])
def test_variants_of_an_unknown_outlet_are_one_newsroom(variant: str) -> None:
    assert load_owners().newsroom(variant) == load_owners().newsroom("daily.example")
