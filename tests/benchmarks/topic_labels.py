"""The labelled texts that the topics of the ``ai`` pack are fitted and measured on.

Texts of the data folder stay there: the label files in ``labels/`` hold ids and answers alone.
"""

import gzip
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

from newsbeam.records import record_id
from newsbeam.topics.labelled import Labelled, read_labels

LABELS = Path(__file__).parent / "labels"
TOPICS = ("ai-capex", "ai-copyright", "ai-regulation", "llama-monetization", "open-source-ai")
DEV = ("articles-dev", "headlines-dev")
WRITTEN = ("short-texts", "hard-texts", "written-texts")
"""Written for newsbeam: short, many at the border of two topics, or of topic and mention; the last
with the examples of the pack, by the same hands, and drawn from them by chance."""
RETOLD = ("web-texts",)
"""Articles from the web, retold in other words and labelled before the topics had judged them."""
UNSEEN = ("fresh-headlines", "unseen-texts", "blind-texts")
"""Written for newsbeam and in no calibration; the second drawn like ``written-texts``; the third,
pages of made-up outlets that retell real news, by a hand that knew neither topics nor queries."""
SAMPLES = {"stream-headlines": False, "stream-summaries": True, "stream-first-days": True}
"""Samples of feed entries to learn from; whether their description was read too."""
HELD_OUT = "stream-last-days"
"""Measured once; nothing was chosen on it."""
_END = re.compile(r"<br\s*/?>|</(?:p|div|li|tr)>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_FORUM = re.compile(r"submitted by\s+/u/\S+|\[link\]|\[comments\]")


def learning_sets(data: Path) -> dict[str, list[Labelled]]:
    """Return the texts to learn from, by set.

    Args:
        data: the folder with ``topics/`` and ``stream/``.
    """
    found = {name: read_labels([data / "topics" / f"{name}.jsonl.gz"]) for name in DEV}
    found |= {name: read_labels([LABELS / f"{name}.jsonl"]) for name in (*WRITTEN, *RETOLD)}
    found |= {name: list(sample(data, name, full)) for name, full in SAMPLES.items()}
    return found


def sample(data: Path, name: str, full: bool) -> Iterator[Labelled]:
    """Yield the labelled feed entries of a sample.

    Args:
        data: the folder with ``stream/``.
        name: of the file in ``labels/``.
        full: with their description.
    """
    lines = (LABELS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if not line.startswith(("#", "entry\t")))
    answers = {id_: (about.split(","), unsettled.split(",")) for id_, about, unsettled in rows}
    for path in sorted((data / "stream").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for entry in map(json.loads, file):
                found = answers.pop(record_id("stream", entry["link"]), None)
                if found is not None:
                    text = plain(entry.get("description") or "") if full else ""
                    yield Labelled(
                        f"{name}/{entry['link']}",
                        entry["title"] or "",
                        text,
                        None,
                        {t: None if t in found[1] else t in found[0] for t in TOPICS},
                    )
    if answers:
        raise SystemExit(f"{len(answers)} entries of {name} are missing under {data}")


def plain(markup: str) -> str:
    """Return the text of a feed's HTML, a paragraph a line, without a forum's links."""
    text = html.unescape(_TAG.sub(" ", _END.sub("\n", markup)))
    text = re.sub(r"[ \t\xa0]+", " ", _FORUM.sub(" ", text))
    return re.sub(r"\s*\n\s*", "\n", text).strip()[:6000]


def write_jsonl(rows: list[Labelled], path: Path) -> None:
    """Write texts as a label file, for ``newsbeam topics calibrate``."""
    lines = [
        json.dumps(
            {
                "id": row.id.partition("/")[2],
                "title": row.title,
                "text": row.text,
                "language": row.language,
                "topics": dict(row.answers),
            },
            ensure_ascii=False,
        )
        for row in rows
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
