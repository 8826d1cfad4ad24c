"""What the walk over a page finds that the engine need not see."""

import pytest

from newsbeam.articles.dom import body, decode
from newsbeam.articles.dom.blocks import Idle, read_blocks

SENTENCE = "The harbour office of Ardmouth counted more ferries in May than in any month before. "
PROSE = f"<p>{SENTENCE * 15}</p>"
FARM = "<ul id=farm>" + "".join(f"<li><a href=/{n}>Ferry {n}</a></li>" for n in range(6)) + "</ul>"


def stripped(inner: str) -> tuple[str, Idle]:
    """Return the page without what is idle, as text with tags, and what was found."""
    tree = decode.parse_text(f"<html><body>{inner}</body></html>", "https://ardmouth.example/a")
    body.strip_silent(tree)
    idle = Idle()
    read_blocks(tree, idle=idle)
    idle.strip()
    return " ".join(element.tag + (element.get("id") or "") for element in tree.iter()), idle


def test_the_outermost_empty_element_goes_with_what_is_in_it() -> None:
    tags, idle = stripped(f"<div id=outer><div id=inner><img></div><span></span></div>{PROSE}")
    assert tags == "html body p"
    assert [element.get("id") for element in idle.empty] == ["outer"]


def test_an_empty_element_stays_where_a_text_follows_it() -> None:
    tags, _ = stripped(f"<div id=around><span id=empty><b></b></span>said</div>{PROSE}")
    assert tags == "html body divaround spanempty p"


@pytest.mark.parametrize("tag", ["br", "hr", "img"])
def test_elements_that_mean_something_without_a_text_stay(tag: str) -> None:
    tags, _ = stripped(f"<div>one<{tag}>two</div>{PROSE}")
    assert tags == f"html body div {tag} p"


def test_link_farms_go_beside_a_text_and_stay_on_a_list() -> None:
    assert "ulfarm" not in stripped(FARM + PROSE)[0]
    assert "ulfarm" in stripped(FARM)[0]


@pytest.mark.parametrize("tag", ["nav", "footer", "figure", "label"])
def test_what_stands_beside_the_text_is_no_text(tag: str) -> None:
    _, idle = stripped(f"<{tag}>{SENTENCE}<a href=/>{SENTENCE}</a></{tag}><p>Said.</p>")
    assert idle.prose == len("Said.")
    assert not idle.empty


def test_hidden_text_is_no_empty_element() -> None:
    tags, idle = stripped(f"<div id=shut hidden>{SENTENCE}</div><div id=bare hidden></div>{PROSE}")
    assert "divshut" in tags
    assert "divbare" not in tags
    assert idle.prose == len(SENTENCE.strip()) + len((SENTENCE * 15).strip())


@pytest.mark.parametrize(
    "names",
    ["class='Comments'", "class='post-comments'", "id=comments", "id=disqus_thread", "id=comol"],
)
def test_sections_of_comments_are_noticed(names: str) -> None:
    assert stripped(f"<section {names}>{SENTENCE}</section>")[1].commented
    assert not stripped(f"<section class=story>{SENTENCE}</section>")[1].commented


def test_comments_in_a_hidden_part_are_noticed() -> None:
    shut = f"<div style='display:none'><div class=comments>{SENTENCE}</div></div>"
    assert stripped(shut)[1].commented
