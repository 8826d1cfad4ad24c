"""Plain texts: their headline, where they came without one."""

from datetime import UTC, datetime

import pytest

from newsbeam.articles.plain import headline_of
from newsbeam.articles.read import read_text
from newsbeam.records import Entry, ZoneKind
from newsbeam.stories.vector_text import beginning

PROSE = (
    "The harbour board met on Tuesday and decided after a long debate that the north quay would "
    "be mended before the winter, and that the boats would have other berths until then."
)
HEADLINE = "Harbour board mends the north quay"


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        (f"{HEADLINE}\n\n{PROSE}", HEADLINE),
        (f"\r\n × \r\n  {HEADLINE} \r\nBy Ada Quill\r\n{PROSE}\r\n", HEADLINE),
        (f"Will the quay be mended?\n{PROSE}", "Will the quay be mended?"),
        (f"Hafenrat repariert den Nordkai\n{PROSE}", "Hafenrat repariert den Nordkai"),
        (PROSE, None),
        (f"{PROSE}\n{PROSE}", None),
        (f"The board met on Tuesday.\n{PROSE}", None),
        (f"“We will mend it.”\n{PROSE}", None),
        (f"Harbour news\n{PROSE}", None),
        (f"- a list of three things\n{PROSE}", None),
        (f"{HEADLINE}\nBy Ada Quill", None),
        (HEADLINE, None),
        ("", None),
    ],
)
def test_a_short_first_line_above_paragraphs_is_the_headline(
    text: str, headline: str | None
) -> None:
    assert headline_of(text) == headline


def test_a_text_without_a_title_gets_its_own_headline_and_another_keeps_its_title() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    text = f"{HEADLINE}\n\n{PROSE}\n\n{PROSE.replace('north', 'south')}"
    for title, wanted in ((None, HEADLINE), ("The quay", "The quay")):
        entry = Entry("e", "archive:a", "g", "urn:newsbeam:text:1", title=title)
        article = read_text(entry, text, now=now)
        assert article.title == wanted
        assert (HEADLINE in article.text) == (title is not None), "it has a field of its own"
        assert PROSE in article.text


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Harbour Post | Politics | Sea Life | Letters | Subscribe", ZoneKind.RELATED),
        ("TRENDING: Robot sues its painter · Songs for sale · A library burns", ZoneKind.RELATED),
        ("More: Is the new machine stealing from painters?", ZoneKind.RELATED),
        ("The Harbour Post Politics Sea Life Letters Subscribe Sign in Shop", ZoneKind.FOOTER),
        ("The mayor came by. He said that A | B | C were three berths.", ZoneKind.LEAD),
        ("The council of the harbour wants new berths and asks for votes", ZoneKind.LEAD),
        ("Ferries, trawlers | yachts: who will get a berth in winter", ZoneKind.LEAD),
    ],
)
def test_rows_of_links_and_menus_above_a_text_are_no_part_of_it(line: str, kind: ZoneKind) -> None:
    entry = Entry("e", "archive:a", "g", "urn:newsbeam:text:1", title="The quay")
    text = f"{line}\n{PROSE}\n{PROSE.replace('north', 'south')}"
    article = read_text(entry, text, now=datetime(2026, 11, 20, tzinfo=UTC))
    assert article.zones[0].kind is kind
    first = line if kind is ZoneKind.LEAD else PROSE
    assert beginning(article).startswith(f"The quay\n{first}")
