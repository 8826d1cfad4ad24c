"""Corrections that an outlet states, and figures that it changes without a word."""

import pytest

from newsbeam.alerts.corrections import changed_figures, notice_in

TEXT = "Port closed\nThe port stays closed until Monday.\nReaders may report a correction to us."


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("Correction: an earlier version gave the wrong day.", "correction"),
        ("CORRECTION (2 March): the port is open.", "correction"),
        ("An earlier version of this article misstated the day.", "correction"),
        ("This story has been updated to correct the name of the ship.", "correction"),
        ("Editor's note: the quote was misattributed.", "correction"),
        ("In einer früheren Version dieses Artikels stand ein falscher Tag.", "correction"),
        ("Rectificatif : le port est ouvert.", "correction"),
        ("This article has been retracted.", "retraction"),
        ("RETRACTED: Port closed", "retraction"),
        ("We have withdrawn this story.", "retraction"),
        ("The journal retracted the study on Friday.", None),
        ("Prices fell in a market correction on Friday.", None),
        ("The minister corrected the figures.", None),
        ("Corrections officers went on strike.", None),
        ("Retraction Watch counted more cases than ever.", None),
        ("Sprostowanie: podaliśmy błędną datę.", "correction"),
        ("Fe de errores: el puerto abre el lunes.", "correction"),
        ("Dieser Artikel wurde zurückgezogen.", "retraction"),
    ],
)
def test_only_a_notice_that_was_added_counts(line: str, word: str | None) -> None:
    assert notice_in(TEXT, f"{TEXT}\n{line}") == word
    assert notice_in(f"{TEXT}\n{line}", f"{TEXT}\n{line}\nMore.") is None


def test_a_replaced_figure_is_seen() -> None:
    before = "Port closed\nThe storm cost the harbour 40 million pounds, the council said."
    after = before.replace("40", "55")
    assert changed_figures(before, after) == "40 → 55"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Updated 5 minutes ago by our staff here", "Updated 9 minutes ago by our staff here"),
        ("At 10:42 the port was closed again today", "At 11:05 the port was closed again today"),
        ("The port lost money in the last storm", "The port lost 40 million in the last storm"),
        ("The port lost 40 million in the storm", "Ships waited for 3 days outside the walls"),
    ],
)
def test_clocks_and_additions_are_no_correction(before: str, after: str) -> None:
    assert changed_figures(before, after) is None
