"""What outlets say against AI training ends in the store, once per outlet and signal."""

from datetime import timedelta

from newsbeam.records import Entry
from newsbeam.settings import Settings
from pipelines.job import Job
from pipelines.stages.fetch import fetch_entries
from sinks.store.batch import Batch
from sinks.store.commit import STEPS, commit
from sinks.store.store import open_store


def test_opt_outs_are_recorded_per_outlet(tmp_path, server, fetch, now, hostile_http) -> None:
    server.replies["/robots.txt"] = hostile_http(b"User-agent: GPTBot\nDisallow: /\n")
    for path in ("/a", "/b"):
        server.replies[path] = hostile_http(b"<p>x</p>", Content_Type="text/html")
    settings = Settings(fetch=fetch, home=str(tmp_path))
    entries = [Entry(p, "f", p, f"{server.top}/{p}") for p in ("a", "b")]
    with open_store(tmp_path / "store.duckdb", "test") as db:
        for hours in (0, 1):
            job = Job("run", now + timedelta(hours=hours), settings)
            assert len(list(fetch_entries(entries, job))) == 2
            batch = Batch(job.run_id, "run", job.now, "hash", settings, job.folder)
            commit(db, batch, STEPS, finished=lambda: now, stages={})
        rows = db.execute("SELECT outlet, signal, last_seen - first_seen FROM outlet_signals")
        assert rows.fetchall() == [(server.address, "robots:GPTBot", timedelta(hours=1))]
