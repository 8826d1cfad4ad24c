"""How well readers who did not know the labels agree with them, beside newsbeam.

    NEWSBEAM_DATA=… python tests/benchmarks/bench_readers.py

Two readers put the articles of the three sets of 2014 into stories from their texts alone
(``labels/readers.tsv``, no text is kept): one by our definition of a story, one who was told how
the sets had been made.  BCubed of either, and of newsbeam, against the labels; and of newsbeam
against the readers.
"""

import sys
from pathlib import Path

from bench_stories import DATA, SETS, bcubed, load_set, with_vectors

from newsbeam.stories.grouper import Grouper

READERS = Path(__file__).parent / "labels" / "readers.tsv"


def readings() -> tuple[dict[str, int], dict[str, int]]:
    """Return the stories of the first and of the second reader, by article."""
    lines = READERS.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line[0] != "#"][1:]
    return {a: int(one) for a, one, _ in rows}, {a: int(two) for a, _, two in rows}


def said(labels: list[int], found: list[str]) -> str:
    return "P {:.3f} R {:.3f} F1 {:.3f}".format(*bcubed(labels, found))


def main() -> None:
    defined, told = readings()
    for name in SETS:
        labels = [label for label, _ in load_set(name)]
        items = with_vectors([item for _, item in load_set(name)])
        grouper = Grouper()
        ours = [grouper.add(item).story for item in items]
        print(f"{name}: {len(items)} articles, {len(set(labels))} events of the labels")
        print(f"  newsbeam against the labels: {len(set(ours))} stories, {said(labels, ours)}")
        for kind, reading in (("by our definition", defined), ("told how", told)):
            read = [reading[item.id] for item in items]
            whole = [str(story) for story in read]
            events = [
                {r for r, label in zip(read, labels, strict=True) if label == e} for e in labels
            ]
            torn = len({e for e, parts in zip(labels, events, strict=True) if len(parts) > 1})
            print(
                f"  reader, {kind}, against the labels: {len(set(read))} stories, "
                f"{said(labels, whole)}; {torn} events hold several stories"
            )
            print(f"    newsbeam against it: {said(read, ours)}")


if __name__ == "__main__":
    if not DATA.exists():
        sys.exit(f"no data at {DATA}: set NEWSBEAM_DATA")
    main()
