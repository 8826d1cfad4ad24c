"""Describe the schema as Markdown, from the database's own comments: ``docs/schema.md``."""

import duckdb

HEAD = """# Schema

Made from the database by `newsbeam store schema`; a test compares.  All times are UTC.

Analysts read the **publication** (`news.duckdb`, see [analysts.md](analysts.md)): it has the views
and tables below, the table `publication` (what it is, and as of when), and the macros `search` and
`like_this`.  The views are what people use; the tables are what they are made of.  The store itself
has the same, and belongs to the process that writes.
"""

PEOPLE = (
    *("articles", "mentions", "stories", "story_timeline", "first_reports", "coverage_by_day"),
    *("share_of_voice", "outlets", "revisions", "alerts", "feed_health", "ledger", "labels"),
    "topic_quality",
)
"""Views for people, in the order of the page; others come after."""


def markdown(db: duckdb.DuckDBPyConnection) -> str:
    """Return the page for a migrated store."""
    kinds = {
        name: (kind, comment)
        for kind, name, comment in db.execute(
            "SELECT 'view', view_name, comment FROM duckdb_views() WHERE NOT internal "
            "UNION ALL SELECT 'table', table_name, comment FROM duckdb_tables() WHERE NOT temporary"
        ).fetchall()
    }
    columns: dict[str, list[tuple[str, str, str]]] = {}
    for table, name, type_, comment in db.execute(
        "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append((name, type_, comment or ""))
    others = sorted(n for n, (kind, _) in kinds.items() if kind == "view" and n not in PEOPLE)
    tables = sorted(n for n, (kind, _) in kinds.items() if kind == "table")
    parts = [HEAD, "## Views\n"]
    parts += [_section(n, kinds[n][1], columns[n]) for n in (*PEOPLE, *others) if n in kinds]
    parts.append("## Tables\n")
    parts += [_section(n, kinds[n][1], columns[n]) for n in tables]
    return "\n".join(parts)


def _section(name: str, comment: str | None, columns: list[tuple[str, str, str]]) -> str:
    rows = "\n".join(f"| `{c}` | {t} | {_cell(note)} |" for c, t, note in columns)
    return f"### {name}\n\n{comment or ''}\n\n| column | type | what |\n|---|---|---|\n{rows}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
