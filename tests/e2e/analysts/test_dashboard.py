"""The dashboard in a real browser: complete, reachable for everyone, harmless, following."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sinks.store.mailbox import mailbox

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "/",
    "topic": "/topic?topic=ai-copyright&days=30",
    "story": "/story",
    "search": "/search?q=copyright+court",
    "alerts": "/alerts",
    "feeds": "/feeds",
    "quality": "/quality",
}


@pytest.mark.parametrize(
    ("visit", "name"),
    [(scheme, name) for scheme in ("light", "dark") for name in PAGES],
    indirect=["visit"],
)
def test_no_page_has_a_serious_barrier(visit: Any, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = visit.open(PAGES[name])
    assert page.locator("[data-testid=stException]").count() == 0
    found = axe.Axe().run(page).response["violations"]
    barriers = [
        (v["id"], v["impact"], [n["html"][:160] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert barriers == []
    assert visit.outside == []


def test_a_narrow_screen_shows_the_whole_heading(visit: Any) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    page = visit.open(PAGES["topic"])
    top = page.get_by_role("heading", level=1).bounding_box()
    bar = page.locator("[data-testid=stHeader]").bounding_box()
    assert top["y"] >= bar["y"] + bar["height"]
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


@pytest.mark.parametrize("width", [1280, 390])
def test_the_table_of_topics_is_not_cut_off(visit: Any, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    page = visit.open("/")
    region = page.get_by_role("region", name="Topics", exact=True)
    region.wait_for()
    hidden = region.evaluate("e => e.scrollWidth - e.clientWidth")
    assert hidden <= 0


def test_old_data_is_said_to_be_old(visit: Any) -> None:
    page = visit.open("/")  # the newsroom's clock stands in November 2026
    shown = page.get_by_text("nothing was collected since")
    assert shown.count() == (datetime.now(UTC) > datetime(2026, 11, 21, 3, tzinfo=UTC))


def test_a_hostile_headline_is_only_text(visit: Any) -> None:
    page = visit.open(PAGES["topic"])
    item = page.locator(".nb-list li", has_text="<img src=x onerror").first
    assert item.is_visible()
    assert item.locator("img").count() == 0
    assert item.locator("a[href^='javascript']").count() == 0
    assert visit.dialogs == []


def test_the_address_says_what_is_shown(visit: Any) -> None:
    page = visit.open("/topic?topic=open-source-ai&days=7")
    assert page.get_by_role("heading", name="open-source-ai", level=1).is_visible()
    days = page.get_by_label("Days")
    assert days.input_value() == "7"
    days.click()
    page.get_by_role("option", name="90").click()
    page.wait_for_url("**days=90**")


def test_mentions_say_why_without_a_mouse(visit: Any) -> None:
    page = visit.open(PAGES["topic"])
    why = page.locator(".nb-list details").first
    why.locator("summary").focus()
    page.keyboard.press("Enter")
    assert why.get_by_text("Matched by").is_visible()
    assert page.locator(".nb-list mark").count() > 0


def test_a_story_shows_who_was_first_and_what_changed(visit: Any, served: Any) -> None:
    story = served.newsroom.db.execute(
        "SELECT story_id FROM story_articles JOIN article_rows USING (article_id) "
        "WHERE revision > 1 ORDER BY 1 LIMIT 1"
    ).fetchall()[0][0]
    page = visit.open(f"/story?story={story}")
    assert page.get_by_text("first", exact=False).first.is_visible()
    page.locator("[data-testid=stExpander] summary").first.click()
    page.locator(".nb ins", has_text="corrected").first.wait_for()


def test_a_wrong_query_is_explained(visit: Any) -> None:
    page = visit.open("/search?q=(copyright+AND")
    assert page.get_by_text("The query is not complete or not right.").is_visible()


def test_tables_can_be_saved(visit: Any, tmp_path: Path) -> None:
    page = visit.open("/")
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download topics as CSV").click()
    caught.value.save_as(tmp_path / "t.csv")
    rows = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8")))
    assert {"ai-copyright", "ai-capex"} <= {r["topic"] for r in rows}


def test_a_label_is_left_for_the_next_run(visit: Any, served: Any) -> None:
    page = visit.open("/quality?label=ai-capex")
    page.get_by_role("button", name="Yes, about it").click()
    page.get_by_text("1 answered here").wait_for()
    left = [json.loads(p.read_text()) for p in mailbox(served.store).glob("*.json")]
    assert [(r["what"], r["topic"], r["about"]) for r in left] == [("label", "ai-capex", True)]


def test_a_publication_that_is_away_is_named_until_it_is_back(visit: Any, served: Any) -> None:
    path = served.newsroom.path
    away = path.rename(path.with_suffix(".away"))
    try:
        visit.page.goto(visit.base + "/feeds")
        visit.page.get_by_text("nothing is published yet").wait_for(timeout=30_000)
        assert visit.page.locator("[data-testid=stException]").count() == 0
    finally:
        away.rename(path)
    visit.page.get_by_text("Data as of").wait_for(timeout=30_000)
    visit.page.get_by_role("heading", name="Feeds", level=1).wait_for(timeout=30_000)


def test_the_page_follows_new_publications(visit: Any, served: Any) -> None:
    page = visit.open("/")
    number = int(page.get_by_text("publication").first.inner_text().split()[-1])
    served.newsroom.run(25)
    served.newsroom.publish()
    page.get_by_text(f"publication {number + 1}").wait_for(timeout=30_000)
