import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from newsbeam.errors import ConfigError
from newsbeam.settings import Settings, StoriesSettings
from newsbeam.stories.newsrooms import configured_owners, load_owners
from newsbeam.urls import outlet_of


def test_outlets_of_one_owner_are_one_newsroom() -> None:
    owners = load_owners()
    assert owners.newsroom("mirror.co.uk") == owners.newsroom("express.co.uk")
    assert owners.newsroom("unknown.example").name == "unknown.example"


def test_a_subdomain_is_found_under_its_domain() -> None:
    assert load_owners().newsroom("news.sky.com").name == "Comcast Sky"


@pytest.mark.parametrize(
    ("url", "name", "kind"),
    [
        ("https://news.google.com/articles/x", "Google News", "aggregator"),
        ("https://espn.go.com/nba/story/1", "Disney ABC", "newsroom"),
        ("https://docs.google.com/x", "google.com", "newsroom"),
        ("http://[bad", None, "newsroom"),
    ],
)
def test_a_host_below_an_outlets_domain_has_a_line_of_its_own(
    url: str, name: str | None, kind: str
) -> None:
    room = load_owners().newsroom(outlet_of(url), None, url)
    assert (room.name, room.kind) == (name or outlet_of(url), kind)


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


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        (b"[owner]\n", ": owner", "unknown table; known: owners, aggregators"),
        (b"[owners]\nx = 3\n", ": owners.x", "must be a list of domains"),
        (b"[owners\n", "", "not valid TOML"),
        (b"owners = 3\n", ": owners", "must be a table [owners]"),
        (b"aggregators = ['a.example']\n", ": aggregators", "must be a table [aggregators]"),
        (b'[owners]\n"M\xfcller" = ["a.example"]\n', "", "cannot be read: 'utf-8'"),
        (b'[owners]\n"" = ["a.example"]\n', ": owners.", "the name is empty"),
        (b'[owners]\nx = ["https://a.example/"]\n', ": owners.x", "'https://a.example/' is no"),
        (b'[owners]\nx = ["a.example/news"]\n', ": owners.x", "'a.example/news' is no domain"),
        (b'[owners]\nx = ["daily"]\n', ": owners.x", "'daily' is no domain"),
        (b'[owners]\nx = [""]\n', ": owners.x", "'' is no domain"),
        (
            b'[owners]\nx = ["a.example"]\ny = ["www.a.example"]\n',
            ": owners.y",
            "a.example is in owners.x already",
        ),
        (
            b'[owners]\nx = ["a.example"]\n[aggregators]\ny = ["a.example"]\n',
            ": aggregators.y",
            "a.example is in owners.x already",
        ),
    ],
)
def test_a_wrong_table_is_named_with_its_file_and_key(
    tmp_path: Path, text: bytes, where: str, why: str
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        load_owners(file)
    assert caught.value.where == f"{file}{where}"
    assert caught.value.message.startswith(why)


@pytest.mark.parametrize("written", [" Daily.Example ", "www.daily.example", "m.daily.example"])
def test_a_domain_is_found_however_it_is_written(tmp_path: Path, written: str) -> None:
    file = tmp_path / "owners.toml"
    file.write_text(f'\ufeff[owners]\n"My House" = ["{written}"]\n', encoding="utf-8")
    assert load_owners(file).newsroom("daily.example").name == "My House"


def test_a_domain_in_another_script_is_found_as_outlets_have_it(tmp_path: Path) -> None:
    file = tmp_path / "owners.toml"
    file.write_text('[owners]\n"My House" = ["bücher.example"]\n', encoding="utf-8")
    outlet = outlet_of("https://www.bücher.example/a")
    assert load_owners(file).newsroom(outlet).name == "My House"


def test_the_more_particular_domain_wins(tmp_path: Path) -> None:
    file = tmp_path / "owners.toml"
    file.write_text(
        '[aggregators]\n"Links" = ["links.example"]\n[owners]\n"Desk" = ["desk.links.example"]\n'
    )
    owners = load_owners(file)
    assert owners.newsroom("a.links.example").kind == "aggregator"
    assert owners.newsroom("desk.links.example").kind == "newsroom"


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


def test_a_table_that_is_wrong_when_read_again_leaves_the_old_in_use(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path), stories=StoriesSettings(owners="owners.toml"))
    file = tmp_path / "owners.toml"
    for name in ("One", "Two"):
        file.write_text(f'[owners]\n"{name}" = ["daily.example"]\n')
        assert configured_owners(settings, fresh=True).newsroom("daily.example").name == name
    file.write_text("[owner]\n")
    with pytest.raises(ConfigError):
        configured_owners(settings, fresh=True)
    assert configured_owners(settings).newsroom("daily.example").name == "Two"
