"""Stories in a crowd: the labelled entries scored among all English entries of their two days.

    NEWSBEAM_DATA=… python tests/benchmarks/bench_crowd.py

``bench_stories.py quality`` groups labelled articles alone; here they meet everything that came in
between, as in a real stream.  Only the labelled ones are scored.  Reddit and YouTube are left out,
as they were when the labels were drawn.
"""

import collections
import html
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

from bench_stories import (
    DATA,
    bcubed,
    load_labelled,
    moment,
    plain_text,
    stream_entries,
    with_vectors,
)

from newsbeam.records import record_id
from newsbeam.stories.grouper import Grouper, StoryInput

DAYS = ("2026-01-04", "2026-01-05")
"""UTC days that the labels of ``events.tsv`` were drawn from."""
AT_ONCE = 512


def crowd() -> list[StoryInput]:
    """Return all English entries of the days once, by publication, without vectors."""
    found = {}
    for e in stream_entries():
        published = moment(e["date_published"])
        host = e["link"].split("/")[2]
        english = (e["language"] or "en")[:2].lower() == "en"
        if not english or "reddit" in host or "youtube" in host or f"{published:%F}" not in DAYS:
            continue
        name = record_id("stream", e["link"])
        text = plain_text(e.get("description")) or None
        title = html.unescape(e["title"] or "") or None
        if title or text:
            found.setdefault(name, StoryInput(name, title, text, host, published, language="en"))
    return sorted(found.values(), key=lambda item: item.published or datetime.now(UTC))


def main() -> None:
    """Print BCubed of the labelled entries, and processor time per entry, embeddings given."""
    labels = {item.id: event for event, item in load_labelled("events")}
    items = crowd()
    for short in (False, True):
        given = [replace(i, title=i.title or i.text, text=None) if short else i for i in items]
        grouper, story, spent = Grouper(), {}, 0.0
        for start in range(0, len(given), AT_ONCE):
            ready = with_vectors(given[start : start + AT_ONCE])
            began = time.process_time()
            for item in ready:
                story[item.id] = grouper.add(item).story
            spent += time.process_time() - began
        ids = [i.id for i in items if i.id in labels]
        p, r, f = bcubed([labels[i] for i in ids], [story[i] for i in ids])
        largest = [n for _, n in collections.Counter(story.values()).most_common(3)]
        print(
            f"{'headlines' if short else 'teasers':10} {len(ids)} labelled of {len(given)}: "
            f"P {p:.3f} R {r:.3f} F1 {f:.3f}; largest stories {largest}; "
            f"{1e3 * spent / len(given):.2f} ms each",
            flush=True,
        )


if __name__ == "__main__":
    if not DATA.exists():
        sys.exit(f"no data at {DATA}: set NEWSBEAM_DATA")
    main()
