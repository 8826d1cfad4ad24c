"""``newsbeam store``: stats, backup, restore, compact, prune, publish."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from newsbeam.errors import StoreBusyError
from newsbeam.settings import Settings, load_settings

_WAIT = click.option(
    "--wait",
    type=click.FloatRange(0),
    default=60.0,
    show_default=True,
    help="Seconds to wait for who holds the store.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="For machines.")


@click.group()
def store() -> None:
    """Keep the store in order."""


@store.command(short_help="Say how large it is, and what is in it.")
@_JSON
@click.pass_obj
def stats(config: Path | None, as_json: bool) -> None:
    """Say how large the store and the publication are, and what is in them."""
    from sinks.publish.reader import Reader

    settings = load_settings(config)
    path, published = settings.path(settings.store.path), settings.path(settings.publish.path)
    found: dict[str, Any] = {
        "store": str(path),
        "store_bytes": _size(path) + _size(path.with_name(f"{path.name}.wal")),
        "publication": str(published),
        "publication_bytes": sum(_size(p) for p in (published.parent / "data").glob("*.parquet")),
        "rows": {},
    }
    if published.exists():
        reader = Reader(published)
        facts = reader.rows("FROM publication")[0]
        found |= {"as_of": facts["as_of"], "publication_number": facts["number"]}
        names = [
            r["name"]
            for r in reader.rows(
                "SELECT view_name AS name FROM duckdb_views() WHERE schema_name = 'segments' "
                "UNION SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY 1"
            )
        ]
        for name in names:
            found["rows"][name] = reader.rows(f'SELECT count(*) AS n FROM "{name}"')[0]["n"]  # noqa: S608
        reader.close()
    if as_json:
        click.echo(json.dumps(found, default=str, indent=1))
        return
    click.echo(f"store        {found['store_bytes'] / 1e6:>10,.1f} MB  {path}")
    click.echo(f"publication  {found['publication_bytes'] / 1e6:>10,.1f} MB  {published}")
    if "as_of" in found:
        click.echo(f"data as of   {found['as_of']:%Y-%m-%d %H:%M} UTC")
    for name, rows in sorted(found["rows"].items(), key=lambda item: -item[1]):
        click.echo(f"{rows:>15,}  {name}")


@store.command(short_help="Copy the store to a file.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_WAIT
@click.pass_obj
def backup(config: Path | None, file: Path, wait: float) -> None:
    """Copy the store to FILE; while `watch` runs, between two of its cycles."""
    from sinks.store import housekeeping

    settings = load_settings(config)
    size = housekeeping.backup(settings.path(settings.store.path), file, wait_s=wait)
    click.echo(f"{size / 1e6:,.1f} MB in {file}")


@store.command(short_help="Put a backup in the place of the store.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def restore(config: Path | None, file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of the store, and publish it; the old store is kept."""
    from sinks.store import housekeeping

    settings = load_settings(config)
    path = settings.path(settings.store.path)
    runs, last = housekeeping.check(file)
    held = f"{runs} {'run' if runs == 1 else 'runs'}"
    until = f", the last {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    if not yes and not click.confirm(f"{file}: {held}{until}. Put it in place of {path}?"):
        raise SystemExit("nothing was restored")
    kept = housekeeping.restore(file, path)
    _publish(settings, rebuild=True)
    click.echo(f"restored {held}{until}")
    if kept:
        click.echo(f"the store before is in {kept}")


@store.command()
@_WAIT
@click.pass_obj
def compact(config: Path | None, wait: float) -> None:
    """Write the store anew, without the space of what was deleted."""
    from sinks.store import housekeeping

    settings = load_settings(config)
    before, after = housekeeping.compact(settings.path(settings.store.path), wait_s=wait)
    click.echo(f"{before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB after")


@store.command(short_help="Forget what is older than [retention] says.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@_WAIT
@_JSON
@click.pass_obj
def prune(config: Path | None, dry_run: bool, wait: float, as_json: bool) -> None:
    """Forget what is older than the table [retention] of the settings says.

    Texts can go while headlines, leads, mentions and stories stay.  The publication is written
    anew, so that they go from there too; files that a reader has open go when it closes.
    """
    from sinks.publish.changes import touch
    from sinks.publish.publish import publish
    from sinks.store import housekeeping

    settings = load_settings(config)
    now = datetime.now(UTC)
    with housekeeping.waiting_store(settings.path(settings.store.path), "store prune", wait) as db:
        done = housekeeping.prune(db, settings.retention, now, dry=dry_run)
        if done.tables and not dry_run:
            for table in done.tables:
                touch(db, table, None)
            target = settings.path(settings.publish.path)
            publish(db, target, settings.publish, now=now, force=True)
    if as_json:
        click.echo(
            json.dumps({"texts": done.texts, "summaries": done.summaries, "rows": done.rows})
        )
        return
    would = "would empty" if dry_run else "emptied"
    click.echo(
        f"{would} {done.texts} texts and {done.summaries} summaries; {done.rows} ledger rows"
    )
    retention = settings.retention
    if not (retention.text_days or retention.ledger_days or retention.entry_days):
        click.echo("nothing is limited: set text_days, entry_days or ledger_days in [retention]")


@store.command()
@click.option("--rebuild", is_flag=True, help="Write everything anew from the store.")
@_WAIT
@_JSON
@click.pass_obj
def publish(config: Path | None, rebuild: bool, wait: float, as_json: bool) -> None:
    """Publish the store for readers now; runs do so by themselves."""
    done = _publish(load_settings(config), rebuild=rebuild, wait=wait)
    if as_json:
        click.echo(
            json.dumps(
                None
                if done is None
                else {"number": done.number, "rows": done.rows, "seconds": done.seconds}
            )
        )
    elif done is None:
        click.echo("nothing new since the last publication")
    else:
        click.echo(f"publication {done.number}: {done.rows:,} rows written, in {done.path}")


def _publish(settings: Settings, *, rebuild: bool, wait: float = 0.0) -> Any:
    from sinks.publish.publish import publish
    from sinks.store import housekeeping

    path = settings.path(settings.store.path)
    try:
        with housekeeping.waiting_store(path, "store publish", wait) as db:
            target = settings.path(settings.publish.path)
            return publish(
                db, target, settings.publish, now=datetime.now(UTC), force=True, rebuild=rebuild
            )
    except StoreBusyError as error:
        raise StoreBusyError(f"{error} (or give --wait SECONDS)") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@store.command(short_help="Describe every view, table and column.")
def schema() -> None:
    """Describe every view, table and column as Markdown: docs/schema.md."""
    import duckdb

    from sinks.store.describe import markdown
    from sinks.store.schema import migrate

    with duckdb.connect() as db:
        migrate(db)
        click.echo(markdown(db), nl=False)
