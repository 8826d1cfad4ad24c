"""What the walk over a page finds that the engine need not see."""

import pytest
from trafilatura.xpaths import REMOVE_COMMENTS_AND_LISTS_XPATH

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


NAMES = [
    *("class='Comments'", "class='post-comments'", "class='x article-comments'", "id=comments"),
    *("id=disqus_thread", "id=dsq-comments", "id=comol", "id=acomol", "class=commentary"),
    *("class=story", "class='x Comments'", "id=x-comments", "class=recommended"),
]


@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("tag", ["div", "section", "details", "ol", "ul"])
def test_what_the_engine_takes_for_comments_is_noticed(tag: str, names: str) -> None:
    inner = f"<{tag} {names}>{SENTENCE}</{tag}>"
    tree = decode.parse_text(f"<html><body>{inner}</body></html>", "https://ardmouth.example/a")
    taken = any(search(tree) for search in REMOVE_COMMENTS_AND_LISTS_XPATH)
    assert stripped(inner)[1].commented or not taken
    hidden = f"<div style='display:none'>{inner}</div>"
    assert stripped(hidden)[1].commented or not taken


def test_a_page_without_comments_is_not_searched_for_them() -> None:
    assert stripped(f"<div class=comments id=a>{SENTENCE}</div>")[1].commented
    assert not stripped(f"<div class=recommended id=a>{SENTENCE}</div>")[1].commented
