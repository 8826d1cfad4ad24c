"""The documents say what the database is and does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from stores import Newsroom

from sinks.store.describe import markdown
from sinks.store.store import open_store

DOCS = Path(__file__).parents[3] / "docs"
QUESTION = re.compile(r"^### (.+?)\n+```sql\n(.+?);?\n```", re.MULTILINE | re.DOTALL)
COOKBOOK = QUESTION.findall((DOCS / "cookbook.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = tmp_path_factory.mktemp("docs")
    with open_store(home / "store.duckdb") as db:
        newsroom = Newsroom(db, home)
        newsroom.run(60, revised=20, vectors=True)
        newsroom.publish()
    with duckdb.connect(str(newsroom.path), read_only=True) as reader:
        yield reader


def test_the_schema_page_is_what_the_database_says(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.duckdb") as db:
        page = markdown(db)
    assert (DOCS / "schema.md").read_text(encoding="utf-8") == page, (
        "run: newsbeam store schema > docs/schema.md"
    )


def test_every_column_of_the_schema_page_is_explained() -> None:
    page = (DOCS / "schema.md").read_text(encoding="utf-8")
    assert not re.findall(r"^\| `.+` \| .+ \|  \|$", page, re.MULTILINE)


def test_the_cookbook_answers_enough_questions() -> None:
    assert len(COOKBOOK) >= 25
    blocks = (DOCS / "cookbook.md").read_text(encoding="utf-8").count("```sql")
    assert len(COOKBOOK) == blocks


SILENT = (
    *("teasers", "alert on", "in trouble", "that I know", "people's labels", "labelled"),
    *("two topics", "only one newsroom"),
)
"""Questions whose answer is empty in the test's newsroom: no alerts, labels or teasers there."""


@pytest.mark.parametrize(("question", "sql"), COOKBOOK, ids=[q for q, _ in COOKBOOK])
def test_the_cookbook_answers(
    published: duckdb.DuckDBPyConnection, question: str, sql: str
) -> None:
    rows = published.execute(sql).fetchall()
    assert rows or any(s in question for s in SILENT)


def test_the_notebook_runs(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    pytest.importorskip("pandas")
    matplotlib.use("Agg")
    newsroom.publish()
    monkeypatch.setenv("NEWSBEAM_PUBLICATION", str(newsroom.path))
    path = DOCS.parent / "dashboards" / "notebooks" / "first_look.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert "ai-copyright" in capsys.readouterr().out
