"""What a run did: for a person (a table) and for a machine (JSON)."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

SHOWN_FAILURES = 12
"""Lines of failures in the table; the store has them all."""


@dataclass(frozen=True, slots=True)
class RunReport:
    """The summary of one run; counts are of this run."""

    run_id: str
    kind: str
    started: datetime
    seconds: float
    feeds: int = 0
    """Feeds (or archives) asked."""
    feeds_failed: int = 0
    feeds_waiting: int = 0
    """Feeds that are not due yet."""
    next_due: datetime | None = None
    entries: int = 0
    known: int = 0
    """Entries decided in an earlier run and unchanged."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """Entries by verdict; with ``known`` they add up to ``entries``."""
    articles_new: int = 0
    articles_revised: int = 0
    stories_new: int = 0
    alerts: int = 0
    mentions: dict[str, int] = field(default_factory=dict)
    """Mentions by topic, of new and revised articles."""
    failures: tuple[tuple[str, str, str, str], ...] = ()
    """Stage, URL, verdict, message."""
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds of work per stage; stages overlap, so they can add up to more than ``seconds``."""
    unfinished: tuple[str, ...] = ()
    """Archives of which a part is still to be read."""
    unread: tuple[str, ...] = ()
    """Archives that were not reached."""
    already: bool = False
    """The run had been committed before; nothing was changed."""

    def to_json(self) -> str:
        """Return the report as one line of JSON."""
        return json.dumps(asdict(self), default=_plain, ensure_ascii=False)

    def print(self, console: Any) -> None:
        """Print the report as tables on a rich console."""
        from rich.table import Table
        from rich.text import Text

        if not self.feeds and self.feeds_waiting:
            due = f"; the next at {self.next_due:%H:%M:%S} UTC" if self.next_due else ""
            console.print(
                f"No feed is due ({self.feeds_waiting} wait for their time{due}). "
                "`--all` polls them now."
            )
            return
        console.print(f"{self.kind}, {self.started:%Y-%m-%d %H:%M:%S} UTC")
        table = Table()
        table.add_column("")
        table.add_column("count", justify="right")
        table.add_row("feeds" if self.kind != "backfill" else "archives", str(self.feeds))
        if self.feeds_failed:
            table.add_row("  failed", str(self.feeds_failed), style="yellow")
        if self.feeds_waiting:
            table.add_row("  not due yet", str(self.feeds_waiting))
        table.add_row("entries", str(self.entries))
        table.add_row("  known already", str(self.known))
        for verdict, count in sorted(self.verdicts.items(), key=lambda v: (-v[1], v[0])):
            table.add_row(f"  {verdict}", str(count))
        table.add_row("articles, new", str(self.articles_new))
        table.add_row("articles, revised", str(self.articles_revised))
        table.add_row("stories, new", str(self.stories_new))
        table.add_row("mentions", str(sum(self.mentions.values())))
        for topic, count in sorted(self.mentions.items()):
            table.add_row(f"  {topic}", str(count))
        console.print(table)
        if self.failures:
            failed = Table(title="What failed", title_justify="left")
            for column in ("stage", "verdict", "why", "url"):
                failed.add_column(column, overflow="fold")
            for stage, url, verdict, message in self.failures[:SHOWN_FAILURES]:
                failed.add_row(stage, verdict, Text(message), Text(url))
            console.print(failed)
            if (more := len(self.failures) - SHOWN_FAILURES) > 0:
                console.print(f"… and {more} more, in the table `failures`.")
        spent = " · ".join(f"{name} {s:.1f} s" for name, s in self.stages.items())
        console.print(f"{self.seconds:.1f} s in all{f' ({spent})' if spent else ''}")


def added(one: RunReport, two: RunReport) -> RunReport:
    """Return the summary of two runs that belong together."""
    stages = Counter(one.stages)
    stages.update(two.stages)
    return replace(
        two,
        run_id=one.run_id,
        started=one.started,
        seconds=one.seconds + two.seconds,
        feeds=one.feeds + two.feeds,
        feeds_failed=one.feeds_failed + two.feeds_failed,
        entries=one.entries + two.entries,
        known=one.known + two.known,
        verdicts=dict(Counter(one.verdicts) + Counter(two.verdicts)),
        articles_new=one.articles_new + two.articles_new,
        articles_revised=one.articles_revised + two.articles_revised,
        stories_new=one.stories_new + two.stories_new,
        alerts=one.alerts + two.alerts,
        mentions=dict(Counter(one.mentions) + Counter(two.mentions)),
        failures=one.failures + two.failures,
        stages={name: round(seconds, 3) for name, seconds in stages.items()},
        already=one.already and two.already,
    )


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot be JSON: {type(value).__name__}")
