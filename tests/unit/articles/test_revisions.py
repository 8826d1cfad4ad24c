import pytest

from newsbeam.articles.revisions import Reading, compare, fingerprint
from newsbeam.records import Zone, ZoneKind

TEXT = (
    "The ferry line starts again in May, the harbour office said on Sunday.\n"
    "Engineers found that the remaining piers can carry a smaller ship until the autumn.\n"
    "Twelve people were hurt when the old pier fell, two of them badly."
)


def reading(text: str = TEXT, title: str = "Ferry line returns", **more: object) -> Reading:
    return Reading(title, text, **more)  # type: ignore[arg-type]


def test_the_same_text_is_no_revision() -> None:
    assert compare(reading(), reading()) is None


@pytest.mark.parametrize(
    "noise",
    [
        "1,234 views",
        "Updated 5 minutes ago",
        "Last updated on 3 March 2026 at 10:15",
        "Aktualisiert: 03.03.2026, 10:15 Uhr",
        "17 comments",
        "Advertisement",
        "4 min read",
    ],
)
def test_counters_clocks_and_ads_are_no_revision(noise: str) -> None:
    old, new = reading(f"{noise}\n{TEXT}"), reading(f"{noise.replace('1', '2')}\n{TEXT}")
    assert compare(old, new) is None
    assert compare(reading(), new) is None
    assert fingerprint(old) == fingerprint(new)


def test_a_changed_headline_is_kept_with_both_wordings() -> None:
    change = compare(reading(), reading(title="Ferry line returns, fares rise"))
    assert change is not None
    assert (change.title_before, change.title_after) == (
        "Ferry line returns",
        "Ferry line returns, fares rise",
    )
    assert change.added == change.removed == ()


def test_sentences_that_came_and_went_are_told_apart() -> None:
    new = TEXT.replace("Twelve people", "Fifteen people") + "\nThe mayor has resigned over it."
    change = compare(reading(), reading(new))
    assert change is not None
    assert change.kind == "edit"
    assert change.removed == (TEXT.split("\n")[2],)
    assert len(change.added) == 2


@pytest.mark.parametrize(
    "notice",
    [
        "Correction: An earlier version of this article gave a wrong date.",
        "This article was amended on 3 March 2026 to correct the number of piers.",
        "Korrektur: In einer früheren Version stand eine falsche Zahl.",
        "Rectificatif : une version précédente donnait une date erronée.",
        "Fe de errores: una versión anterior daba una fecha equivocada.",
    ],
)
def test_a_notice_makes_it_a_correction(notice: str) -> None:
    change = compare(reading(), reading(f"{TEXT}\n{notice}"))
    assert change is not None
    assert change.kind == "correction"
    assert change.notice is not None


def test_an_article_that_is_taken_back_is_a_retraction() -> None:
    gone = "This article has been retracted because its source could not be confirmed."
    change = compare(reading(), reading(gone))
    assert change is not None
    assert change.kind == "retraction"


def test_a_story_about_a_retraction_is_an_edit() -> None:
    said = "The minister called on the newspaper to take its report back, and it refused."
    change = compare(reading(), reading(f"{TEXT}\n{said}"))
    assert change is not None
    assert change.kind == "edit"


def test_boxes_and_teasers_are_no_revision() -> None:
    box = "An island sells its only lighthouse to a painter"
    new = f"{TEXT}\n{box}"
    zones = (
        Zone(ZoneKind.BODY, 0, len(TEXT)),
        Zone(ZoneKind.RELATED, len(TEXT) + 1, len(new)),
    )
    assert compare(reading(), reading(new, zones=zones)) is None
    assert compare(reading(), reading("The ferry line starts …", partial=True)) is None
